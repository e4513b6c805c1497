"""The attention window, a grid of Gaussian filters that reads and writes images (eqs 19-29)."""

from typing import NamedTuple

import numpy as np

LOG_LIMIT = 12.0  # log var, log stride and log gamma stay within +-12: float32 stays finite


class WindowCache(NamedTuple):
    theta: np.ndarray  # (n, 5)
    stride: np.ndarray  # (n,)
    var: np.ndarray  # (n,)
    gamma: np.ndarray  # (n,)
    height: int
    width: int


def window(theta, *, height, width, K):
    """Turn five unconstrained numbers into an attention window (eqs 21-24).

    Parameters
    ----------
    theta : array, shape (n, 5)
        g_x~, g_y~, log sigma^2, log delta~ and log gamma, as the decoder emits them.
        The three logarithms are clipped to +-12, unlike the paper's, or float32 overflows.
    height, width : int
        Size of the image in pixels (B and A in the paper).
    K : int
        Filters per axis (N in the paper).  At least 2: eq 24 divides by ``K - 1``.

    Returns
    -------
    (center_x, center_y, stride, var, gamma) : arrays, shape (n,) each
        Middle of the grid, in pixels counted from 0; distance between neighbouring
        filters, in pixels; variance of every filter, in pixels squared; intensity.
    cache
        For `window_backward`.

    Raises
    ------
    ValueError
        If `K` is 1 or less.

    Notes
    -----
    The paper counts pixels from 1.  Counting from 0 moves the centre by one, so
    ``theta = 0`` gives a window centred on the image that reaches from edge to edge
    along the longer side.
    """
    if K < 2:
        raise ValueError(
            f"K is {K}; a window needs at least 2 filters per axis (eq 24 divides by K - 1)"
        )
    center_x = (width + 1) / 2 * (theta[:, 0] + 1) - 1  # eq 22, from 0
    center_y = (height + 1) / 2 * (theta[:, 1] + 1) - 1  # eq 23, from 0
    var, stride, gamma = np.exp(np.clip(theta[:, 2:], -LOG_LIMIT, LOG_LIMIT)).T  # eq 21
    stride = (max(height, width) - 1) / (K - 1) * stride  # eq 24
    return (center_x, center_y, stride, var, gamma), WindowCache(
        theta, stride, var, gamma, height, width
    )


def window_backward(dout, cache):
    """Return the gradient ``dtheta``, shape (n, 5); `dout` holds one gradient per output."""
    dcenter_x, dcenter_y, dstride, dvar, dgamma = dout
    theta, stride, var, gamma, height, width = cache
    dtheta = np.empty_like(theta)
    dtheta[:, 0] = (width + 1) / 2 * dcenter_x  # center_x = (width + 1) / 2 (theta + 1) - 1
    dtheta[:, 1] = (height + 1) / 2 * dcenter_y
    dtheta[:, 2] = var * dvar  # var = exp(theta), as are stride and gamma
    dtheta[:, 3] = stride * dstride
    dtheta[:, 4] = gamma * dgamma
    dtheta[:, 2:] *= np.abs(theta[:, 2:]) <= LOG_LIMIT  # clipped: gradient 0
    return dtheta


class FilterbankCache(NamedTuple):
    F: np.ndarray  # (n, K, A)
    dist: np.ndarray  # (n, K, A)  pixel position minus filter centre
    offset: np.ndarray  # (K,)  filter positions in strides, 0 in the middle
    var: np.ndarray  # (n,)


def filterbank(center, stride, var, *, K, A):
    """Make K Gaussian filters along one image axis of A pixels (eqs 19, 20, 25, 26).

    Parameters
    ----------
    center : array, shape (n,)
        Middle of the grid, in pixels counted from 0.
    stride : array, shape (n,)
        Distance between neighbouring filters, in pixels.
    var : array, shape (n,)
        Variance of every filter, in pixels squared.
    K, A : int
        Number of filters, and of pixels along the axis.

    Returns
    -------
    F : array, shape (n, K, A)
        Each row sums to 1, even if its filter lies outside the image.
    cache
        For `filterbank_backward`.
    """
    offset = (np.arange(K, like=center) - (K - 1) / 2).astype(center.dtype)  # i - N/2 - 1/2, from 0
    mu = center[:, None] + offset * stride[:, None]  # eq 19 or 20
    dist = np.arange(A, dtype=center.dtype, like=center) - mu[:, :, None]
    u = -(dist**2) / (2 * var[:, None, None])
    F = np.exp(u - u.max(axis=2, keepdims=True))  # eq 25 or 26: the
    F /= F.sum(axis=2, keepdims=True)  # normaliser makes it a softmax
    return F, FilterbankCache(F, dist, offset, var)


def filterbank_backward(dF, cache):
    """Return the gradients ``dcenter, dstride, dvar``, each (n,)."""
    F, dist, offset, var = cache
    du = F * (dF - (dF * F).sum(axis=2, keepdims=True))  # softmax over pixels
    dmu = (du * dist).sum(axis=2) / var[:, None]  # u = -dist^2 / 2 var
    dvar = (du * dist**2).sum(axis=(1, 2)) / (2 * var**2)
    return dmu.sum(axis=1), (dmu * offset).sum(axis=1), dvar


class ReadCache(NamedTuple):
    pictures: np.ndarray  # (n, C, B, A)  the image; for `read` also the error image, along C
    F_y: np.ndarray  # (n, K, B)
    F_x: np.ndarray  # (n, K, A)
    gamma: np.ndarray  # (n,)


def read_image(F_y, F_x, gamma, *, x):
    """Read an image through the filters (eq 27, for one image).

    Parameters
    ----------
    F_y : array, shape (n, K, B)
    F_x : array, shape (n, K, A)
    gamma : array, shape (n,)
    x : array, shape (n, C, B, A)
        The images; they need no gradient.

    Returns
    -------
    glimpse : array, shape (n, C, K, K)
    cache
        For `read_image_backward`.
    """
    glimpse = F_y[:, None] @ x @ F_x[:, None].mT
    return gamma[:, None, None, None] * glimpse, ReadCache(x, F_y, F_x, gamma)


def read_image_backward(dglimpse, cache):
    """Return the gradients ``dF_y, dF_x, dgamma``."""
    x, F_y, F_x, gamma = cache
    rows = F_y[:, None] @ x  # (n, C, K, A)
    dgamma = (dglimpse * (rows @ F_x[:, None].mT)).sum(axis=(1, 2, 3))
    dpatch = gamma[:, None, None, None] * dglimpse  # glimpse = gamma F_y x F_x'
    dF_x = (dpatch.mT @ rows).sum(axis=1)
    dF_y = (dpatch @ (F_x[:, None] @ x.mT)).sum(axis=1)
    return dF_y, dF_x, dgamma


def read(x_err, F_y, F_x, gamma, *, x):
    """Read an image and its error image through the filters (eq 27).

    Parameters
    ----------
    x_err : array, shape (n, C, B, A)
        Error image: the image minus the canvas after its sigmoid (eq 3).
    F_y, F_x, gamma, x
        As in `read_image`.

    Returns
    -------
    glimpse : array, shape (n, 2 C, K, K)
        The C patches of the image, then those of the error image.
    cache
        For `read_backward`.
    """
    return read_image(F_y, F_x, gamma, x=np.concatenate([x, x_err], axis=1))  # eq 27


def read_backward(dglimpse, cache):
    """Return the gradients ``dx_err, dF_y, dF_x, dgamma``."""
    cache = ReadCache(*cache)  # a lesson's own `read` returns a plain tuple
    C = dglimpse.shape[1] // 2
    dpatch = cache.gamma[:, None, None, None] * dglimpse[:, C:]  # of x_err
    dx_err = cache.F_y[:, None].mT @ dpatch @ cache.F_x[:, None]
    return dx_err, *read_image_backward(dglimpse, cache)


class WriteCache(NamedTuple):
    patch: np.ndarray  # (n, C, K, K)
    F_y: np.ndarray  # (n, K, B)
    F_x: np.ndarray  # (n, K, A)
    gamma: np.ndarray  # (n,)


def write(patch, F_y, F_x, gamma):
    """Write a patch through the filters onto an image (eq 29).

    Parameters
    ----------
    patch : array, shape (n, C, K, K)
    F_y : array, shape (n, K, B)
    F_x : array, shape (n, K, A)
    gamma : array, shape (n,)
        The intensity: `write` divides by it, `read` multiplies by it.

    Returns
    -------
    out : array, shape (n, C, B, A)
        To add to the canvas, in logits.
    cache
        For `write_backward`.
    """
    out = F_y[:, None].mT @ patch @ F_x[:, None]
    return out / gamma[:, None, None, None], WriteCache(patch, F_y, F_x, gamma)  # eq 29


def write_backward(dout, cache):
    """Return the gradients ``dpatch, dF_y, dF_x, dgamma``."""
    patch, F_y, F_x, gamma = cache
    dstroke = dout / gamma[:, None, None, None]  # out = F_y' patch F_x / gamma
    across = dstroke @ F_x[:, None].mT  # (n, C, B, K)
    dpatch = F_y[:, None] @ across
    dF_y = (patch @ across.mT).sum(axis=1)
    dF_x = (patch.mT @ F_y[:, None] @ dstroke).sum(axis=1)
    dgamma = -(dpatch * patch).sum(axis=(1, 2, 3)) / gamma
    return dpatch, dF_y, dF_x, dgamma
