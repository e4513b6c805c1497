"""The layers in plain NumPy: each `thing` has its `thing_backward` right below it.

The forward pass is ``out, cache = thing(inputs..., *, settings)``.  ``thing_backward(dout, cache)``
returns one gradient per positional input, in input order, as new arrays.
"""

from minidraw.layers.activations import (
    relu,
    relu_backward,
    sigmoid,
    softmax,
    tanh,
    tanh_backward,
)
from minidraw.layers.adam import adam_update
from minidraw.layers.attention import (
    filterbank,
    filterbank_backward,
    read,
    read_backward,
    read_image,
    read_image_backward,
    window,
    window_backward,
    write,
    write_backward,
)
from minidraw.layers.convolution import (
    convolution,
    convolution_backward,
    convolution_backward_weights,
)
from minidraw.layers.latent import (
    kl,
    kl_backward,
    latent,
    latent_backward,
    sample,
    sample_backward,
)
from minidraw.layers.likelihood import (
    bernoulli_cost,
    bernoulli_cost_backward,
    softmax_cross_entropy,
    softmax_cross_entropy_backward,
)
from minidraw.layers.linear import (
    linear,
    linear_backward,
    linear_backward_input,
    linear_backward_weights,
    prepare,
)
from minidraw.layers.lstm import lstm, lstm_backward, lstm_gates, lstm_gates_backward
from minidraw.layers.read_write import (
    filterbanks,
    filterbanks_backward,
    read_attention,
    read_attention_backward,
    read_full,
    read_full_backward,
    read_image_attention,
    read_image_attention_backward,
    write_attention,
    write_attention_backward,
)
