"""The linear layer, L(.) in the paper, always with a bias.

Its backward pass is split in two: a recurrent network needs the input gradient at every step, but
the weight gradients only once, as one product over all steps.
"""

from typing import NamedTuple

import numpy as np


class LinearCache(NamedTuple):
    x: np.ndarray  # (n, I)
    W: np.ndarray  # (I, O)


def linear(x, W, b):
    """Multiply by a matrix and add a bias.

    Parameters
    ----------
    x : array, shape (n, I)
    W : array, shape (I, O)
    b : array, shape (O,)

    Returns
    -------
    out : array, shape (n, O)
    cache
        For `linear_backward`.
    """
    out = x @ W
    out += b
    return out, LinearCache(x, W)


def linear_backward(dout, cache):
    """Return the gradients ``dx, dW, db``."""
    x, W = cache
    return linear_backward_input(dout, W), *linear_backward_weights(dout, x)


def prepare(params):
    """Return the weights unchanged; other `ops` return a layout that multiplies faster."""
    return params


def linear_backward_input(dout, W):
    """Return the gradient ``dx``, shape (n, I)."""
    return dout @ W.T  # out = x @ W


def linear_backward_weights(dout, x):
    """Return the gradients ``dW, db``, summed over the batch."""
    return x.T @ dout, dout.sum(axis=0)  # out = x @ W + b
