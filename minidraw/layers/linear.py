"""The linear layer: L(.) in the paper, always with a bias."""

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
    """Gradients ``dx, dW, db``, in the order of the inputs."""
    x, W = cache
    return linear_backward_input(dout, W), *linear_backward_weights(dout, x)


def pack(W):
    """The form of `W` in which `linear` multiplies fastest: here `W` itself."""
    return W


def pack_transposed(W):
    """The form in which `linear_backward_input` does: here with ``W.T`` in the order of memory,
    which took a quarter off these products."""
    return np.asfortranarray(W)


# The two halves stand alone because a recurrent network wants them at different times:
# the input's gradient at every step, the weights' once, over all steps stacked.


def linear_backward_input(dout, W):
    """Gradient ``dx``, shape (n, I)."""
    return dout @ W.T  # out = x @ W


def linear_backward_weights(dout, x):
    """Gradients ``dW, db``, summed over the batch."""
    return x.T @ dout, dout.sum(axis=0)  # out = x @ W + b
