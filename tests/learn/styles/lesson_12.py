import numpy as np


def stacked_backward_by_steps(dout, cache):
    """A loop instead of one tall product."""
    (x,) = cache
    dW, db = np.zeros((x.shape[2], dout.shape[2])), np.zeros(dout.shape[2])
    for x_t, dout_t in zip(x, dout, strict=True):
        dW += x_t.T @ dout_t
        db += dout_t.sum(axis=0)
    return dW, db


def stacked_backward_by_einsum(dout, cache):
    return [np.einsum("tni,tno->io", cache[0], dout), np.einsum("tno->o", dout)]


def film_backward_by_lists(dcanvas, cache):
    """What each step gives is kept, and summed when all are done."""
    h, s, err, U, V, W = cache
    dh, das, dcanvases = 0, [], []
    for t in range(len(s) - 1, -1, -1):
        dcanvases.insert(0, dcanvas)
        da = (dh + dcanvas @ W.T) * (1 - np.square(h[t + 1]))
        das.insert(0, da)
        dh = da @ U.T
        dcanvas = dcanvas + da @ V.T * (s[t] * s[t] - s[t])
    das, dcanvases = np.array(das), np.array(dcanvases)
    dU = np.tensordot(h[:-1], das, axes=([0, 1], [0, 1]))
    dV = np.tensordot(err, das, axes=([0, 1], [0, 1]))
    return dh, dcanvas, dU, dV, np.tensordot(h[1:], dcanvases, axes=([0, 1], [0, 1]))


def film_backward_by_images(dcanvas, cache):
    """Each image's film by itself."""
    h, s, err, U, V, W = cache
    dh_0, dcanvas_0 = np.zeros_like(h[0]), np.zeros_like(dcanvas)
    dU, dV, dW = np.zeros(U.shape), np.zeros(V.shape), np.zeros(W.shape)
    for k in range(len(dcanvas)):
        dc, dh = dcanvas[k], np.zeros(len(U))
        for t in reversed(range(len(s))):
            dW += np.outer(h[t + 1, k], dc)
            da = (dh + W @ dc) * (1 - h[t + 1, k] ** 2)
            dU += np.outer(h[t, k], da)
            dV += np.outer(err[t, k], da)
            dh = U @ da
            dc = dc - (V @ da) * s[t, k] * (1 - s[t, k])
        dh_0[k], dcanvas_0[k] = dh, dc
    return dh_0, dcanvas_0, dU, dV, dW


STYLES = {
    "12.stacked_backward": (stacked_backward_by_steps, stacked_backward_by_einsum),
    "12.film_backward": (film_backward_by_lists, film_backward_by_images),
}
