import numpy as np


def stacked_backward_by_loop(dout, cache):
    (x,) = cache
    dW, db = 0, 0
    for x_t, dout_t in zip(x, dout, strict=True):
        dW = dW + x_t.T @ dout_t
        db = db + dout_t.sum(axis=0)
    return dW, db


def stacked_backward_by_einsum(dout, cache):
    return np.einsum("tni,tno->io", cache[0], dout), np.einsum("tno->o", dout)


def film_backward_by_stacks(dcanvas, cache):
    """Compute the weight gradients once, over all steps stacked."""
    h, s, err, U, V, W = cache
    dh, das, dcanvases = np.zeros_like(h[0]), [], []
    for t in range(len(s) - 1, -1, -1):
        dcanvases.insert(0, dcanvas)
        da = (dh + dcanvas @ W.T) * (1 - h[t + 1] * h[t + 1])
        das.insert(0, da)
        dh = da @ U.T
        dcanvas = dcanvas + (da @ V.T) * (s[t] ** 2 - s[t])
    da, d = np.array(das), np.array(dcanvases)
    dU = np.einsum("tni,tnj->ij", h[:-1], da)
    dV = np.einsum("tni,tnj->ij", err, da)
    return dh, dcanvas, dU, dV, np.einsum("tni,tnj->ij", h[1:], d)


def film_backward_by_zip(dcanvas, cache):
    h, s, err, U, V, W = cache
    dcanvas, dh = dcanvas.copy(), 0
    dU, dV, dW = np.zeros(U.shape), np.zeros(V.shape), np.zeros(W.shape)
    steps = list(zip(h[:-1], h[1:], s, err, strict=True))
    for h_before, h_after, seen, error in steps[::-1]:
        dW += h_after.T @ dcanvas
        da = (dh + dcanvas @ W.T) * (1 - h_after**2)
        dU += h_before.T @ da
        dV += error.T @ da
        dh = da @ U.T
        dcanvas -= (da @ V.T) * seen * (1 - seen)
    return dh, dcanvas, dU, dV, dW


STYLES = {
    "12.stacked_backward": (stacked_backward_by_loop, stacked_backward_by_einsum),
    "12.film_backward": (film_backward_by_stacks, film_backward_by_zip),
}
