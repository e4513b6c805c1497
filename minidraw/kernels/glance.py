"""Read one image through a window: twin of `layers/glance.py`.

A filter far from a pixel is 0 there (`attention.FAINTEST`), and those rows of the image are
passed over: a window that is small beside the image costs less than one that covers it.
"""

import numpy as np

from minidraw.kernels.attention import banks, banks_backward, dot, grid, window
from minidraw.kernels.jit import ZERO, helper, jit
from minidraw.layers.glance import ReadImageCache


def read_image_attention(raw, *, x, K):
    n, C, B, A = x.shape
    places = grid(B, A, K, x.dtype)
    F_y, F_x = np.empty((n, K, B), x.dtype), np.empty((n, K, A), x.dtype)
    glimpse = np.empty((n, C, K, K), x.dtype)
    _read(raw, x, *places, F_y, F_x, glimpse)
    return glimpse.reshape(n, -1), ReadImageCache(raw, F_y, F_x, x)


@jit
def _read(raw, x, geometry, offset, pixels, F_y, F_x, glimpse):
    n, C, B, A = x.shape
    K = len(offset)
    rows = np.empty((K, A), x.dtype)
    for j in range(n):
        gamma = banks(raw[j], geometry, offset, pixels, F_y[j], F_x[j])
        for c in range(C):
            _rows(x[j, c], F_y[j], rows)
            for k in range(K):
                for m in range(K):
                    glimpse[j, c, k, m] = gamma * dot(rows[k], F_x[j, m])  # eq 27


@helper
def _rows(x, F_y, rows):
    """F_y x."""
    K, A = rows.shape
    for k in range(K):
        for a in range(A):
            rows[k, a] = ZERO
    for b in range(len(x)):
        for k in range(K):
            f = F_y[k, b]
            if f != ZERO:
                for a in range(A):
                    rows[k, a] += f * x[b, a]


def read_image_attention_backward(dglimpse, cache):
    raw, F_y, F_x, x = cache
    n, C, B, A = x.shape
    K = F_y.shape[1]
    dglimpse, draw = np.ascontiguousarray(dglimpse).reshape(n, C, K, K), np.empty_like(raw)
    _read_backward(dglimpse, raw, F_y, F_x, x, *grid(B, A, K, x.dtype), draw)
    return draw


@jit
def _read_backward(dglimpse, raw, F_y, F_x, x, geometry, offset, pixels, draw):
    n, C, B, A = x.shape
    K = len(offset)
    dF_y, dF_x = np.empty((K, B), x.dtype), np.empty((K, A), x.dtype)
    rows, drows = np.empty((K, A), x.dtype), np.empty((K, A), x.dtype)
    for j in range(n):
        gamma = window(raw[j], geometry)[4]
        dgamma = ZERO
        dF_y[:], dF_x[:] = dgamma, dgamma
        for c in range(C):
            _rows(x[j, c], F_y[j], rows)
            # glimpse = gamma rows F_x', with rows = F_y x: first back to the rows.
            for k in range(K):
                for a in range(A):
                    drows[k, a] = ZERO
                for m in range(K):
                    d = gamma * dglimpse[j, c, k, m]
                    for a in range(A):
                        drows[k, a] += d * F_x[j, m, a]
                    for a in range(A):
                        dF_x[m, a] += d * rows[k, a]
                dgamma += dot(drows[k], rows[k]) / gamma
            for b in range(B):
                for k in range(K):
                    if F_y[j, k, b] != ZERO:  # where it is 0 its gradient goes no further
                        dF_y[k, b] += dot(drows[k], x[j, c, b])
        banks_backward(
            dF_y, dF_x, dgamma, F_y[j], F_x[j], raw[j], geometry, offset, pixels, draw[j]
        )
