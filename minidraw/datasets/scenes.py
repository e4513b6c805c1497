"""`Scenes`: images made from other images when indexed, so that memory never holds them all."""

import copy

import numpy as np

MEAN_SCENES = 1000  # enough scenes to estimate the mean of all


class Scenes:
    """Stand-in for an array of images (n, C, B, A) that makes each scene when it is indexed.

    Indexing scene k always gives the same image; `sample_new` makes new ones, for training.

    Parameters
    ----------
    sources : array of uint8, shape (n, ...)
        Images to compose scenes from; scene k shows source k, among others.
    make : callable
        ``make(sources, rows, numbers)`` returns the scenes `rows`, uint8 (m, C, B, A), made from
        uniform random numbers in [0, 1), shape (m, numbers).
    shape : (C, B, A)
        Shape of a scene.
    numbers : int
        Random numbers per scene.
    seed : int
        Seed of the scenes that indexing returns; each split has its own.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, sources, make, *, shape, numbers, seed):
        self.sources, self.make, self.numbers = sources, make, numbers
        self.shape = len(sources), *shape
        # the floats of `Generator.random`, which NumPy doesn't guarantee; the raw numbers it does
        raw = np.random.PCG64(seed).random_raw(len(sources) * numbers)
        self.fixed_numbers = (raw >> np.uint64(11)).reshape(len(sources), numbers) * 2.0**-53

    def __len__(self):
        return len(self.sources)

    def __getitem__(self, rows):
        """Return the scenes of a slice or an array of rows, or the scene of a single row."""
        chosen = np.arange(len(self))[rows]
        if chosen.ndim == 0:
            return self[[rows]][0]
        return self.make(self.sources, chosen, self.fixed_numbers[chosen])

    def __array__(self, dtype=None, copy=None):
        return self[:].astype(dtype or self.dtype, copy=False)

    def sample_new(self, rows, numbers):
        """Make new versions of the scenes `rows` from random numbers, shape (m, numbers)."""
        return self.make(self.sources, rows, numbers)

    def join(self, other):
        """Return the scenes of these sources and then of the other's."""
        both = copy.copy(self)
        both.sources = np.concatenate([self.sources, other.sources])
        both.fixed_numbers = np.concatenate([self.fixed_numbers, other.fixed_numbers])
        both.shape = len(both.sources), *self.shape[1:]
        return both

    def mean(self, axis, dtype):
        """Return the mean of the first thousand scenes."""
        return self[:MEAN_SCENES].mean(axis=axis, dtype=dtype)

    @property
    def source_arrays(self):
        """Arrays in memory that determine all scenes."""
        return self.sources, self.fixed_numbers
