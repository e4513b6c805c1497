"""Records of the classifier's windows and glimpses at every step."""

from minidraw.models.classifier.network import forward
from minidraw.models.interface import Scanpath, compute_windows

PICTURE_IMAGES = 3  # images in the picture of a run folder, which then fits a screen


def scanpath(params, images, config, ops):
    """Record the windows, glimpses and class probabilities of images.

    Parameters
    ----------
    params : dict of arrays, as in `param_shapes`
    images : array, shape (n, C, B, A), in [0, 1]
    config : Config
    ops : module
        `minidraw.layers` or `minidraw.kernels`.

    Returns
    -------
    scanpath : Scanpath
    """
    T, n, K = config.glimpses, len(images), config.read_size
    logits, (seen, theta, _) = forward(params, images, config, ops)
    window = compute_windows(theta, config, K, ops)
    patches = seen[:-1, :, config.hidden :].reshape(T, n, config.channels, K, K)
    return Scanpath(images, window, patches, ops.softmax(logits), K)


def probabilities(params, images, config, ops):
    """Return the class probabilities (n, classes) of images."""
    return scanpath(params, images, config, ops).probabilities


def pictures(params, batch, noise, config, ops):
    """Return the run folder's pictures: the scanpath of a few images."""
    return {"glimpses": scanpath(params, batch.images[:PICTURE_IMAGES], config, ops)}
