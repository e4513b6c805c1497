"""`Dataset` and `Split`, the records that every loader returns, and the helpers loaders share."""

import zlib
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import numpy as np

from minidraw.datasets.scenes import Scenes
from minidraw.errors import UserError


@dataclass(frozen=True)
class Split:
    """Images for one purpose: training, validation or test.

    ``images`` has shape (n, C, B, A) and is either uint8, where level k stands for k / 255, or
    float32 in [0, 1]: an array, or `Scenes`, which are made when they are indexed.  ``labels`` is
    int64 (n,), or None if the source has none.
    """

    images: np.ndarray | Scenes
    labels: np.ndarray | None = None

    def __len__(self):
        return len(self.images)

    def take(self, rows):
        """Return a split of the images `rows`, in that order."""
        return Split(self.images[rows], self.labels[rows] if self.labels is not None else None)

    def join(self, other):
        """Return a split of these images and then the other's."""
        first, second = self.images, other.images
        scenes = isinstance(first, Scenes)
        images = first.join(second) if scenes else np.concatenate([first, second])
        labels = None if self.labels is None else np.concatenate([self.labels, other.labels])
        return Split(images, labels)

    @property
    def source_arrays(self):
        """Arrays in memory that determine the images."""
        return self.images.source_arrays if isinstance(self.images, Scenes) else (self.images,)


@dataclass(frozen=True)
class Dataset:
    """Training and validation images and, if the source has them, test images.

    ``binary`` is True if the source is black and white: uint8 with levels 0 and 255 only.

    Training images may be larger than those of the other splits.  Each time one is used, it is
    then cropped at random to the size of the others.

    ``class_names`` says what class 0, 1, ... is called, and is empty if the labels are counted from
    0.  ``notes`` are lines on what the loader found and left out.
    """

    name: str
    train: Split
    valid: Split
    test: Split | None = None
    binary: bool = False
    class_names: tuple = ()
    notes: tuple = ()

    @property
    def image_shape(self):
        """Channels, height and width of the images that a network sees: (C, B, A)."""
        return self.valid.images.shape[1:]

    @property
    def splits(self):
        """The splits that exist, by name, in the order train, valid, test."""
        splits = {"train": self.train, "valid": self.valid, "test": self.test}
        return {name: split for name, split in splits.items() if split is not None}

    @property
    def classes(self):
        """Number of classes, one more than the largest label; 0 without labels to train on."""
        if self.train.labels is None or self.valid.labels is None:
            return 0
        labels = [part.labels for part in self.splits.values() if part.labels is not None]
        if min(part.min() for part in labels) < 0:
            raise UserError(f"{self.name} has labels below 0. Number the classes from 0.")
        return 1 + max(int(part.max()) for part in labels)

    def train_on_all(self):
        """Return the data set with the validation images among the training images too."""
        if self.train.images.shape[1:] != self.image_shape:
            raise UserError(f"{self.name} has larger training images: leave out train_on")
        name = f"{self.name}, learned from the validation images too"
        return replace(self, name=name, train=self.train.join(self.valid))

    @property
    def central_crops(self):
        """Training images; larger ones are cut to the size of the other splits."""
        images = self.train.images
        if images.shape[1:] == self.image_shape:
            return images  # perhaps `Scenes`, which can't be cut
        return central_crop(images, self.image_shape[1:])

    @property
    def mean_image(self):
        """Mean of the training images after cropping, float64 (C, B, A), in [0, 1]."""
        images = self.train.images
        # a reduction with dtype converts in small buffers: no float copy of the whole set
        mean = images.mean(axis=0, dtype=np.float64)
        crops = np.lib.stride_tricks.sliding_window_view(mean, self.image_shape[1:], axis=(1, 2))
        mean = crops.mean(axis=(1, 2))  # over all places of a random crop
        return mean / 255 if images.dtype == np.uint8 else mean

    @property
    def background(self):
        """Mean level of the training images' edges, from 0 (dark) to 1 (light)."""
        return float(take_edge(self.mean_image).mean())

    @property
    def checksum(self):
        """Number that identifies these images and this split; takes 20 ms for MNIST."""
        parts = (*self.train.source_arrays, *self.valid.source_arrays)
        return reduce(lambda crc, part: zlib.crc32(np.ascontiguousarray(part), crc), parts, 0)

    def binarizes_dynamically(self, binarize="auto", paints=True):
        """Return whether images are binarised anew each time they are used.

        Parameters
        ----------
        binarize : str
            ``fresh`` (always), ``never``, or ``auto``: only grey images that a network paints.
            Black and white images never are.
        paints : bool
            True for networks that paint, False for classifiers.
        """
        auto = binarize == "auto" and self.image_shape[0] == 1 and paints
        return not self.binary and (binarize == "fresh" or auto)

    def protocol(self, binarize="auto", paints=True):
        """Return a description of how pixels are treated, printed with every result."""
        if self.binary:
            return f"{self.name}, static binarisation"
        if self.binarizes_dynamically(binarize, paints):
            return f"{self.name}, dynamic binarisation"
        if not paints:
            return self.name
        return f"{self.name}, grey levels as probabilities; not a compression cost"


def as_float(images, dtype=np.float32):
    """Convert stored images to values in [0, 1].

    Parameters
    ----------
    images : array
        Any part of ``Split.images``: uint8 levels or floats in [0, 1].
    dtype : dtype
        float32 for training, float64 for checks.

    Returns
    -------
    array of ``dtype``, shape of ``images``
        Always a new array.
    """
    if images.dtype == np.uint8:
        return np.divide(images, 255, dtype=dtype)
    return images.astype(dtype)


def central_crop(images, size):
    """Return a view of the middle of images (n, C, B, A); ``size`` is (height, width).

    If the margins can't be equal, the top or left one is a pixel smaller.
    """
    top, left = ((have - want) // 2 for have, want in zip(images.shape[2:], size, strict=True))
    return images[:, :, top : top + size[0], left : left + size[1]]


def take_edge(images):
    """Return the outermost pixels of images (..., B, A), as a flat array."""
    sides = images[..., 0, :], images[..., -1, :], images[..., 1:-1, 0], images[..., 1:-1, -1]
    return np.concatenate([side.ravel() for side in sides])


def hold_out(split, count, seed):
    """Hold out ``count`` random images: return the rest and them, both in the old order."""
    held = np.zeros(len(split), dtype=bool)
    held[seeded_permutation(len(split), seed)[:count]] = True
    return split.take(~held), split.take(held)


def seeded_permutation(n, seed):
    """Return a permutation of 0 to n - 1 that depends only on n and the seed.

    NumPy guarantees that PCG64's raw numbers never change, but not its ``permutation``.
    """
    return np.argsort(np.random.PCG64(seed).random_raw(n), kind="stable")


def bundled_path(name):
    """Return the path of a file bundled with the package, such as ``mnist_5k.npz``.

    An installed package keeps them in ``minidraw/data``, a checkout in its folder ``data``.

    Raises
    ------
    UserError
        If there is no such file.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "data", package.parent / "data"):
        if (folder / name).is_file():
            return folder / name
    raise UserError(f"{name} is missing from {package / 'data'}. Install minidraw again.")
