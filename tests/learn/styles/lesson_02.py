import numpy as np


def sigmoid_by_exp(a):
    return 1 / (1 + np.exp(-a))


def sigmoid_in_two_halves(a):
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, small) / (1 + small)


def sigmoid_backward_by_squares(ds, s):
    return ds * (s - s**2)


def sigmoid_backward_by_loop(ds, s):
    da = np.empty_like(s)
    for place in np.ndindex(s.shape):
        da[place] = ds[place] * s[place] * (1 - s[place])
    return da


def linear_by_index(x, W, b):
    out = np.zeros((x.shape[0], W.shape[1]))
    for i in range(x.shape[0]):
        for o in range(W.shape[1]):
            out[i, o] = sum(x[i, k] * W[k, o] for k in range(x.shape[1])) + b[o]
    return out, (x, W)


def linear_by_einsum(x, W, b):
    return np.einsum("ik,ko->io", x, W) + b[None, :], (x, W)


def linear_backward_by_index(dout, cache):
    x, W = cache
    dx, dW, db = np.zeros(x.shape), np.zeros(W.shape), np.zeros(W.shape[1])
    for i in range(x.shape[0]):
        for o in range(W.shape[1]):
            db[o] += dout[i, o]
            for k in range(x.shape[1]):
                dx[i, k] += dout[i, o] * W[k, o]
                dW[k, o] += x[i, k] * dout[i, o]
    return dx, dW, db


def linear_backward_by_einsum(dout, cache):
    x, W = cache
    dW = np.einsum("ik,io->ko", x, dout)
    return np.einsum("io,ko->ik", dout, W), dW, np.einsum("io->o", dout)


STYLES = {
    "02.sigmoid": (sigmoid_by_exp, sigmoid_in_two_halves),
    "02.sigmoid_backward": (sigmoid_backward_by_squares, sigmoid_backward_by_loop),
    "02.linear": (linear_by_index, linear_by_einsum),
    "02.linear_backward": (linear_backward_by_index, linear_backward_by_einsum),
}
