"""LSTM gates in one pass, forward and backward: `layers/lstm.py`, compiled."""

import numpy as np

from minidraw.kernels.compilation import jit
from minidraw.kernels.mathematics import ONE, sigmoid, tanh
from minidraw.layers.lstm import GatesCache


def lstm_gates(a, c_prev):
    h, c, tanh_c = np.empty_like(c_prev), np.empty_like(c_prev), np.empty_like(c_prev)
    gates = np.empty_like(a)
    _gates(a, c_prev, h, 0, c, gates, tanh_c)
    return (h, c), GatesCache(gates, c_prev, tanh_c)


# Several short loops: LLVM doesn't vectorise a loop over many arrays, which could overlap.
@jit
def _gates(a, c_prev, record, first, c, gates, tanh_c):
    """Write h into the columns of `record` from `first` on."""
    n, H = c_prev.shape
    for j in range(n):
        for k in range(3 * H):
            gates[j, k] = sigmoid(a[j, k])
        for k in range(3 * H, 4 * H):
            gates[j, k] = tanh(a[j, k])
        i, f, o, g = gates[j, :H], gates[j, H : 2 * H], gates[j, 2 * H : 3 * H], gates[j, 3 * H :]
        for k in range(H):
            c[j, k] = f[k] * c_prev[j, k] + i[k] * g[k]
        for k in range(H):
            tanh_c[j, k] = tanh(c[j, k])
        for k in range(H):
            record[j, first + k] = o[k] * tanh_c[j, k]


def lstm_gates_backward(dout, cache, *, out=None):
    dh, dc = dout
    gates, c_prev, tanh_c = cache
    da, dc_prev = np.empty_like(gates) if out is None else out, np.empty_like(c_prev)
    _gates_backward(np.ascontiguousarray(dh), dc, gates, c_prev, tanh_c, da, dc_prev)
    return da, dc_prev


@jit
def _gates_backward(dh, dc, gates, c_prev, tanh_c, da, dc_prev):
    n, H = c_prev.shape
    dcell = np.empty(H, dh.dtype)
    for j in range(n):
        i, f, o, g = gates[j, :H], gates[j, H : 2 * H], gates[j, 2 * H : 3 * H], gates[j, 3 * H :]
        da_i, da_f, da_o, da_g = da[j, :H], da[j, H : 2 * H], da[j, 2 * H : 3 * H], da[j, 3 * H :]
        for k in range(H):
            dcell[k] = dc[j, k] + dh[j, k] * o[k] * (ONE - tanh_c[j, k] * tanh_c[j, k])
        for k in range(H):
            da_o[k] = dh[j, k] * tanh_c[j, k] * o[k] * (ONE - o[k])  # h = o * tanh_c
        for k in range(H):
            da_i[k] = dcell[k] * g[k] * i[k] * (ONE - i[k])  # c = f * c_prev + i * g
        for k in range(H):
            da_g[k] = dcell[k] * i[k] * (ONE - g[k] * g[k])
        for k in range(H):
            da_f[k] = dcell[k] * c_prev[j, k] * f[k] * (ONE - f[k])
        for k in range(H):
            dc_prev[j, k] = dcell[k] * f[k]
