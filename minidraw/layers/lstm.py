"""One step of an LSTM with forget gates and without peepholes (Gers et al. 2000)."""

from typing import NamedTuple

import numpy as np

from minidraw.layers.activations import sigmoid
from minidraw.layers.linear import LinearCache, linear, linear_backward


class GatesCache(NamedTuple):
    gates: np.ndarray  # (n, 4 H)  i, f, o after their sigmoid, g after its tanh
    c_prev: np.ndarray  # (n, H)
    tanh_c: np.ndarray  # (n, H)


def lstm_gates(a, c_prev):
    """Compute the elementwise part of an LSTM step: gates, cell and output.

    Parameters
    ----------
    a : array, shape (n, 4 H)
        Pre-activations of the gates, in the order i, f, o, g.
    c_prev : array, shape (n, H)
        The previous cell.

    Returns
    -------
    (h, c) : arrays, shape (n, H) each
    cache
        For `lstm_gates_backward`.
    """
    H = c_prev.shape[1]
    gates = np.concatenate([sigmoid(a[:, : 3 * H]), np.tanh(a[:, 3 * H :])], axis=1)
    i, f, o, g = np.split(gates, 4, axis=1)
    c = f * c_prev + i * g
    tanh_c = np.tanh(c)
    return (o * tanh_c, c), GatesCache(gates, c_prev, tanh_c)


def lstm_gates_backward(dout, cache, *, out=None):
    """Return ``da, dc_prev``; `dout` is ``(dh, dc)``, and `out` receives ``da`` if given."""
    dh, dc = dout
    gates, c_prev, tanh_c = cache
    i, f, o, g = np.split(gates, 4, axis=1)
    do = dh * tanh_c  # h = o * tanh_c
    dc = dc + dh * o * (1 - tanh_c**2)  # tanh_c = tanh(c)
    di, dg, df = dc * g, dc * i, dc * c_prev  # c = f * c_prev + i * g
    da = np.concatenate(
        [di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)],
        axis=1,
        out=out,
    )
    return da, dc * f


class LSTMCache(NamedTuple):
    linear: LinearCache
    gates: GatesCache
    H: int


def lstm(x, h_prev, c_prev, W, b):
    """Compute one LSTM step (eqs 5 and 7).

    Parameters
    ----------
    x : array, shape (n, I)
    h_prev, c_prev : array, shape (n, H)
        Previous output and cell.
    W : array, shape (H + I, 4 H)
        Weights of ``[h_prev, x]``; gate order i, f, o, g.
    b : array, shape (4 H,)

    Returns
    -------
    (h, c) : arrays, shape (n, H) each
    cache
        For `lstm_backward`.
    """
    a, linear_cache = linear(np.concatenate([h_prev, x], axis=1), W, b)
    (h, c), gates_cache = lstm_gates(a, c_prev)
    return (h, c), LSTMCache(linear_cache, gates_cache, h.shape[1])


def lstm_backward(dout, cache):
    """Return the gradients ``dx, dh_prev, dc_prev, dW, db``; `dout` is ``(dh, dc)``."""
    linear_cache, gates_cache, H = cache
    da, dc_prev = lstm_gates_backward(dout, gates_cache)
    djoined, dW, db = linear_backward(da, linear_cache)
    dh_prev, dx = djoined[:, :H], djoined[:, H:]  # joined = [h_prev, x]
    return dx, dh_prev, dc_prev, dW, db
