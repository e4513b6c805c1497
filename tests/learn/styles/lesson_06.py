import numpy as np


def sandwich_backward_by_loops(dpatch, cache):
    F_y, x, F_x = cache
    dF_y, dx, dF_x = np.zeros(F_y.shape), np.zeros(x.shape), np.zeros(F_x.shape)
    for n in range(len(x)):
        rows, columns = F_y[n] @ x[n], x[n] @ F_x[n].T
        for j, i in np.ndindex(dpatch.shape[1:]):
            dF_y[n, j] += dpatch[n, j, i] * columns[:, i]
            dx[n] += dpatch[n, j, i] * np.outer(F_y[n, j], F_x[n, i])
            dF_x[n, i] += dpatch[n, j, i] * rows[j]
    return dF_y, dx, dF_x


def sandwich_backward_by_einsum(dpatch, cache):
    """Factor by factor: each gradient lacks just its own letter."""
    F_y, x, F_x = cache
    dF_y = np.einsum("nji,nba,nia->njb", dpatch, x, F_x)
    dx = np.einsum("nji,njb,nia->nba", dpatch, F_y, F_x)
    dF_x = np.einsum("nji,njb,nba->nia", dpatch, F_y, x)
    return [dF_y, dx, dF_x]


def read_by_halves(x_err, F_y, F_x, gamma, *, x):
    n, K, _ = F_y.shape
    C = x.shape[1]
    glimpse = np.empty((n, 2 * C, K, K))
    for k in range(n):
        for c in range(C):
            glimpse[k, c] = gamma[k] * F_y[k] @ x[k, c] @ F_x[k].T
            glimpse[k, C + c] = gamma[k] * F_y[k] @ x_err[k, c] @ F_x[k].T
    return glimpse, (x, x_err, F_y, F_x, gamma)


def read_by_einsum(x_err, F_y, F_x, gamma, *, x):
    pictures = np.hstack([x, x_err])
    return np.einsum("n,njb,ncba,nia->ncji", gamma, F_y, pictures, F_x), (
        pictures,
        F_y,
        F_x,
        gamma,
    )


def read_backward_by_loops(dglimpse, cache):
    pictures, F_y, F_x, gamma = cache
    C = pictures.shape[1] // 2
    dx_err = np.zeros_like(pictures[:, C:])
    dF_y, dF_x, dgamma = np.zeros_like(F_y), np.zeros_like(F_x), np.zeros_like(gamma)
    for n, c in np.ndindex(pictures.shape[:2]):
        d, picture = gamma[n] * dglimpse[n, c], pictures[n, c]
        dgamma[n] += np.sum(dglimpse[n, c] * (F_y[n] @ picture @ F_x[n].T))
        dF_y[n] += d @ F_x[n] @ picture.T
        dF_x[n] += d.T @ F_y[n] @ picture
        if c >= C:
            dx_err[n, c - C] = F_y[n].T @ d @ F_x[n]
    return dx_err, dF_y, dF_x, dgamma


def read_backward_by_einsum(dglimpse, cache):
    """gamma goes in last: what it scaled is had from the gradient by either filterbank."""
    pictures, F_y, F_x, gamma = cache
    half = pictures.shape[1] // 2
    by_y = np.einsum("ncji,ncba,nia->njb", dglimpse, pictures, F_x)
    by_x = np.einsum("ncji,ncba,njb->nia", dglimpse, pictures, F_y)
    by_err = np.einsum("ncji,njb,nia->ncba", dglimpse[:, half:], F_y, F_x)
    scale = gamma.reshape(-1, 1, 1)
    return scale[..., None] * by_err, scale * by_y, scale * by_x, np.einsum("njb,njb->n", by_y, F_y)


STYLES = {
    "06.sandwich_backward": (sandwich_backward_by_loops, sandwich_backward_by_einsum),
    "06.read": (read_by_halves, read_by_einsum),
    "06.read_backward": (read_backward_by_loops, read_backward_by_einsum),
}
