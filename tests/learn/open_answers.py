"""Right answers to the open exercises, as a student might hand them in.

They are here because the installed package must not contain them.
"""

import numpy as np


def _s(a):
    return 1 / (1 + np.exp(-a))


def normalised(x):
    length = np.sqrt((x * x).sum())
    return x / length, (x / length, length)


def normalised_backward(dout, cache):
    out, length = cache
    return (dout - out * (dout * out).sum()) / length


def layer_norm(x, gain, bias):
    sigma = x.std(axis=1, keepdims=True)
    z = (x - x.mean(axis=1, keepdims=True)) / sigma
    return gain * z + bias, (z, sigma, gain)


def layer_norm_backward(dout, cache):
    z, sigma, gain = cache
    dz = dout * gain
    dx = dz - dz.mean(axis=1, keepdims=True) - z * (dz * z).mean(axis=1, keepdims=True)
    return dx / sigma, (dout * z).sum(axis=0), dout.sum(axis=0)


def gaussian_cost(mean, log_sigma, *, x):
    z = (x - mean) * np.exp(-log_sigma)
    nll = (0.5 * z**2 + log_sigma + 0.5 * np.log(2 * np.pi)).sum(axis=(1, 2))
    return nll, (z, log_sigma)


def gaussian_cost_backward(dnll, cache):
    z, log_sigma = cache
    d = dnll[:, None, None]
    return -d * z * np.exp(-log_sigma), (d * (1 - z**2)).sum(axis=0)


def laplace_filterbank(center, stride, scale, *, K, A):
    offset = np.arange(K) - (K - 1) / 2
    mu = center[:, None] + stride[:, None] * offset
    dist = np.arange(A) - mu[:, :, None]
    F = np.exp(-np.abs(dist) / scale[:, None, None])
    F /= F.sum(axis=2, keepdims=True)
    return F, (F, dist, offset, scale)


def laplace_filterbank_backward(dF, cache):
    F, dist, offset, scale = cache
    dexponent = F * (dF - (dF * F).sum(axis=2, keepdims=True))
    dmu = (dexponent * np.sign(dist)).sum(axis=2) / scale[:, None]
    dscale = (dexponent * np.abs(dist)).sum(axis=(1, 2)) / scale**2
    return dmu.sum(axis=1), dmu @ offset, dscale


def read_channels(x, F_y, F_x, gain):
    patch = F_y[:, None] @ x @ F_x[:, None].mT
    return gain[:, :, None, None] * patch, (x, F_y, F_x, gain, patch)


def read_channels_backward(dout, cache):
    x, F_y, F_x, gain, patch = cache
    d = dout * gain[:, :, None, None]
    dx = F_y[:, None].mT @ d @ F_x[:, None]
    dF_y = (d @ (F_x[:, None] @ x.mT)).sum(axis=1)
    dF_x = (d.mT @ (F_y[:, None] @ x)).sum(axis=1)
    return dx, dF_y, dF_x, (dout * patch).sum(axis=(2, 3))


def write_over(canvas, patch, cover, F_y, F_x):
    F_y, F_x = F_y[:, None], F_x[:, None]
    covered = F_y.mT @ cover @ F_x
    out = canvas * (1 - covered) + F_y.mT @ patch @ F_x
    return out, (canvas, patch, cover, F_y, F_x, covered)


def write_over_backward(dout, cache):
    canvas, patch, cover, F_y, F_x, covered = cache
    dF_y, dF_x, dsmall = 0, 0, []
    for d, small in ((dout, patch), (-dout * canvas, cover)):
        dsmall.append(F_y @ d @ F_x.mT)
        dF_y = dF_y + (small @ F_x @ d.mT).sum(axis=1)
        dF_x = dF_x + (small.mT @ F_y @ d).sum(axis=1)
    return dout * (1 - covered), *dsmall, dF_y, dF_x


def gru(x, h_prev, W, U, b):
    H = h_prev.shape[1]
    a = x @ W + b
    r, u = np.split(_s(a[:, : 2 * H] + h_prev @ U[:, : 2 * H]), 2, axis=1)
    g = np.tanh(a[:, 2 * H :] + (r * h_prev) @ U[:, 2 * H :])
    return (1 - u) * h_prev + u * g, (x, h_prev, W, U, r, u, g)


def gru_backward(dh, cache):
    x, h_prev, W, U, r, u, g = cache
    H = h_prev.shape[1]
    dg = dh * u * (1 - g**2)
    dinner = dg @ U[:, 2 * H :].T
    dr, du = dinner * h_prev * r * (1 - r), dh * (g - h_prev) * u * (1 - u)
    da = np.concatenate([dr, du, dg], axis=1)
    dh_prev = dh * (1 - u) + dinner * r + da[:, : 2 * H] @ U[:, : 2 * H].T
    dU = np.concatenate([h_prev.T @ da[:, : 2 * H], (r * h_prev).T @ dg], axis=1)
    return da @ W.T, dh_prev, x.T @ da, dU, da.sum(axis=0)


def rnn(x, h_0, W, U, b):
    h = [h_0]
    for x_t in x:
        h.append(np.tanh(x_t @ W + h[-1] @ U + b))
    return np.array(h[1:]), (x, h, W, U)


def rnn_backward(dout, cache):
    x, h, W, U = cache
    dh, dW, dU, db, dx = 0, 0, 0, 0, np.zeros_like(x)
    for t in range(len(x) - 1, -1, -1):
        da = (dh + dout[t]) * (1 - h[t + 1] ** 2)
        dx[t], dh = da @ W.T, da @ U.T
        dW, dU, db = dW + x[t].T @ da, dU + h[t].T @ da, db + da.sum(axis=0)
    return dx, dh, dW, dU, db


def kl_between(mu, log_sigma, mu_0, log_sigma_0):
    z, ratio = (mu - mu_0) * np.exp(-log_sigma_0), np.exp(2 * (log_sigma - log_sigma_0))
    kl = (0.5 * (ratio + z**2 - 1) - log_sigma + log_sigma_0).sum(axis=1)
    return kl, (z, ratio, log_sigma_0)


def kl_between_backward(dkl, cache):
    z, ratio, log_sigma_0 = cache
    d = dkl[:, None]
    dmu = d * z * np.exp(-log_sigma_0)
    return dmu, d * (ratio - 1), -dmu, d * (1 - ratio - z**2)


def fading_canvas(canvas, stroke, keep, *, x):
    share = _s(keep)[:, :, None, None]
    s = _s(share * canvas)
    return (share * canvas + stroke, x - s), (canvas, share, s)


def fading_canvas_backward(dout, cache):
    canvas, share, s = cache
    dkept = dout[0] - dout[1] * s * (1 - s)
    dkeep = (dkept * canvas).sum(axis=(2, 3)) * (share * (1 - share))[:, :, 0, 0]
    return dkept * share, dout[0], dkeep


def painter(h_0, W, b, V, *, T):
    h = [h_0]
    for _ in range(T):
        h.append(np.tanh(h[-1] @ W + b))
    return sum(h[1:]) @ V, (h, W, V)


def painter_backward(dcanvas, cache):
    h, W, V = cache
    dh, dW, db = 0, 0, 0
    for before, after in zip(h[-2::-1], h[:0:-1], strict=True):
        da = (dh + dcanvas @ V.T) * (1 - after**2)
        dW, db, dh = dW + before.T @ da, db + da.sum(axis=0), da @ W.T
    return dh, dW, db, sum(h[1:]).T @ dcanvas


def adamax_update(weights, mean, largest, grad, *, rate, step, beta1, beta2):
    mean += (1 - beta1) * (grad - mean)
    np.maximum(beta2 * largest, np.abs(grad), out=largest)
    weights -= rate / (1 - beta1**step) * mean / largest
