"""A stack of linear layers, each but the last with an activation after it, forward and backward.

The models that take an image in at once, or paint all at once, consist of such stacks.
"""

import numpy as np

from minidraw.models.interface import Film


def run_stack(params, names, x, ops, activation, **settings):
    """Apply the linear layers `names` in turn.

    Parameters
    ----------
    params : dict of arrays
    names : sequence of str
        Layers, from the input to the output.
    x : array, shape (n, I)
    ops : module
        `minidraw.layers` or `minidraw.kernels`.
    activation : str
        Name of the layer between two linear ones, such as "tanh"; `settings` are its settings.

    Returns
    -------
    out : array, shape (n, O)
    tape : list of tuples
        For `run_stack_backward`.
    """
    tape = []
    for name in names:
        cache = None
        if tape:
            x, cache = getattr(ops, activation)(x, **settings)
        tape.append((x, cache))
        x, _ = ops.linear(x, params[f"{name}.W"], params[f"{name}.b"])
    return x, tape


def run_stack_backward(params, names, dout, tape, ops, activation):
    """Return the gradient of the first linear layer's output, and those of all weights.

    The gradient of the stack's input is one product more, for callers whose input needs one.
    """
    grads = {}
    for name, (x, cache) in zip(reversed(names), reversed(tape), strict=True):
        grads[f"{name}.W"], grads[f"{name}.b"] = ops.linear_backward_weights(dout, x)
        if cache is not None:  # x = activation(the layer before)
            dx = ops.linear_backward_input(dout, params[f"{name}.W"])
            dout = getattr(ops, f"{activation}_backward")(dx, cache)
    return dout, grads


def paint_once(params, names, z, config, ops, activation, **settings):
    """Paint from latent vectors z (n, Z) with one stack.

    Returns a `Film` of two canvases in logits, the last layer's bias and the painting, without
    windows, and the tape of `run_stack`.
    """
    canvas, tape = run_stack(params, names, z, ops, activation, **settings)
    canvases = np.empty((2, len(z), *config.image_shape), z.dtype, like=z)
    canvases[0] = params[f"{names[-1]}.b"].reshape(config.image_shape)
    canvases[1] = canvas.reshape(canvases.shape[1:])
    return Film(canvases, None, None, 0, 0), tape
