"""`Batches`: the images of each training step, their order, crops, binarisation and noise."""

from functools import lru_cache

import numpy as np

from minidraw.datasets import Scenes, as_float
from minidraw.models.interface import Batch
from minidraw.randomness import BatchRandom, Purpose, epoch_order


class Batches:
    """A data set as a sequence of batches, the same for every number of threads.

    Parameters
    ----------
    data : Dataset
    size : int
        Images per batch.
    binarize : bool
        Whether grey levels are binarised anew in every epoch.
    seed : int
    shift : int
        Pixels by which images are moved at random, across and down.
    """

    def __init__(self, data, size, *, binarize, seed, shift=0):
        self.data, self.size = data, size
        self.binarize, self.seed, self.shift = binarize, seed, shift
        self._order = lru_cache(1)(lambda epoch: epoch_order(len(data.train), seed, epoch))

    def rows(self, step):
        """Return the row numbers of a step's images; an epoch leaves out its incomplete batch."""
        epoch, place = divmod(step, len(self.data.train) // self.size)
        return self._order(epoch)[place * self.size :][: self.size]

    def shard(self, step, start, stop):
        """Return images `start` to `stop` of a step's batch, as float32, with their labels."""
        rows, train = self.rows(step)[start:stop], self.data.train
        random = BatchRandom(self.seed, step, start, stop)
        if isinstance(train.images, Scenes):  # new scenes at every step
            numbers = random.uniform(train.images.numbers, Purpose.SCENES)
            images = train.images.sample_new(rows, numbers)
        else:
            images = train.images[rows]
        if self.shift:  # a shifted image is a crop of one with wider edges
            around = (self.shift, self.shift)
            images = np.pad(images, ((0, 0), (0, 0), around, around), "edge")
        x = as_float(random.crop(images, self.data.image_shape[1:]))
        if self.binarize:
            x = random.binarize(x)
        return Batch(x, None if train.labels is None else train.labels[rows])

    def noise(self, step, start, stop, shape, dtype):
        """Return the images' noise, of the model's `noise_shape`; None if that is None."""
        return BatchRandom(self.seed, step, start, stop).noise(shape, dtype)
