"""The layers compiled with Numba, with the names, results and caches of `minidraw.layers`.

The functions are documented there.  Layers that gain nothing from compiling are imported unchanged.
Where Numba can't be imported, as in a browser, all are those of `minidraw.layers`, only slower.
"""

import sys
from functools import cache

from minidraw import layers
from minidraw.errors import UserError, printable

try:
    from minidraw.kernels.adam import adam_update
    from minidraw.kernels.convolution import convolution
    from minidraw.kernels.draw_film import run_draw_steps, run_draw_steps_backward
    from minidraw.kernels.latent import latent, latent_backward
    from minidraw.kernels.lstm import lstm_gates, lstm_gates_backward
    from minidraw.kernels.products.interface import linear, linear_backward_input, prepare
    from minidraw.kernels.read_image import read_image_attention, read_image_attention_backward
    from minidraw.kernels.read_write import (
        read_attention,
        read_attention_backward,
        read_full,
        write_attention,
        write_attention_backward,
    )
    from minidraw.layers import (
        bernoulli_cost,
        bernoulli_cost_backward,
        convolution_backward,
        convolution_backward_weights,
        filterbank,
        linear_backward,
        linear_backward_weights,
        lstm,
        lstm_backward,
        read_full_backward,
        relu,
        relu_backward,
        sigmoid,
        softmax,
        softmax_cross_entropy,
        softmax_cross_entropy_backward,
        tanh,
        tanh_backward,
        window,
    )
except UserError as error:
    _reason = printable(error.__cause__)

    def __getattr__(name):
        """Return a plain layer, or raise AttributeError; the first use is reported."""
        function = getattr(layers, name)
        _report_once()
        return function

    @cache
    def _report_once():
        text = f"Numba can't be imported ({_reason}); minidraw's plain layers compute, more slowly"
        print(text, file=sys.stderr)
