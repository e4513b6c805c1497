"""Reading and writing as a step of DRAW calls them, composed of the pieces in attention.py.

`minidraw.kernels` has each of these as one compiled loop, with the same name and cache.
"""

from typing import NamedTuple

import numpy as np

from minidraw.layers.attention import (
    ReadCache,
    WriteCache,
    filterbank,
    filterbank_backward,
    read,
    read_backward,
    window,
    window_backward,
    write,
    write_backward,
)
from minidraw.layers.likelihood import sigmoid


def banks(raw, *, height, width, K):
    """Window and both filterbanks: ``F_y, F_x, gamma`` and the caches of all three."""
    (center_x, center_y, stride, var, gamma), window_cache = window(
        raw, height=height, width=width, K=K
    )
    F_y, cache_y = filterbank(center_y, stride, var, K=K, A=height)
    F_x, cache_x = filterbank(center_x, stride, var, K=K, A=width)
    return (F_y, F_x, gamma), (window_cache, cache_y, cache_x)


def banks_backward(dF_y, dF_x, dgamma, caches):
    """Gradient ``draw``: both axes share stride and variance, so these add."""
    window_cache, cache_y, cache_x = caches
    dcenter_y, dstride_y, dvar_y = filterbank_backward(dF_y, cache_y)
    dcenter_x, dstride_x, dvar_x = filterbank_backward(dF_x, cache_x)
    dout = dcenter_x, dcenter_y, dstride_y + dstride_x, dvar_y + dvar_x, dgamma
    return window_backward(dout, window_cache)


class ReadAttentionCache(NamedTuple):
    raw: np.ndarray  # (n, 5)
    F_y: np.ndarray  # (n, K, B)
    F_x: np.ndarray  # (n, K, A)
    s: np.ndarray  # (n, C, B, A)  the canvas after its sigmoid
    x: np.ndarray  # (n, C, B, A)


def read_attention(canvas, raw, *, x, K):
    """Error image, window, filterbanks and `read` in one call (eqs 3, 21-27).

    Parameters
    ----------
    canvas : array, shape (n, C, B, A)
        Logits.
    raw : array, shape (n, 5)
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
    (F_y, F_x, gamma), _ = banks(raw, height=x.shape[2], width=x.shape[3], K=K)
    glimpse, _ = read(x - s, F_y, F_x, gamma, x=x)  # eq 3
    return glimpse.reshape(len(x), -1), ReadAttentionCache(raw, F_y, F_x, s, x)


def read_attention_backward(dglimpse, cache):
    """Gradients ``dcanvas, draw``."""
    raw, F_y, F_x, s, x = cache
    n, K, B = F_y.shape
    (_, _, gamma), caches = banks(raw, height=B, width=F_x.shape[2], K=K)
    read_cache = ReadCache(np.concatenate([x, x - s], axis=1), F_y, F_x, gamma)
    dx_err, dF_y, dF_x, dgamma = read_backward(dglimpse.reshape(n, -1, K, K), read_cache)
    dcanvas = -dx_err * s * (1 - s)  # x_err = x - sigmoid(canvas)
    return dcanvas, banks_backward(dF_y, dF_x, dgamma, caches)


class WriteAttentionCache(NamedTuple):
    raw: np.ndarray  # (n, 5)
    F_y: np.ndarray  # (n, K, B)
    F_x: np.ndarray  # (n, K, A)
    patch: np.ndarray  # (n, C K K)


def write_attention(patch, raw, *, height, width, K):
    """Window, filterbanks and `write` in one call (eqs 21-26, 29).

    Parameters
    ----------
    patch : array, shape (n, C K K)
    raw : array, shape (n, 5)
        As in `window`.
    height, width : int
        Size of the canvas in pixels.
    K : int
        Filters per axis, at least 2.

    Returns
    -------
    out : array, shape (n, C, B, A)
        What is added to the canvas, in logits.
    cache
        For `write_attention_backward`.
    """
    (F_y, F_x, gamma), _ = banks(raw, height=height, width=width, K=K)
    out, _ = write(patch.reshape(len(raw), -1, K, K), F_y, F_x, gamma)
    return out, WriteAttentionCache(raw, F_y, F_x, patch)


def write_attention_backward(dout, cache):
    """Gradients ``dpatch, draw``."""
    raw, F_y, F_x, patch = cache
    n, K, B = F_y.shape
    (_, _, gamma), caches = banks(raw, height=B, width=F_x.shape[2], K=K)
    write_cache = WriteCache(patch.reshape(n, -1, K, K), F_y, F_x, gamma)
    dpatch, dF_y, dF_x, dgamma = write_backward(dout, write_cache)
    return dpatch.reshape(n, -1), banks_backward(dF_y, dF_x, dgamma, caches)


class ReadFullCache(NamedTuple):
    s: np.ndarray  # (n, C, B, A)  the canvas after its sigmoid


def read_full(canvas, *, x):
    """Read without attention: the whole image beside the whole error image (eqs 3, 17).

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
    """Gradient ``dcanvas``."""
    (s,) = cache
    dx_err = dglimpse[:, s[0].size :].reshape(s.shape)
    return -dx_err * s * (1 - s)  # x_err = x - sigmoid(canvas)
