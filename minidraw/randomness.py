"""Random numbers that don't depend on the number of threads, or on where a run was resumed.

Every block of 25 images has its own generator, keyed by seed, step, purpose and block.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

BLOCK_IMAGES = 25  # images that share a generator


class Purpose(IntEnum):
    """Purposes of random numbers; stored runs depend on these values."""

    ORDER = 0
    BINARIZATION = 1
    NOISE = 2
    VALIDATION_BINARIZATION = 3
    VALIDATION_NOISE = 4
    PICTURES = 5
    INITIAL_WEIGHTS = 6
    SCENES = 7
    CROPS = 8
    VALIDATION_SCENES = 9


def make_generator(seed, step, purpose, block=0):
    """Return the generator of a key.

    Every key has four numbers, because NumPy takes [1, 2] and [1, 2, 0] for the same key.
    """
    return np.random.default_rng([seed, step, int(purpose), block])


def epoch_order(count, seed, epoch):
    """Return the order of the `count` images in an epoch."""
    return make_generator(seed, epoch, Purpose.ORDER).permutation(count)


@dataclass(frozen=True)
class BatchRandom:
    """The random numbers of images `start` to `stop` of a batch, at one step of a run."""

    seed: int
    step: int
    start: int
    stop: int

    def noise(self, shape, dtype, purpose=Purpose.NOISE):
        """Return draws from N(0, 1) for these images, shape (T, stop - start, Z).

        `shape` comes from the model's `noise_shape`; if it is None, return None.
        """
        if shape is None:
            return None
        T, _, Z = shape
        out = np.empty((T, self.stop - self.start, Z), dtype)
        for rng, in_block, in_batch in self._blocks(purpose):
            out[:, in_batch] = rng.standard_normal((T, BLOCK_IMAGES, Z), dtype)[:, in_block]
        return out

    def binarize(self, means, purpose=Purpose.BINARIZATION):
        """Return a Bernoulli sample of every pixel; values of 0 and 1 don't change."""
        out = np.empty_like(means)
        for rng, in_block, in_batch in self._blocks(purpose):
            uniform = rng.random((BLOCK_IMAGES, *means.shape[1:]), dtype=np.float32)[in_block]
            out[in_batch] = uniform < means[in_batch]
        return out

    def uniform(self, count, purpose):
        """Return `count` numbers in [0, 1) for each of these images."""
        out = np.empty((self.stop - self.start, count))
        for rng, in_block, in_batch in self._blocks(purpose):
            out[in_batch] = rng.random((BLOCK_IMAGES, count))[in_block]
        return out

    def crop(self, images, size):
        """Return a random crop (height, width) of each image (n, C, B, A).

        All positions are equally likely.  Images of exactly that size are returned unchanged.
        """
        height, width = size
        places = images.shape[2] - height + 1, images.shape[3] - width + 1
        if places == (1, 1):
            return images
        out = np.empty((*images.shape[:2], height, width), images.dtype)
        for rng, in_block, in_batch in self._blocks(Purpose.CROPS):
            corners = rng.integers(0, places, (BLOCK_IMAGES, 2))[in_block]
            for k, (top, left) in enumerate(corners, in_batch.start):
                out[k] = images[k, :, top : top + height, left : left + width]
        return out

    def _blocks(self, purpose):
        """Yield each block's generator, and the images' places in the block and in the batch."""
        for block in range(self.start // BLOCK_IMAGES, -(-self.stop // BLOCK_IMAGES)):
            first = block * BLOCK_IMAGES
            in_block = slice(max(self.start - first, 0), min(self.stop - first, BLOCK_IMAGES))
            offset = first - self.start
            in_batch = slice(in_block.start + offset, in_block.stop + offset)
            yield make_generator(self.seed, self.step, purpose, block), in_block, in_batch
