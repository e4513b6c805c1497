"""Watch the classifier look."""

from minidraw.models.classifier.network import forward
from minidraw.models.interface import Scanpath, Window

FEW = 6  # images in a run's picture


def scanpath(params, images, config, ops):
    """Return where the network looks, what it sees there, and what it takes the images for.

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
    size = {"height": config.height, "width": config.width, "K": K}
    parts, _ = ops.window(theta.reshape(-1, 5), **size)
    window = Window(*(part.reshape(T, n) for part in parts))
    patches = seen[:-1, :, config.hidden :].reshape(T, n, config.channels, K, K)
    return Scanpath(images, window, patches, ops.softmax(logits), K)


def pictures(params, batch, noise, config, ops):
    """What a run folder shows: where it looks at some images."""
    return {"glimpses": scanpath(params, batch.images[:FEW], config, ops)}
