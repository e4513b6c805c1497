"""Images that are made of others when they are asked for, so that no set of them is ever held."""

import numpy as np

SAMPLE = 1000  # scenes that speak for all where a mean is wanted


class Scenes:
    """Stands where an array of images (n, C, B, A) would, and makes those that are indexed.

    Scene k is always made of the same random numbers, and so always the same; `anew` makes it
    of others, for training.

    Parameters
    ----------
    sources : array of uint8, shape (n, ...)
        What the scenes are made of; scene k shows source k, whatever else is in it.
    make : callable
        ``make(sources, rows, numbers)`` returns scenes of these rows, uint8 (m, C, B, A), from
        uniform random numbers in [0, 1), shape (m, numbers).
    shape : (C, B, A)
        Of a scene.
    numbers : int
        Random numbers that a scene takes.
    key : int
        Of the scenes that stay the same; each split has its own.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, sources, make, *, shape, numbers, key):
        self.sources, self.make, self.numbers = sources, make, numbers
        self.shape = len(sources), *shape
        # The floats that `random` would give; but only the raw numbers are promised for ever.
        raw = np.random.PCG64(key).random_raw(len(sources) * numbers)
        self.fixed = (raw >> np.uint64(11)).reshape(len(sources), numbers) * 2.0**-53

    def __len__(self):
        return len(self.sources)

    def __getitem__(self, rows):
        """The scenes of a slice or of an array of row numbers; the scene of a single one."""
        chosen = np.arange(len(self))[rows]
        if chosen.ndim == 0:
            return self[[rows]][0]
        return self.make(self.sources, chosen, self.fixed[chosen])

    def __array__(self, dtype=None, copy=None):
        """All of them at once, for NumPy's functions."""
        return self[:].astype(dtype or self.dtype, copy=False)

    def anew(self, rows, numbers):
        """Scenes of these rows made of other random numbers, shape (m, numbers)."""
        return self.make(self.sources, rows, numbers)

    def mean(self, axis, dtype):
        """Mean of the first thousand scenes."""
        return self[:SAMPLE].mean(axis=axis, dtype=dtype)

    @property
    def stored(self):
        """The arrays that all scenes follow from."""
        return self.sources, self.fixed
