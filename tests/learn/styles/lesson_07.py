import numpy as np


def write_by_loops(patch, F_y, F_x, gamma):
    """Hill by hill."""
    n, C, K, _ = patch.shape
    out = np.zeros((n, C, F_y.shape[2], F_x.shape[2]))
    for k, c, j, i in np.ndindex(n, C, K, K):
        out[k, c] += patch[k, c, j, i] / gamma[k] * np.outer(F_y[k, j], F_x[k, i])
    return out, {"patch": patch, "F_y": F_y, "F_x": F_x, "gamma": gamma}


def write_by_einsum(patch, F_y, F_x, gamma):
    out = np.einsum("n,njb,ncji,nia->ncba", 1 / gamma, F_y, patch, F_x)
    return out, (patch, F_y, F_x, gamma)


def write_backward_by_loops(dout, cache):
    patch, F_y, F_x, gamma = cache
    dpatch, dF_y, dF_x = np.zeros_like(patch), np.zeros_like(F_y), np.zeros_like(F_x)
    dgamma = np.zeros_like(gamma)
    for n, c in np.ndindex(patch.shape[:2]):
        d, w = dout[n, c] / gamma[n], patch[n, c]
        dpatch[n, c] = F_y[n] @ d @ F_x[n].T
        dF_y[n] += w @ F_x[n] @ d.T
        dF_x[n] += w.T @ F_y[n] @ d
        dgamma[n] -= np.sum(dout[n, c] * (F_y[n].T @ w @ F_x[n])) / gamma[n] ** 2
    return dpatch, dF_y, dF_x, dgamma


def write_backward_by_einsum(dout, cache):
    patch, F_y, F_x, gamma = cache
    d = dout / gamma.reshape(-1, 1, 1, 1)
    return [
        np.einsum("ncba,njb,nia->ncji", d, F_y, F_x),
        np.einsum("ncba,ncji,nia->njb", d, patch, F_x),
        np.einsum("ncba,ncji,njb->nia", d, patch, F_y),
        -np.einsum("ncba,ncji,njb,nia->n", d, patch, F_y, F_x) / gamma,
    ]


STYLES = {
    "07.write": (write_by_loops, write_by_einsum),
    "07.write_backward": (write_backward_by_loops, write_backward_by_einsum),
}
