import numpy as np


def lstm_gates_by_slices(a, c_prev):
    H = c_prev.shape[1]
    i, f, o = (1 / (1 + np.exp(-a[:, k * H : (k + 1) * H])) for k in range(3))
    g = np.tanh(a[:, 3 * H :])
    c = c_prev * f + g * i
    t = np.tanh(c)
    return (o * t, c), (np.concatenate([i, f, o, g], axis=1), c_prev, t)


def lstm_gates_by_reshape(a, c_prev):
    n, H = c_prev.shape
    cut = a.reshape(n, 4, H)
    s = 0.5 * (np.tanh(cut[:, :3] / 2) + 1)
    g = np.tanh(cut[:, 3])
    c = s[:, 1] * c_prev + s[:, 0] * g
    gates = np.concatenate([s, g[:, None]], axis=1).reshape(n, 4 * H)
    return [(s[:, 2] * np.tanh(c), c), (gates, c_prev, np.tanh(c))]


def lstm_gates_backward_by_slices(dout, cache):
    dh, dc = dout
    gates, c_prev, t = cache
    H = c_prev.shape[1]
    i, f, o, g = gates[:, :H], gates[:, H : 2 * H], gates[:, 2 * H : 3 * H], gates[:, 3 * H :]
    total = dc + dh * o * (1 - t * t)
    da = np.zeros(gates.shape)
    da[:, :H] = total * g * i * (1 - i)
    da[:, H : 2 * H] = total * c_prev * f * (1 - f)
    da[:, 2 * H : 3 * H] = dh * t * o * (1 - o)
    da[:, 3 * H :] = total * i * (1 - g * g)
    return da, total * f


def lstm_gates_backward_by_loops(dout, cache):
    dh, dc = dout
    gates, c_prev, t = cache
    n, H = c_prev.shape
    da, dc_prev = np.zeros((n, 4, H)), np.zeros((n, H))
    for k, u in np.ndindex(n, H):
        i, f, o, g = gates[k].reshape(4, H)[:, u]
        d = dc[k, u] + dh[k, u] * o * (1 - t[k, u] ** 2)
        da[k, 0, u] = d * g * (i - i**2)
        da[k, 1, u] = d * c_prev[k, u] * (f - f**2)
        da[k, 2, u] = dh[k, u] * t[k, u] * (o - o**2)
        da[k, 3, u] = d * i * (1 - g**2)
        dc_prev[k, u] = d * f
    return da.reshape(n, 4 * H), dc_prev


def lstm_by_halves(x, h_prev, c_prev, W, b):
    """Use two products instead of one of the joined inputs, and no helper function."""
    H = h_prev.shape[1]
    a = h_prev @ W[:H] + x @ W[H:] + b
    i, f, o = (1 / (1 + np.exp(-a[:, k * H : (k + 1) * H])) for k in range(3))
    g = np.tanh(a[:, 3 * H :])
    c = f * c_prev + i * g
    return (o * np.tanh(c), c), None


def lstm_by_loop(x, h_prev, c_prev, W, b):
    n, H = h_prev.shape
    h, c = np.zeros((n, H)), np.zeros((n, H))
    for k in range(n):
        i, f, o, g = (np.append(h_prev[k], x[k]) @ W + b).reshape(4, H)
        i, f, o = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), 1 / (1 + np.exp(-o))
        c[k] = f * c_prev[k] + i * np.tanh(g)
        h[k] = o * np.tanh(c[k])
    return (h, c), (x,)


def lstm_backward_inlined(dout, cache):
    (dh, dc), ((joined, W), (gates, c_prev, t), H) = dout, cache
    i, f, o, g = np.split(gates, 4, axis=1)
    dc = dc + dh * o * (1 - t**2)
    slopes = i * (1 - i), f * (1 - f), o * (1 - o), 1 - g**2
    parts = dc * g, dc * c_prev, dh * t, dc * i
    da = np.concatenate([p * s for p, s in zip(parts, slopes, strict=True)], axis=1)
    return da @ W[H:].T, da @ W[:H].T, dc * f, joined.T @ da, da.sum(0)


def lstm_backward_by_einsum(dout, cache):
    (joined, W), (gates, c_prev, t), H = cache
    n = len(joined)
    i, f, o, g = gates.reshape(n, 4, H).transpose(1, 0, 2)
    dc = dout[1] + dout[0] * o - dout[0] * o * t**2
    stacked = [dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dout[0] * t * o * (1 - o)]
    da = np.stack([*stacked, dc * i * (1 - g**2)], axis=1).reshape(n, -1)
    djoined = np.einsum("no,io->ni", da, W)
    dW = np.einsum("ni,no->io", joined, da)
    return djoined[:, H:], djoined[:, :H], dc * f, dW, np.einsum("no->o", da)


STYLES = {
    "08.lstm_gates": (lstm_gates_by_slices, lstm_gates_by_reshape),
    "08.lstm_gates_backward": (lstm_gates_backward_by_slices, lstm_gates_backward_by_loops),
    "08.lstm": (lstm_by_halves, lstm_by_loop),
    "08.lstm_backward": (lstm_backward_inlined, lstm_backward_by_einsum),
}
