import numpy as np

from minidraw.learn.exercises.lesson_06 import sandwich_backward


def write_by_einsum(patch, F_y, F_x, gamma):
    out = np.einsum("n,njb,ncji,nia->ncba", 1 / gamma, F_y, patch, F_x)
    return out, (patch, F_y, F_x, gamma)


def write_by_loops(patch, F_y, F_x, gamma):
    out = np.zeros((*patch.shape[:2], F_y.shape[2], F_x.shape[2]))
    for n, c in np.ndindex(patch.shape[:2]):
        out[n, c] = F_y[n].T @ patch[n, c] @ F_x[n] / gamma[n]
    return out, (patch, F_y, F_x, gamma)


def write_backward_by_einsum(dout, cache):
    patch, F_y, F_x, gamma = cache
    d = np.einsum("ncba,n->ncba", dout, 1 / gamma)
    return (
        np.einsum("ncba,njb,nia->ncji", d, F_y, F_x),
        np.einsum("ncba,ncji,nia->njb", d, patch, F_x),
        np.einsum("ncba,ncji,njb->nia", d, patch, F_y),
        -np.einsum("ncba,ncji,njb,nia->n", d, patch, F_y, F_x) / gamma,
    )


def write_backward_by_loops(dout, cache):
    patch, F_y, F_x, gamma = cache
    dpatch, dgamma = np.zeros_like(patch), np.zeros_like(gamma)
    dF_y, dF_x = np.zeros_like(F_y), np.zeros_like(F_x)
    for n, c in np.ndindex(patch.shape[:2]):
        P, d = patch[n, c], dout[n, c]
        dpatch[n, c] = F_y[n] @ d @ F_x[n].T / gamma[n]
        dF_y[n] += P @ F_x[n] @ d.T / gamma[n]
        dF_x[n] += P.T @ F_y[n] @ d / gamma[n]
        dgamma[n] -= (d * (F_y[n].T @ P @ F_x[n])).sum() / gamma[n] ** 2
    return dpatch, dF_y, dF_x, dgamma


def write_backward_by_sandwich(dout, cache):
    """Use the function of lesson 06 on transposed filters."""
    patch, F_y, F_x, gamma = cache
    dproduct = dout / gamma.reshape(-1, 1, 1, 1)
    turned = F_y[:, None].mT, patch, F_x[:, None].mT
    dF_y, dpatch, dF_x = sandwich_backward(dproduct, turned)
    dgamma = -(dpatch * patch).sum(axis=(1, 2, 3)) / gamma
    return dpatch, dF_y.mT.sum(axis=1), dF_x.mT.sum(axis=1), dgamma


STYLES = {
    "07.write": (write_by_einsum, write_by_loops),
    "07.write_backward": (
        write_backward_by_einsum,
        write_backward_by_loops,
        write_backward_by_sandwich,
    ),
}
