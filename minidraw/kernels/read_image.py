"""Read one image through a window: part of `layers/read_write.py`, compiled.

A filter is 0 at distant pixels (`attention.MIN_EXPONENT`).  The products skip rows of zeros, so a
small window costs less than one that covers the image.  They take four rows at a time: with one at
a time, loading and storing the sums took 1.5 times as long.
"""

import numpy as np

from minidraw.kernels.attention import (
    backprop_filterbanks,
    compute_window,
    dot,
    fill_filterbanks,
    make_window_constants,
)
from minidraw.kernels.compilation import inline, jit
from minidraw.kernels.mathematics import ZERO
from minidraw.layers.read_write import ReadImageAttentionCache


def read_image_attention(theta, *, x, K):
    n, C, B, A = x.shape
    grid = make_window_constants(B, A, K, x.dtype)
    F_y, F_x = np.empty((n, K, B), x.dtype), np.empty((n, K, A), x.dtype)
    glimpse = np.empty((n, C, K, K), x.dtype)
    _read(theta, x, *grid, F_y, F_x, glimpse)
    return glimpse.reshape(n, -1), ReadImageAttentionCache(theta, F_y, F_x, x)


@jit
def _read(theta, x, geometry, offset, pixels, F_y, F_x, glimpse):
    n, C, B, A = x.shape
    K = len(offset)
    ones, rows = np.ones((K, K), x.dtype), np.empty((K, A), x.dtype)
    for j in range(n):
        gamma = fill_filterbanks(theta[j], geometry, offset, pixels, F_y[j], F_x[j])
        for c in range(C):
            rows[:], glimpse[j, c] = ZERO, ZERO
            _add_product(F_y[j], x[j, c], rows)
            _add_dots(rows, F_x[j], ones, glimpse[j, c])
            for k in range(K):
                for m in range(K):
                    glimpse[j, c, k, m] *= gamma  # eq 27


@inline
def _any_of_four(P, k, b):
    one, other = P[k, b] != ZERO or P[k, b + 1] != ZERO, P[k, b + 2] != ZERO or P[k, b + 3] != ZERO
    return one or other


@inline
def _add_product(P, Q, out):
    """Add P Q to `out`, four rows of Q at a time; skip them where P is 0."""
    n = len(Q)
    fours = n - n % 4
    for k in range(len(P)):
        for b in range(0, fours, 4):
            if _any_of_four(P, k, b):
                p, q, r, s = P[k, b], P[k, b + 1], P[k, b + 2], P[k, b + 3]
                for a in range(Q.shape[1]):
                    two = p * Q[b, a] + q * Q[b + 1, a]
                    out[k, a] += two + r * Q[b + 2, a] + s * Q[b + 3, a]
        for b in range(fours, n):
            for a in range(Q.shape[1]):
                out[k, a] += P[k, b] * Q[b, a]


@inline
def _add_dots(P, Q, mask, out):
    """Add P Q' to `out`, four entries at a time; skip them where `mask` is 0."""
    n = len(Q)
    fours = n - n % 4
    for k in range(len(P)):
        for b in range(0, fours, 4):
            if _any_of_four(mask, k, b):
                p, q, r, s = out[k, b], out[k, b + 1], out[k, b + 2], out[k, b + 3]
                for a in range(Q.shape[1]):
                    p += P[k, a] * Q[b, a]
                    q += P[k, a] * Q[b + 1, a]
                    r += P[k, a] * Q[b + 2, a]
                    s += P[k, a] * Q[b + 3, a]
                out[k, b], out[k, b + 1], out[k, b + 2], out[k, b + 3] = p, q, r, s
        for b in range(fours, n):
            out[k, b] += dot(P[k], Q[b])


def read_image_attention_backward(dglimpse, cache):
    theta, F_y, F_x, x = cache
    n, C, B, A = x.shape
    K = F_y.shape[1]
    dglimpse, dtheta = np.ascontiguousarray(dglimpse).reshape(n, C, K, K), np.empty_like(theta)
    _read_backward(dglimpse, theta, F_y, F_x, x, *make_window_constants(B, A, K, x.dtype), dtheta)
    return dtheta


@jit
def _read_backward(dglimpse, theta, F_y, F_x, x, geometry, offset, pixels, dtheta):
    n, C, B, A = x.shape
    K = len(offset)
    dF_y, dF_x = np.empty((K, B), x.dtype), np.empty((K, A), x.dtype)
    rows, drows = np.empty((K, A), x.dtype), np.empty((K, A), x.dtype)
    dpatch, turned = np.empty((K, K), x.dtype), np.empty((K, K), x.dtype)
    for j in range(n):
        gamma = compute_window(theta[j], geometry)[4]
        dgamma = ZERO
        dF_y[:], dF_x[:] = ZERO, ZERO
        for c in range(C):
            # glimpse = gamma rows F_x', with rows = F_y x
            for k in range(K):
                for m in range(K):
                    dpatch[k, m] = gamma * dglimpse[j, c, k, m]
                    turned[m, k] = dpatch[k, m]
            rows[:], drows[:] = ZERO, ZERO
            _add_product(F_y[j], x[j, c], rows)
            _add_product(dpatch, F_x[j], drows)
            _add_product(turned, rows, dF_x)
            _add_dots(drows, x[j, c], F_y[j], dF_y)  # where F is 0, its gradient has no effect
            for k in range(K):
                dgamma += dot(drows[k], rows[k]) / gamma
        backprop_filterbanks(
            dF_y, dF_x, dgamma, F_y[j], F_x[j], theta[j], geometry, offset, pixels, dtheta[j]
        )
