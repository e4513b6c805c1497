"""Random numbers that depend on what they are for, never on who draws them.

Every block of images has a generator of its own, keyed by seed, step, purpose and block, so
that the same run comes out however the work is split over threads, and after a resume.
(Always four numbers: NumPy takes keys that differ only in zeros at the end for the same.)
"""

import numpy as np

BLOCK = 25  # images that share a generator
# purposes
ORDER, COINS, NOISE, VALID_COINS, VALID_NOISE, PICTURES, INIT, SCENES, CROPS = range(9)


def permutation(count, seed, epoch):
    """Order of the images in an epoch."""
    return np.random.default_rng([seed, epoch, ORDER, 0]).permutation(count)


def _blocks(start, stop, seed, step, purpose):
    """The keyed generators of images `start` to `stop` of a batch, and where they fall."""
    for block in range(start // BLOCK, -(-stop // BLOCK)):
        first = block * BLOCK
        inside = slice(max(start - first, 0), min(stop - first, BLOCK))
        outside = slice(first + inside.start - start, first + inside.stop - start)
        yield np.random.default_rng([seed, step, purpose, block]), inside, outside


def noise(shape, start, stop, dtype, seed, step, purpose):
    """N(0, 1) of shape (T, stop - start, Z) for images `start` to `stop` of a batch."""
    T, n, Z = shape[0], stop - start, shape[2]
    out = np.empty((T, n, Z), dtype)
    for rng, inside, outside in _blocks(start, stop, seed, step, purpose):
        out[:, outside] = rng.standard_normal((T, BLOCK, Z), dtype)[:, inside]
    return out


def binarize(means, start, stop, seed, step, purpose):
    """A coin per pixel that shows 1 with probability `means`; images already 0 or 1 stay."""
    out = np.empty_like(means)
    for rng, inside, outside in _blocks(start, stop, seed, step, purpose):
        coins = rng.random((BLOCK, *means.shape[1:]), dtype=np.float32)[inside]
        out[outside] = coins < means[outside]
    return out


def uniform(count, start, stop, seed, step, purpose):
    """Numbers in [0, 1), `count` for each of images `start` to `stop` of a batch."""
    out = np.empty((stop - start, count))
    for rng, inside, outside in _blocks(start, stop, seed, step, purpose):
        out[outside] = rng.random((BLOCK, count))[inside]
    return out


def crop(images, size, start, stop, seed, step):
    """A part of each image (n, C, B, A) at a random place, ``size`` (height, width).

    Images `start` to `stop` of a batch; every place inside is as likely as any other.  Images
    of that size come back as they are.
    """
    height, width = size
    places = images.shape[2] - height + 1, images.shape[3] - width + 1
    if places == (1, 1):
        return images
    out = np.empty((*images.shape[:2], height, width), images.dtype)
    for rng, inside, outside in _blocks(start, stop, seed, step, CROPS):
        corners = rng.integers(0, places, (BLOCK, 2))[inside]
        for k, (top, left) in enumerate(corners, outside.start):
            out[k] = images[k, :, top : top + height, left : left + width]
    return out
