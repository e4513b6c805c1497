import numpy as np


def centers_by_loops(center, stride, *, K):
    mu = np.zeros((len(center), K))
    for image in range(len(center)):
        for i in range(1, K + 1):
            mu[image, i - 1] = center[image] + (i - K / 2 - 0.5) * stride[image]
    return mu


def centers_by_outer(center, stride, *, K):
    return center.reshape(-1, 1) + np.outer(stride, np.linspace(-(K - 1) / 2, (K - 1) / 2, K))


def filterbank_by_loops(center, stride, var, *, K, A):
    F, dist = np.empty((2, len(center), K, A))
    for n in range(len(center)):
        for i in range(K):
            mu = center[n] + (i - (K - 1) / 2) * stride[n]
            dist[n, i] = np.arange(A) - mu
            z = [-(d**2) / (2 * var[n]) for d in dist[n, i]]
            row = np.array([np.exp(value - max(z)) for value in z])
            F[n, i] = row / row.sum()
    return F, (F, dist, np.arange(K) - (K - 1) / 2, var)


def filterbank_by_logs(center, stride, var, *, K, A):
    """Normalise in another way, with another cache."""
    mu = center[:, None] + np.multiply.outer(stride, np.arange(K) - 0.5 * K + 0.5)
    scaled = (mu[..., None] - np.arange(A)) / np.sqrt(2 * var).reshape(-1, 1, 1)
    logs = -np.square(scaled)
    F = np.exp(logs - np.logaddexp.reduce(logs, axis=-1)[..., None])
    return [F, {"mu": mu, "F": F}]


def window_by_columns(theta, *, height, width, K):
    center_x = theta[:, 0] * (width + 1) / 2 + (width - 1) / 2
    center_y = theta[:, 1] * (height + 1) / 2 + (height - 1) / 2
    var, stride, gamma = (np.exp(np.minimum(np.maximum(theta[:, k], -12), 12)) for k in (2, 3, 4))
    stride = stride * (max(height, width) - 1) / (K - 1)
    cache = theta, stride, var, gamma, height, width
    return (center_x, center_y, stride, var, gamma), cache


def window_by_rows(theta, *, height, width, K):
    rows = []
    for gx, gy, log_var, log_stride, log_gamma in theta:
        kept = [np.exp(min(max(value, -12), 12)) for value in (log_var, log_stride, log_gamma)]
        rows.append(
            (
                (width + 1) / 2 * (gx + 1) - 1,
                (height + 1) / 2 * (gy + 1) - 1,
                (max(width, height) - 1) / (K - 1) * kept[1],
                kept[0],
                kept[2],
            )
        )
    return tuple(np.array(column) for column in zip(*rows, strict=True)), None


STYLES = {
    "04.centers": (centers_by_loops, centers_by_outer),
    "04.filterbank": (filterbank_by_loops, filterbank_by_logs),
    "04.window": (window_by_columns, window_by_rows),
}
