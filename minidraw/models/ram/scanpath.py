"""Records of the attention model's windows and glimpses at every step."""

import numpy as np

from minidraw.models.interface import Scanpath, compute_windows
from minidraw.models.ram.network import forward, make_theta

PICTURE_IMAGES = 3  # images in the picture of a run folder, which then fits a screen


def scanpath(params, images, config, ops, noise=None):
    """Record the finest windows, their glimpses and the class probabilities of images.

    Without `noise` (T, n, 2), the network looks at the likeliest places.
    """
    T, n, K, H = config.glimpses, len(images), config.read_size, config.hidden
    if noise is None:
        noise = np.zeros((T, n, 2), images.dtype, like=images)
    logits, (seen, _, _) = forward(params, images, noise, config, ops)
    theta = make_theta(seen[:-1, :, -2:].reshape(T * n, 2), 0, config)
    window = compute_windows(theta.reshape(T, n, 5), config, K, ops)
    finest = seen[:-1, :, H : H + config.channels * K**2]
    glimpses = finest.reshape(T, n, config.channels, K, K)
    return Scanpath(images, window, glimpses, ops.softmax(logits), K)


def probabilities(params, images, config, ops):
    """Return the class probabilities (n, classes) of images, seen at the likeliest places."""
    return scanpath(params, images, config, ops).probabilities


def pictures(params, batch, noise, config, ops):
    """Return the run folder's pictures: the scanpath of a few images."""
    few = slice(PICTURE_IMAGES)
    return {"glimpses": scanpath(params, batch.images[few], config, ops, noise[:, few])}
