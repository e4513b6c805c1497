"""What every data set looks like, and the few helpers that all loaders share."""

import zlib
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np

from minidraw.datasets.scenes import Scenes
from minidraw.errors import UserError

MAX_BYTES = 4 * 2**30
"""No single array larger than this is read, so that a hostile file can't fill the memory."""


@dataclass(frozen=True)
class Split:
    """Images for one purpose.

    ``images`` has shape (n, C, B, A) and is either uint8, where level k stands for k / 255, or
    float32 in [0, 1]; an array, or `Scenes`, which are made as they are indexed.  ``labels`` is
    int64 (n,), or None where the source has none.
    """

    images: np.ndarray | Scenes
    labels: np.ndarray | None = None

    def __len__(self):
        return len(self.images)

    def take(self, rows):
        """The split made of these rows, in this order."""
        return Split(self.images[rows], None if self.labels is None else self.labels[rows])

    @property
    def stored(self):
        """The arrays that the images are, or follow from."""
        return self.images.stored if isinstance(self.images, Scenes) else (self.images,)


@dataclass(frozen=True)
class Dataset:
    """Images to train on, to choose by and, where the source has one, to test on.

    ``binary`` says that the source itself is black and white: uint8 with levels 0 and 255 only.

    Training images may be larger than those of the other splits.  Then every visit to one sees
    a random part of it, as large as the others are (``training.draws.crop``).
    """

    name: str
    train: Split
    valid: Split
    test: Split | None = None
    binary: bool = False

    @property
    def image_shape(self):
        """Channels, height and width of what a network sees: (C, B, A)."""
        return self.valid.images.shape[1:]

    @property
    def middles(self):
        """Training images as large as the others: their middles if they are larger, else they."""
        images = self.train.images
        same = images.shape[1:] == self.image_shape  # and then they may be `Scenes`
        return images if same else middle(images, self.image_shape[1:])

    @property
    def mean_image(self):
        """Mean of all that visits to training images see, float64 (C, B, A), in [0, 1]."""
        images = self.train.images
        # a reduction with dtype converts in small buffers: no float copy of the whole set
        mean = images.mean(axis=0, dtype=np.float64)
        parts = np.lib.stride_tricks.sliding_window_view(mean, self.image_shape[1:], axis=(1, 2))
        mean = parts.mean(axis=(1, 2))  # over the places of a random part; often there is but one
        return mean / 255 if images.dtype == np.uint8 else mean

    def is_fresh(self, binarize="auto", paints=True):
        """Whether a coin is tossed for every grey level at every visit.

        Parameters
        ----------
        binarize : str
            ``fresh``, ``never``, or ``auto``: fresh for grey images that are to be painted, never
            for colour.
        paints : bool
            Whether the network paints: one that only looks needs no coins.
        """
        grey = self.image_shape[0] == 1
        auto = binarize == "auto" and grey and paints
        return not self.binary and (binarize == "fresh" or auto)

    def protocol(self, binarize="auto", paints=True):
        """What a likelihood compares with, in words; printed with every figure."""
        if self.binary:
            return f"{self.name}, fixed binarisation"
        if self.is_fresh(binarize, paints):
            return f"{self.name}, fresh binarisation"
        if not paints:
            return self.name
        return f"{self.name}, levels taken as means, no true compression cost"

    @property
    def checksum(self):
        """A number that tells these images and this split from others: 20 ms for MNIST."""
        parts = (*self.train.stored, *self.valid.stored)
        return reduce(lambda crc, part: zlib.crc32(np.ascontiguousarray(part), crc), parts, 0)

    @property
    def classes(self):
        """How many classes the labels tell apart, counted from 0; 0 where there are no labels."""
        labels = [split.labels for split in self.splits.values()]
        if any(part is None for part in labels):
            return 0
        if min(part.min() for part in labels) < 0:
            raise UserError(f"{self.name} has labels below 0: number the classes from 0")
        return 1 + max(int(part.max()) for part in labels)

    @property
    def splits(self):
        """The splits that exist, by name, in the order train, valid, test."""
        every = {"train": self.train, "valid": self.valid, "test": self.test}
        return {name: split for name, split in every.items() if split is not None}


def as_float(images, dtype=np.float32):
    """Stored images as values in [0, 1].

    Parameters
    ----------
    images : array
        Any part of ``Split.images``: uint8 levels or floats in [0, 1].
    dtype : dtype
        float32 for training, float64 for checks.

    Returns
    -------
    array of ``dtype``, shape of ``images``
        Always a fresh array.
    """
    if images.dtype == np.uint8:
        return np.divide(images, 255, dtype=dtype)
    return images.astype(dtype)


def middle(images, size):
    """The middle of images (n, C, B, A), ``size`` (height, width): a view.

    Where it can't be even, the part cut off above or at the left is the smaller by a pixel.
    """
    top, left = ((have - want) // 2 for have, want in zip(images.shape[2:], size, strict=True))
    return images[:, :, top : top + size[0], left : left + size[1]]


def fixed_order(n, seed):
    """The numbers 0 to n - 1 in an order that depends on the seed alone.

    NumPy promises the raw numbers of PCG64 for every version, but not what its ``permutation``
    makes of them.
    """
    return np.argsort(np.random.PCG64(seed).random_raw(n), kind="stable")


def hold_out(split, count, seed):
    """Part a split in two at random: the rest and ``count`` images, each in the old order."""
    held = np.zeros(len(split), dtype=bool)
    held[fixed_order(len(split), seed)[:count]] = True
    return split.take(~held), split.take(held)


def carried_path(name):
    """Path of a file that comes with the package, such as ``mnist_5k.npz``.

    Installed, these files lie in ``minidraw/data``; in a checkout, in ``data`` at its top.

    Raises
    ------
    UserError
        If there is no such file.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "data", package.parent / "data"):
        if (folder / name).is_file():
            return folder / name
    raise UserError(f"{name} is missing from {package / 'data'}: install minidraw again")
