"""Cluttered digits (section 4.1): a digit among eight pieces of others, on 100 x 100 pixels."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from minidraw.datasets.base import Dataset, Split
from minidraw.datasets.scenes import Scenes
from minidraw.datasets.sets.mnist import load_digits, load_mnist

SCENE_SIDE = 100  # pixels
PIECES = 8  # distractors per scene
PIECE_SIDE = 8  # pixels
NUMBERS_PER_SCENE = 2 + 5 * PIECES  # random numbers


def load_cluttered(data_dir=None):
    """Load scenes with MNIST's digits: 50,000 training, 10,000 validation, 10,000 test scenes.

    Each split uses only its own digits (`load_mnist`), and shows each digit whole in one scene.
    Indexing a split always returns the same scenes; training steps make new ones.

    Parameters
    ----------
    data_dir : path, optional
        Folder of MNIST's files; see `load_mnist`, also for errors.

    Returns
    -------
    Dataset
        Images `Scenes`, uint8 (n, 1, 100, 100).
    """
    return _build_dataset("cluttered", load_mnist(data_dir))


def load_cluttered_digits(data_dir=None):
    """Load scenes with the 5,000 bundled digits: 4,500 training and 500 validation scenes."""
    return _build_dataset("cluttered-digits", load_digits())


def _build_dataset(name, digits):
    settings = {"shape": (1, SCENE_SIDE, SCENE_SIDE), "numbers": NUMBERS_PER_SCENE}
    splits = {
        split: Split(Scenes(part.images, clutter, seed=seed, **settings), part.labels)
        for seed, (split, part) in enumerate(digits.splits.items(), start=1)
    }
    return Dataset(name, **splits)


def clutter(digits, rows, numbers):
    """Place each digit on black, among pieces of other digits.

    Parameters
    ----------
    digits : array of uint8, shape (n, 1, B, A)
        At least two; at most as large as a scene, at least as large as a piece.
    rows : array of int, shape (m,)
        Digits that are shown whole.
    numbers : array, shape (m, NUMBERS_PER_SCENE)
        Uniform in [0, 1): the digit's place (down, across); then, for every piece, the digit it
        is cut from, its place there (down, across) and its place in the scene (down, across).

    Returns
    -------
    scenes : array of uint8, shape (m, 1, SCENE_SIDE, SCENE_SIDE)
        Overlapping levels are added and clipped at 255.
    """
    m, (n, _, B, A) = len(rows), digits.shape
    side, piece = SCENE_SIDE, PIECE_SIDE
    places = (numbers[:, :2] * (side - B + 1, side - A + 1)).astype(int)
    choices = n - 1, B - piece + 1, A - piece + 1, side - piece + 1, side - piece + 1
    pieces = (numbers[:, 2:].reshape(m, PIECES, 5) * choices).astype(int)
    pieces[:, :, 0] = (rows[:, None] + 1 + pieces[:, :, 0]) % n  # any digit but the whole one
    scenes = np.zeros((m, side, side), np.uint16)  # room for nine times 255
    each = np.arange(m)
    _view_patches(scenes, (B, A))[each, *places.T] = digits[rows, 0]
    sources = _view_patches(digits[:, 0], (piece, piece))
    targets = _view_patches(scenes, (piece, piece))
    for other, y, x, down, across in pieces.transpose(1, 2, 0):  # one piece of every scene
        targets[each, down, across] += sources[other, y, x]
    return np.minimum(scenes, 255, out=scenes).astype(np.uint8)[:, None]


def _view_patches(images, shape):
    """Return views (n, top, left, *shape) of all patches of images (n, B, A)."""
    return sliding_window_view(images, shape, axis=(1, 2), writeable=images.flags.writeable)
