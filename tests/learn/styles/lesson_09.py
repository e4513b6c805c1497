import numpy as np

from minidraw.layers import lstm_backward


def repeat_backward_by_powers(dh, cache):
    h, w = cache
    T = len(h) - 1
    return dh * T * w ** (T - 1) * h[0], dh * w**T


def repeat_backward_by_index(dh, cache):
    h, w = cache
    dw, d = 0, dh.copy()
    for t in range(len(h) - 1, 0, -1):
        dw = dw + d * h[t - 1]
        d *= w
    return dw, d


def lstm_sequence_backward_by_index(dhs, cache):
    T, n, H = dhs.shape
    dh, dc, dW, db = np.zeros((n, H)), np.zeros((n, H)), 0, 0
    dx = [None] * T
    for t in range(T - 1, -1, -1):
        dx[t], dh, dc, dW_t, db_t = lstm_backward((dhs[t] + dh, dc), cache.steps[t])
        dW, db = dW + dW_t, db + db_t
    return np.stack(dx), dh, dc, dW, db


def lstm_sequence_backward_inlined(dhs, cache):
    """Call no earlier function; compute the weight gradients from lists at the end."""
    W, dh, dc, das, joineds, dxs = cache.W, 0.0, 0.0, [], [], []
    for t in reversed(range(len(dhs))):
        (joined, _), (gates, c_prev, tanh_c), H = cache.steps[t]
        i, f, o, g = np.split(gates, 4, axis=1)
        dh = dh + dhs[t]
        dc = dc + dh * o * (1 - tanh_c**2)
        parts = dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dh * tanh_c * o * (1 - o)
        da = np.concatenate([*parts, dc * i * (1 - g**2)], axis=1)
        dh, dc = da @ W[:H].T, dc * f
        dxs.insert(0, da @ W[H:].T)
        das.append(da)
        joineds.append(joined)
    da = np.concatenate(das)
    return np.array(dxs), dh, dc, np.concatenate(joineds).T @ da, da.sum(axis=0)


STYLES = {
    "09.repeat_backward": (repeat_backward_by_powers, repeat_backward_by_index),
    "09.lstm_sequence_backward": (
        lstm_sequence_backward_by_index,
        lstm_sequence_backward_inlined,
    ),
}
