import numpy as np


def softmax_backward_by_matrices(dF, F):
    """Use the Jacobian of each row."""
    dz = np.empty_like(F)
    for n, k in np.ndindex(F.shape[:2]):
        row = F[n, k]
        dz[n, k] = (np.diag(row) - np.outer(row, row)) @ dF[n, k]
    return dz


def softmax_backward_by_einsum(dF, F):
    return F * dF - np.einsum("nka,nkb,nkb->nka", F, F, dF)


def exponent_backward_by_loops(dz, cache):
    dist, var = cache
    dcenter = np.zeros(len(var))
    for n, i, a in np.ndindex(dz.shape):
        dcenter[n] += dz[n, i, a] * dist[n, i, a] / var[n]
    return dcenter


def exponent_backward_by_einsum(dz, cache):
    dist, var = cache
    return np.einsum("nka,nka->n", dz, dist) / var


def filterbank_backward_by_loops(dF, cache):
    F, dist, offset, var = cache
    dcenter, dstride, dvar = np.zeros((3, len(var)))
    for n in range(len(F)):
        for i in range(F.shape[1]):
            for a in range(F.shape[2]):
                dz = F[n, i, a] * (dF[n, i, a] - dF[n, i] @ F[n, i])
                dmu = dz * dist[n, i, a] / var[n]
                dcenter[n] += dmu
                dstride[n] += dmu * offset[i]
                dvar[n] += dz * dist[n, i, a] ** 2 / 2 / var[n] ** 2
    return dcenter, dstride, dvar


def filterbank_backward_by_einsum(dF, cache):
    """Subtract the mean under F from the distances instead of computing dz."""
    F, dist, offset, var = cache
    mean = np.einsum("nka,nka->nk", F, dist)
    spread = np.einsum("nka,nka->nk", F, dist**2)
    dmu = np.einsum("nka,nka,nka->nk", dF, F, dist - mean[..., None]) / var[:, None]
    dvar = np.einsum("nka,nka,nka->n", dF, F, dist**2 - spread[..., None]) / (2 * var * var)
    return [dmu @ np.ones(len(offset)), dmu @ offset, dvar]


def window_backward_by_stack(dout, cache):
    dcenter_x, dcenter_y, dstride, dvar, dgamma = dout
    theta, stride, var, gamma, height, width = cache
    flows = [(-12 <= theta[:, k]) & (theta[:, k] <= 12) for k in (2, 3, 4)]
    columns = [
        dcenter_x * (width + 1) * 0.5,
        dcenter_y * (height + 1) * 0.5,
        np.where(flows[0], var * dvar, 0),
        np.where(flows[1], stride * dstride, 0),
        np.where(flows[2], gamma * dgamma, 0),
    ]
    return np.stack(columns, axis=1)


def window_backward_by_rows(dout, cache):
    theta, stride, var, gamma, height, width = cache
    dtheta = np.zeros(theta.shape)
    for n in range(len(theta)):
        dtheta[n, 0] = dout[0][n] * (width + 1) / 2
        dtheta[n, 1] = dout[1][n] * (height + 1) / 2
        for k, value, gradient in ((2, var, dout[3]), (3, stride, dout[2]), (4, gamma, dout[4])):
            if abs(theta[n, k]) <= 12:
                dtheta[n, k] = value[n] * gradient[n]
    return dtheta


STYLES = {
    "05.softmax_backward": (softmax_backward_by_matrices, softmax_backward_by_einsum),
    "05.exponent_backward": (exponent_backward_by_loops, exponent_backward_by_einsum),
    "05.filterbank_backward": (filterbank_backward_by_loops, filterbank_backward_by_einsum),
    "05.window_backward": (window_backward_by_stack, window_backward_by_rows),
}
