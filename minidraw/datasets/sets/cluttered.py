"""Cluttered digits (section 4.1): a whole digit among pieces of eight others on 100 x 100."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from minidraw.datasets.base import Dataset, Split
from minidraw.datasets.scenes import Scenes
from minidraw.datasets.sets.mnist import load_digits, load_mnist

SIZE = 100  # pixels of a side
PIECES, PIECE = 8, 8  # distractors of a scene, and pixels of a side of each
NUMBERS = 2 + 5 * PIECES  # random numbers of a scene


def load_cluttered(data_dir=None):
    """Scenes with MNIST's digits: 50,000 to train on, 10,000 for validation, 10,000 for tests.

    Each split's scenes are made of that split's digits alone (`load_mnist`), each of them whole
    in one scene.  Indexed, a split gives the same scenes for ever; a training step makes new ones.

    Parameters
    ----------
    data_dir : path, optional
        Where MNIST's files are; see `load_mnist`, whose errors these are too.

    Returns
    -------
    Dataset
        Images `Scenes`, uint8 (n, 1, 100, 100).
    """
    return _scenes("cluttered", load_mnist(data_dir))


def load_cluttered_digits(data_dir=None):
    """The same of the 5,000 digits that come along: 4,500 to train on, 500 for validation."""
    return _scenes("cluttered-digits", load_digits())


def _scenes(name, digits):
    settings = {"shape": (1, SIZE, SIZE), "numbers": NUMBERS}
    splits = {
        split: Split(Scenes(part.images, clutter, key=key, **settings), part.labels)
        for key, (split, part) in enumerate(digits.splits.items(), start=1)
    }
    return Dataset(name, **splits)


def clutter(digits, rows, numbers):
    """Lay digits out on black, each among pieces of others.

    Parameters
    ----------
    digits : array of uint8, shape (n, 1, B, A)
        At least two; at most as large as a scene, at least as large as a piece.
    rows : array of int, shape (m,)
        Which of them are shown whole.
    numbers : array, shape (m, NUMBERS)
        Uniform in [0, 1): where the digit lies (down, across); then for every piece which other
        digit it is cut from, where it is cut, and where it lies.

    Returns
    -------
    scenes : array of uint8, shape (m, 1, SIZE, SIZE)
        What overlaps is added, and clipped at 255.
    """
    m, (n, _, B, A) = len(rows), digits.shape
    places = (numbers[:, :2] * (SIZE - B + 1, SIZE - A + 1)).astype(int)
    choices = n - 1, B - PIECE + 1, A - PIECE + 1, SIZE - PIECE + 1, SIZE - PIECE + 1
    pieces = (numbers[:, 2:].reshape(m, PIECES, 5) * choices).astype(int)
    pieces[:, :, 0] = (rows[:, None] + 1 + pieces[:, :, 0]) % n  # any digit but the whole one
    scenes, each = np.zeros((m, SIZE, SIZE), np.uint16), np.arange(m)  # room for nine times 255
    _parts(scenes, (B, A))[each, *places.T] = digits[rows, 0]
    cuts, spots = _parts(digits[:, 0], (PIECE, PIECE)), _parts(scenes, (PIECE, PIECE))
    for other, y, x, down, across in pieces.transpose(1, 2, 0):  # one piece of every scene
        spots[each, down, across] += cuts[other, y, x]
    return np.minimum(scenes, 255, out=scenes).astype(np.uint8)[:, None]


def _parts(images, shape):
    """Views (n, top, left, *shape) of all parts of that shape of images (n, B, A)."""
    return sliding_window_view(images, shape, axis=(1, 2), writeable=images.flags.writeable)
