"""Convolution: the same linear layer at every place of an image."""

from typing import NamedTuple

import numpy as np

from minidraw.layers.linear import linear, linear_backward_input, linear_backward_weights


class ConvolutionCache(NamedTuple):
    patches: np.ndarray  # (n R Q, C K K)  every patch of every image, a row each
    W: np.ndarray  # (C K K, F)
    x: np.ndarray  # (n, C, B, A)  only its shape is used
    size: int
    stride: int


def convolution(x, W, b, *, size, stride):
    """Apply F filters of K x K pixels at every `stride`-th place of images.

    Parameters
    ----------
    x : array, shape (n, C, B, A)
    W : array, shape (C K K, F)
        A filter per column: its C x K x K values in the order of the image's axes.
    b : array, shape (F,)
    size, stride : int
        K, and the pixels from one place to the next, in both directions.  Pixels beyond the
        last whole place are ignored.

    Returns
    -------
    out : array, shape (n, F, R, Q)
        R = (B - K) // stride + 1 rows and Q = (A - K) // stride + 1 columns of places.
    cache
        For `convolution_backward`.

    Notes
    -----
    Each patch becomes a row of a matrix ("im2col"), so that the convolution is one product.
    """
    n, C, B, A = x.shape
    R, Q = (B - size) // stride + 1, (A - size) // stride + 1
    patches = np.empty((n, R, Q, C, size, size), x.dtype, like=x)
    for i in range(size):
        for j in range(size):
            pixels = x[:, :, i : i + R * stride : stride, j : j + Q * stride : stride]
            patches[..., i, j] = pixels.transpose(0, 2, 3, 1)
    patches = patches.reshape(n * R * Q, C * size**2)
    out, _ = linear(patches, W, b)
    out = out.reshape(n, R, Q, -1).transpose(0, 3, 1, 2).copy()
    return out, ConvolutionCache(patches, W, x, size, stride)


def convolution_backward(dout, cache):
    """Return the gradients ``dx, dW, db``."""
    _, W, x, size, stride = cache
    n, _, R, Q = dout.shape
    dpatches = linear_backward_input(_rows(dout), W).reshape(n, R, Q, x.shape[1], size, size)
    dx = np.zeros_like(x)
    for i in range(size):  # patches overlap: a pixel's gradients add
        for j in range(size):
            pixels = dx[:, :, i : i + R * stride : stride, j : j + Q * stride : stride]
            pixels += dpatches[..., i, j].transpose(0, 3, 1, 2)
    return dx, *convolution_backward_weights(dout, cache)


def convolution_backward_weights(dout, cache):
    """Return the gradients ``dW, db``, all that a layer needs that reads the data."""
    return linear_backward_weights(_rows(dout), cache.patches)


def _rows(dout):
    """Return the gradient (n, F, R, Q) with a row for every place."""
    return dout.transpose(0, 2, 3, 1).reshape(-1, dout.shape[1])
