"""Read and write through a window, one image at a time: `layers/read_write.py`, compiled."""

import numpy as np

from minidraw.kernels.attention import (
    backprop_filterbanks,
    compute_window,
    dot,
    fill_filterbanks,
    make_window_constants,
)
from minidraw.kernels.compilation import inline, jit
from minidraw.kernels.mathematics import ONE, ZERO, sigmoid
from minidraw.layers.read_write import ReadAttentionCache, ReadFullCache, WriteAttentionCache


def read_attention(canvas, theta, *, x, K):
    n, C, B, A = x.shape
    grid = make_window_constants(B, A, K, x.dtype)
    F_y, F_x = np.empty((n, K, B), x.dtype), np.empty((n, K, A), x.dtype)
    s, glimpse = np.empty_like(x), np.empty((n, 2 * C * K * K), x.dtype)
    _read(canvas, theta, x, *grid, F_y, F_x, s, glimpse, 0)
    return glimpse, ReadAttentionCache(theta, F_y, F_x, s, x)


@jit
def _read(canvas, theta, x, geometry, offset, pixels, F_y, F_x, s, record, first):
    """Write the glimpse into the columns of `record` from `first` on."""
    n, C, B, A = x.shape
    K = len(offset)
    rows, err = np.empty((2, K, A), x.dtype), np.empty(A, x.dtype)
    for j in range(n):
        gamma = fill_filterbanks(theta[j], geometry, offset, pixels, F_y[j], F_x[j])
        for c in range(C):
            _rows(canvas[j, c], x[j, c], F_y[j], s[j, c], err, rows)
            for k in range(K):
                for m in range(K):
                    column = first + (c * K + k) * K + m
                    record[j, column] = gamma * dot(rows[0, k], F_x[j, m])  # eq 27
                    record[j, column + C * K * K] = gamma * dot(rows[1, k], F_x[j, m])


@inline
def _rows(canvas, x, F_y, s, err, rows):
    """Fill rows with F_y x and F_y x_err, and s with the sigmoid of the canvas."""
    B, A = x.shape
    for r in range(2):
        for k in range(len(F_y)):
            for a in range(A):
                rows[r, k, a] = ZERO
    for b in range(B):
        for a in range(A):
            s[b, a] = sigmoid(canvas[b, a])
        for a in range(A):
            err[a] = x[b, a] - s[b, a]  # eq 3
        for k in range(len(F_y)):
            f = F_y[k, b]
            for a in range(A):
                rows[0, k, a] += f * x[b, a]
            for a in range(A):
                rows[1, k, a] += f * err[a]


def read_attention_backward(dglimpse, cache):
    theta, F_y, F_x, s, x = cache
    n, C, B, A = x.shape
    K = F_y.shape[1]
    dglimpse = np.ascontiguousarray(dglimpse)
    grid = make_window_constants(B, A, K, x.dtype)
    dcanvas, dtheta = np.empty_like(s), np.empty_like(theta)
    _read_backward(dglimpse, 0, theta, F_y, F_x, s, x, *grid, dcanvas, dtheta)
    return dcanvas, dtheta


@jit
def _read_backward(
    drecord, first, theta, F_y, F_x, s, x, geometry, offset, pixels, dcanvas, dtheta
):
    n, C, B, A = x.shape
    K = len(offset)
    dF_y, dF_x = np.empty((K, B), x.dtype), np.empty((K, A), x.dtype)
    rows, drows = np.empty((2, K, A), x.dtype), np.empty((2, K, A), x.dtype)
    err = np.empty(A, x.dtype)
    for j in range(n):
        gamma = compute_window(theta[j], geometry)[4]
        dgamma = ZERO
        dF_y[:], dF_x[:] = dgamma, dgamma
        for c in range(C):
            # glimpse = gamma rows F_x', with rows = F_y image: first the gradient of the rows.
            for r in range(2):
                for k in range(K):
                    for a in range(A):
                        drows[r, k, a] = ZERO
                    for m in range(K):
                        d = gamma * drecord[j, first + ((r * C + c) * K + k) * K + m]
                        for a in range(A):
                            drows[r, k, a] += d * F_x[j, m, a]
            _rows_backward(drows, F_y[j], s[j, c], x[j, c], err, rows, dF_y, dcanvas[j, c])
            for r in range(2):
                for k in range(K):
                    dgamma += dot(drows[r, k], rows[r, k]) / gamma
                    for m in range(K):
                        d = gamma * drecord[j, first + ((r * C + c) * K + k) * K + m]
                        for a in range(A):
                            dF_x[m, a] += d * rows[r, k, a]
        backprop_filterbanks(
            dF_y, dF_x, dgamma, F_y[j], F_x[j], theta[j], geometry, offset, pixels, dtheta[j]
        )


@inline
def _rows_backward(drows, F_y, s, x, err, rows, dF_y, dcanvas):
    """Recompute the rows and fill dF_y and dcanvas, in one pass over the image."""
    B, A = x.shape
    K = len(F_y)
    for r in range(2):
        for k in range(K):
            for a in range(A):
                rows[r, k, a] = ZERO
    for b in range(B):
        for a in range(A):
            err[a] = x[b, a] - s[b, a]
        for a in range(A):
            dcanvas[b, a] = ZERO
        for k in range(K):
            f = F_y[k, b]
            dF_y[k, b] += dot(drows[0, k], x[b]) + dot(drows[1, k], err)
            for a in range(A):
                rows[0, k, a] += f * x[b, a]
            for a in range(A):
                rows[1, k, a] += f * err[a]
            for a in range(A):
                dcanvas[b, a] += f * drows[1, k, a]
        for a in range(A):
            dcanvas[b, a] *= s[b, a] * (s[b, a] - ONE)  # x_err = x - sigmoid(canvas)


def write_attention(patch, theta, *, height, width, K):
    grid = make_window_constants(height, width, K, theta.dtype)
    n, C = len(patch), patch.shape[1] // K**2
    F_y, F_x = np.empty((n, K, height), theta.dtype), np.empty((n, K, width), theta.dtype)
    out = np.zeros((n, C, height, width), theta.dtype)
    _add_write(patch, theta, *grid, F_y, F_x, out)
    return out, WriteAttentionCache(theta, F_y, F_x, patch)


@jit
def _add_write(patch, theta, geometry, offset, pixels, F_y, F_x, out):
    """Add the patch, written through the window, to `out`."""
    n, C, B, A = out.shape
    K = len(offset)
    rows = np.empty((K, A), out.dtype)
    for j in range(n):
        gamma = fill_filterbanks(theta[j], geometry, offset, pixels, F_y[j], F_x[j])
        for c in range(C):
            _patch_rows(patch[j, c * K * K :], F_x[j], gamma, rows)
            for b in range(B):
                for k in range(K):
                    f = F_y[j, k, b]
                    for a in range(A):
                        out[j, c, b, a] += f * rows[k, a]


@inline
def _patch_rows(patch, F_x, gamma, rows):
    """Fill rows with patch F_x / gamma, so that eq 29 is F_y' rows."""
    K, A = rows.shape
    for k in range(K):
        for a in range(A):
            rows[k, a] = ZERO
        for m in range(K):
            p = patch[k * K + m] / gamma
            for a in range(A):
                rows[k, a] += p * F_x[m, a]


def write_attention_backward(dout, cache):
    theta, F_y, F_x, patch = cache
    n, C, B, A = dout.shape
    K = F_y.shape[1]
    dpatch, dtheta = np.empty_like(patch), np.empty_like(theta)
    _write_backward(
        dout, theta, F_y, F_x, patch, *make_window_constants(B, A, K, theta.dtype), dpatch, dtheta
    )
    return dpatch, dtheta


@jit
def _write_backward(dout, theta, F_y, F_x, patch, geometry, offset, pixels, dpatch, dtheta):
    n, C, B, A = dout.shape
    K = len(offset)
    dF_y, dF_x = np.empty((K, B), dout.dtype), np.empty((K, A), dout.dtype)
    rows, drows = np.empty((K, A), dout.dtype), np.empty((K, A), dout.dtype)
    for j in range(n):
        gamma = compute_window(theta[j], geometry)[4]
        dgamma = ZERO
        dF_y[:], dF_x[:] = dgamma, dgamma
        for c in range(C):
            _patch_rows(patch[j, c * K * K :], F_x[j], gamma, rows)
            drows[:] = ZERO
            for b in range(B):  # out = F_y' rows
                for k in range(K):
                    dF_y[k, b] += dot(rows[k], dout[j, c, b])
                    f = F_y[j, k, b]
                    for a in range(A):
                        drows[k, a] += f * dout[j, c, b, a]
            for k in range(K):  # rows = patch F_x / gamma
                dgamma -= dot(drows[k], rows[k]) / gamma
                for m in range(K):
                    entry = (c * K + k) * K + m
                    dpatch[j, entry] = dot(drows[k], F_x[j, m]) / gamma
                    p = patch[j, entry] / gamma
                    for a in range(A):
                        dF_x[m, a] += p * drows[k, a]
        backprop_filterbanks(
            dF_y, dF_x, dgamma, F_y[j], F_x[j], theta[j], geometry, offset, pixels, dtheta[j]
        )


def read_full(canvas, *, x):
    n, D = len(x), x[0].size
    s, glimpse = np.empty_like(x), np.empty((n, 2 * D), x.dtype)
    _read_full(canvas, x, s, glimpse, 0)
    return glimpse, ReadFullCache(s)


@jit
def _read_full(canvas, x, s, record, first):
    """Write the glimpse into the columns of `record` from `first` on."""
    n, C, B, A = x.shape
    for j in range(n):
        for c in range(C):
            for b in range(B):
                image = first + (c * B + b) * A
                error = image + C * B * A
                for a in range(A):
                    s[j, c, b, a] = sigmoid(canvas[j, c, b, a])
                for a in range(A):
                    record[j, image + a] = x[j, c, b, a]
                for a in range(A):
                    record[j, error + a] = x[j, c, b, a] - s[j, c, b, a]
