"""Records of the attention model's windows and glimpses at every step."""

import numpy as np

from minidraw.models.classifier.scanpath import PICTURE_IMAGES
from minidraw.models.interface import Scanpath, compute_windows
from minidraw.models.ram.network import forward, make_theta


def scanpath(params, images, config, ops, noise=None):
    """Record the finest windows, their glimpses and the class probabilities of images.

    Without `noise` (T, n, 2), the network looks at the likeliest places.
    """
    T, n, H, C, K = config.glimpses, len(images), config.hidden, config.channels, config.read_size
    noise = np.zeros((T, n, 2), images.dtype, like=images) if noise is None else noise
    logits, (seen, _, _) = forward(params, images, noise, config, ops)
    window = compute_windows(make_theta(seen[:-1, :, -2:], 0, config), config, K, ops)
    glimpses = seen[:-1, :, H : H + C * K**2].reshape(T, n, C, K, K)  # of the finest scale
    return Scanpath(images, window, glimpses, ops.softmax(logits), K)


def probabilities(params, images, config, ops):
    """Return the class probabilities (n, classes) of images, seen at the likeliest places."""
    return scanpath(params, images, config, ops).probabilities


def pictures(params, batch, noise, config, ops):
    """Return the run folder's pictures: the scanpath of a few images."""
    few = slice(PICTURE_IMAGES)
    return {"glimpses": scanpath(params, batch.images[few], config, ops, noise[:, few])}
