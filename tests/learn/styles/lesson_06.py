import numpy as np


def sandwich_backward_by_einsum(dpatch, cache):
    F_y, x, F_x = cache
    return (
        np.einsum("nji,nba,nia->njb", dpatch, x, F_x),
        np.einsum("nji,njb,nia->nba", dpatch, F_y, F_x),
        np.einsum("nji,njb,nba->nia", dpatch, F_y, x),
    )


def sandwich_backward_by_loops(dpatch, cache):
    F_y, x, F_x = cache
    dF_y, dx, dF_x = np.zeros_like(F_y), np.zeros_like(x), np.zeros_like(F_x)
    for n in range(len(x)):
        dF_y[n] = dpatch[n] @ F_x[n] @ x[n].T
        dx[n] = (F_x[n].T @ dpatch[n].T @ F_y[n]).T
        dF_x[n] = (x[n].T @ F_y[n].T @ dpatch[n]).T
    return dF_y, dx, dF_x


def read_by_einsum(x_err, F_y, F_x, gamma, *, x):
    pictures = np.concatenate([x, x_err], axis=1)
    glimpse = np.einsum("n,njb,ncba,nia->ncji", gamma, F_y, pictures, F_x)
    return glimpse, (pictures, F_y, F_x, gamma)


def read_by_loops(x_err, F_y, F_x, gamma, *, x):
    n, C = x.shape[:2]
    glimpse = np.zeros((n, 2 * C, F_y.shape[1], F_x.shape[1]))
    for k in range(n):
        for c in range(C):
            glimpse[k, c] = gamma[k] * (F_y[k] @ x[k, c] @ F_x[k].T)
            glimpse[k, C + c] = gamma[k] * (F_y[k] @ x_err[k, c] @ F_x[k].T)
    return glimpse, (np.concatenate([x, x_err], axis=1), F_y, F_x, gamma)


def read_backward_by_einsum(dglimpse, cache):
    pictures, F_y, F_x, gamma = cache
    C = pictures.shape[1] // 2
    return (
        np.einsum("n,ncji,njb,nia->ncba", gamma, dglimpse[:, C:], F_y, F_x),
        np.einsum("n,ncji,ncba,nia->njb", gamma, dglimpse, pictures, F_x),
        np.einsum("n,ncji,ncba,njb->nia", gamma, dglimpse, pictures, F_y),
        np.einsum("ncji,njb,ncba,nia->n", dglimpse, F_y, pictures, F_x),
    )


def read_backward_by_loops(dglimpse, cache):
    pictures, F_y, F_x, gamma = cache
    n, twice = pictures.shape[:2]
    C = twice // 2
    dx_err = np.zeros((n, C, *pictures.shape[2:]))
    dF_y, dF_x, dgamma = np.zeros_like(F_y), np.zeros_like(F_x), np.zeros_like(gamma)
    for k in range(n):
        for c in range(twice):
            patch = F_y[k] @ pictures[k, c] @ F_x[k].T
            dgamma[k] += np.vdot(dglimpse[k, c], patch)
            d = dglimpse[k, c] * gamma[k]
            dF_y[k] += d @ F_x[k] @ pictures[k, c].T
            dF_x[k] += d.T @ F_y[k] @ pictures[k, c]
            if c >= C:
                dx_err[k, c - C] = F_y[k].T @ d @ F_x[k]
    return dx_err, dF_y, dF_x, dgamma


STYLES = {
    "06.sandwich_backward": (sandwich_backward_by_einsum, sandwich_backward_by_loops),
    "06.read": (read_by_einsum, read_by_loops),
    "06.read_backward": (read_backward_by_einsum, read_backward_by_loops),
}
