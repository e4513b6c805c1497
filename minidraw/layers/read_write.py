"""Read and write operations of one step, composed of the functions in attention.py.

A backward pass recomputes the filterbanks, which would take too much memory if kept for all steps.
This module calls only functions imported below, so that `compose.replace_layers` can rerun it with
others in their place.  `minidraw.kernels` fuses each function here into one compiled loop, with
the same name and cache.
"""

from typing import NamedTuple

import numpy as np

from minidraw.layers.activations import sigmoid
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


def filterbanks(theta, *, height, width, K):
    """Make a window and both its filterbanks (eqs 19-26).

    Parameters
    ----------
    theta : array, shape (n, 5)
        As in `window`.
    height, width : int
        Size of the image in pixels.
    K : int
        Filters per axis, at least 2.

    Returns
    -------
    (F_y, F_x, gamma) : arrays, shapes (n, K, height), (n, K, width) and (n,)
    cache
        For `filterbanks_backward`.
    """
    (center_x, center_y, stride, var, gamma), window_cache = window(
        theta, height=height, width=width, K=K
    )
    F_y, cache_y = filterbank(center_y, stride, var, K=K, A=height)
    F_x, cache_x = filterbank(center_x, stride, var, K=K, A=width)
    return (F_y, F_x, gamma), (window_cache, cache_y, cache_x)


def filterbanks_backward(dout, cache):
    """Return ``dtheta`` (n, 5); both axes share stride and variance, so their gradients add."""
    dF_y, dF_x, dgamma = dout
    window_cache, cache_y, cache_x = cache
    dcenter_y, dstride_y, dvar_y = filterbank_backward(dF_y, cache_y)
    dcenter_x, dstride_x, dvar_x = filterbank_backward(dF_x, cache_x)
    dwindow = dcenter_x, dcenter_y, dstride_y + dstride_x, dvar_y + dvar_x, dgamma
    return window_backward(dwindow, window_cache)


class ReadAttentionCache(NamedTuple):
    theta: np.ndarray  # (n, 5)
    F_y: np.ndarray  # (n, K, B)
    F_x: np.ndarray  # (n, K, A)
    s: np.ndarray  # (n, C, B, A)  the canvas after its sigmoid
    x: np.ndarray  # (n, C, B, A)


def read_attention(canvas, theta, *, x, K):
    """Read the image and its error image through a window (eqs 3, 21-27).

    Parameters
    ----------
    canvas : array, shape (n, C, B, A)
        Logits.
    theta : array, shape (n, 5)
        As in `window`.
    x : array, shape (n, C, B, A)
        The images, in [0, 1].
    K : int
        Filters per axis, at least 2.

    Returns
    -------
    glimpse : array, shape (n, 2 C K K)
    cache
        For `read_attention_backward`.
    """
    s = sigmoid(canvas)
    (F_y, F_x, gamma), _ = filterbanks(theta, height=x.shape[2], width=x.shape[3], K=K)
    glimpse, _ = read(x - s, F_y, F_x, gamma, x=x)  # eq 3
    return glimpse.reshape(len(x), -1), ReadAttentionCache(theta, F_y, F_x, s, x)


def read_attention_backward(dglimpse, cache):
    """Return the gradients ``dcanvas, dtheta``."""
    theta, F_y, F_x, s, x = cache
    n, K, B = F_y.shape
    (_, _, gamma), caches = filterbanks(theta, height=B, width=F_x.shape[2], K=K)
    _, read_cache = read(x - s, F_y, F_x, gamma, x=x)
    dx_err, dF_y, dF_x, dgamma = read_backward(dglimpse.reshape(n, -1, K, K), read_cache)
    dcanvas = -dx_err * s * (1 - s)  # x_err = x - sigmoid(canvas)
    return dcanvas, filterbanks_backward((dF_y, dF_x, dgamma), caches)


class ReadImageAttentionCache(NamedTuple):
    theta: np.ndarray  # (n, 5)
    F_y: np.ndarray  # (n, K, B)
    F_x: np.ndarray  # (n, K, A)
    x: np.ndarray  # (n, C, B, A)


def read_image_attention(theta, *, x, K):
    """Read the image through a window, for the classifier (eqs 21-27).

    Parameters
    ----------
    theta : array, shape (n, 5)
        As in `window`.
    x : array, shape (n, C, B, A)
        The images, in [0, 1].
    K : int
        Filters per axis, at least 2.

    Returns
    -------
    glimpse : array, shape (n, C K K)
    cache
        For `read_image_attention_backward`.
    """
    (F_y, F_x, gamma), _ = filterbanks(theta, height=x.shape[2], width=x.shape[3], K=K)
    glimpse, _ = read_image(F_y, F_x, gamma, x=x)
    return glimpse.reshape(len(x), -1), ReadImageAttentionCache(theta, F_y, F_x, x)


def read_image_attention_backward(dglimpse, cache):
    """Return the gradient ``dtheta``, shape (n, 5)."""
    theta, F_y, F_x, x = cache
    n, K, B = F_y.shape
    (_, _, gamma), caches = filterbanks(theta, height=B, width=F_x.shape[2], K=K)
    _, read_cache = read_image(F_y, F_x, gamma, x=x)
    dfilters = read_image_backward(dglimpse.reshape(n, -1, K, K), read_cache)
    return filterbanks_backward(dfilters, caches)


class WriteAttentionCache(NamedTuple):
    theta: np.ndarray  # (n, 5)
    F_y: np.ndarray  # (n, K, B)
    F_x: np.ndarray  # (n, K, A)
    patch: np.ndarray  # (n, C K K)


def write_attention(patch, theta, *, height, width, K):
    """Write a patch through a window (eqs 21-26, 29).

    Parameters
    ----------
    patch : array, shape (n, C K K)
    theta : array, shape (n, 5)
        As in `window`.
    height, width : int
        Size of the canvas in pixels.
    K : int
        Filters per axis, at least 2.

    Returns
    -------
    out : array, shape (n, C, B, A)
        To add to the canvas, in logits.
    cache
        For `write_attention_backward`.
    """
    (F_y, F_x, gamma), _ = filterbanks(theta, height=height, width=width, K=K)
    out, _ = write(patch.reshape(len(theta), -1, K, K), F_y, F_x, gamma)
    return out, WriteAttentionCache(theta, F_y, F_x, patch)


def write_attention_backward(dout, cache):
    """Return the gradients ``dpatch, dtheta``."""
    theta, F_y, F_x, patch = cache
    n, K, B = F_y.shape
    (_, _, gamma), caches = filterbanks(theta, height=B, width=F_x.shape[2], K=K)
    _, write_cache = write(patch.reshape(n, -1, K, K), F_y, F_x, gamma)
    dpatch, dF_y, dF_x, dgamma = write_backward(dout, write_cache)
    return dpatch.reshape(n, -1), filterbanks_backward((dF_y, dF_x, dgamma), caches)


class ReadFullCache(NamedTuple):
    s: np.ndarray  # (n, C, B, A)  the canvas after its sigmoid


def read_full(canvas, *, x):
    """Read without attention: return the whole image and error image (eqs 3, 17).

    Parameters
    ----------
    canvas : array, shape (n, C, B, A)
        Logits.
    x : array, shape (n, C, B, A)
        The images, in [0, 1].

    Returns
    -------
    glimpse : array, shape (n, 2 C B A)
    cache
        For `read_full_backward`.
    """
    s = sigmoid(canvas)
    return np.concatenate([x, x - s], axis=1).reshape(len(x), -1), ReadFullCache(s)  # eq 17


def read_full_backward(dglimpse, cache):
    """Return the gradient ``dcanvas``."""
    (s,) = cache
    dx_err = dglimpse[:, s[0].size :].reshape(s.shape)
    return -dx_err * s * (1 - s)  # x_err = x - sigmoid(canvas)
