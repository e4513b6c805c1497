import numpy as np

from minidraw.layers import (
    filterbank,
    filterbank_backward,
    read,
    read_backward,
    window,
    window_backward,
    write,
    write_backward,
)


def consumers_backward_by_sum(dout, weights):
    return sum(d @ W.T for d, W in zip(dout, weights, strict=True))


def consumers_backward_side_by_side(dout, weights):
    return np.concatenate(dout, axis=1) @ np.concatenate(weights, axis=1).T


def canvas_step_backward_by_squares(dout, cache):
    dafter, dx_err = dout
    s = cache.s
    return dafter + dx_err * (s**2 - s), dafter


def canvas_step_backward_by_loop(dout, cache):
    dafter, dx_err = dout
    (s,) = cache
    dcanvas = dafter.copy()
    for place in np.ndindex(s.shape):
        dcanvas[place] -= dx_err[place] * s[place] * (1 - s[place])
    return dcanvas, dafter


def read_attention_backward_by_pieces(dglimpse, cache):
    theta, F_y, F_x, s, x = cache
    n, K, B = F_y.shape
    A = F_x.shape[2]
    (cx, cy, stride, var, gamma), window_cache = window(theta, height=B, width=A, K=K)
    _, cache_y = filterbank(cy, stride, var, K=K, A=B)
    _, cache_x = filterbank(cx, stride, var, K=K, A=A)
    d = dglimpse.reshape(n, -1, K, K)
    dx_err, dF_y, dF_x, dgamma = read_backward(d, read(x - s, F_y, F_x, gamma, x=x)[1])
    along_y, along_x = filterbank_backward(dF_y, cache_y), filterbank_backward(dF_x, cache_x)
    shared = along_y[1] + along_x[1], along_y[2] + along_x[2]
    dtheta = window_backward((along_x[0], along_y[0], *shared, dgamma), window_cache)
    return dx_err * (s * s - s), dtheta


def read_attention_backward_by_einsum(dglimpse, cache):
    """Compute the product by einsum, without `read_backward`."""
    theta, F_y, F_x, s, x = cache
    n, K, B = F_y.shape
    A, C = F_x.shape[2], x.shape[1]
    (cx, cy, stride, var, gamma), window_cache = window(theta, height=B, width=A, K=K)
    pictures = np.concatenate([x, x - s], axis=1)
    d = dglimpse.reshape(n, 2 * C, K, K)
    dgamma = np.einsum("ncji,njb,ncba,nia->n", d, F_y, pictures, F_x)
    d = d * gamma.reshape(-1, 1, 1, 1)
    dF_y = np.einsum("ncji,ncba,nia->njb", d, pictures, F_x)
    dF_x = np.einsum("ncji,ncba,njb->nia", d, pictures, F_y)
    dx_err = np.einsum("ncji,njb,nia->ncba", d[:, C:], F_y, F_x)
    dy, dstride, dvar = filterbank_backward(dF_y, filterbank(cy, stride, var, K=K, A=B)[1])
    dx, *others = filterbank_backward(dF_x, filterbank(cx, stride, var, K=K, A=A)[1])
    dout = dx, dy, dstride + others[0], dvar + others[1], dgamma
    return -s * (1 - s) * dx_err, window_backward(dout, window_cache)


def write_attention_backward_by_pieces(dout, cache):
    theta, F_y, F_x, patch = cache
    n, K, B = F_y.shape
    A = F_x.shape[2]
    (cx, cy, stride, var, gamma), window_cache = window(theta, height=B, width=A, K=K)
    caches = [filterbank(c, stride, var, K=K, A=L)[1] for c, L in ((cy, B), (cx, A))]
    pictures = patch.reshape(n, -1, K, K)
    dpatch, dF_y, dF_x, dgamma = write_backward(dout, write(pictures, F_y, F_x, gamma)[1])
    (dy, ds_y, dv_y), (dx, ds_x, dv_x) = map(filterbank_backward, (dF_y, dF_x), caches)
    dtheta = window_backward((dx, dy, ds_y + ds_x, dv_y + dv_x, dgamma), window_cache)
    return dpatch.reshape(patch.shape), dtheta


def write_attention_backward_by_einsum(dout, cache):
    theta, F_y, F_x, patch = cache
    n, K, B = F_y.shape
    A = F_x.shape[2]
    (cx, cy, stride, var, gamma), window_cache = window(theta, height=B, width=A, K=K)
    P = patch.reshape(n, -1, K, K)
    d = dout / gamma.reshape(-1, 1, 1, 1)
    dpatch = np.einsum("ncba,njb,nia->ncji", d, F_y, F_x)
    dF_y = np.einsum("ncba,ncji,nia->njb", d, P, F_x)
    dF_x = np.einsum("ncba,ncji,njb->nia", d, P, F_y)
    dgamma = -np.einsum("ncji,ncji->n", dpatch, P) / gamma
    dy, *of_y = filterbank_backward(dF_y, filterbank(cy, stride, var, K=K, A=B)[1])
    dx, *of_x = filterbank_backward(dF_x, filterbank(cx, stride, var, K=K, A=A)[1])
    dout = dx, dy, of_x[0] + of_y[0], of_x[1] + of_y[1], dgamma
    return dpatch.reshape(n, -1), window_backward(dout, window_cache)


STYLES = {
    "11.consumers_backward": (consumers_backward_by_sum, consumers_backward_side_by_side),
    "11.canvas_step_backward": (canvas_step_backward_by_squares, canvas_step_backward_by_loop),
    "11.read_attention_backward": (
        read_attention_backward_by_pieces,
        read_attention_backward_by_einsum,
    ),
    "11.write_attention_backward": (
        write_attention_backward_by_pieces,
        write_attention_backward_by_einsum,
    ),
}
