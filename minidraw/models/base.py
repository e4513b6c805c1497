"""What every model shares: a batch, a window, a film, and the start of its weights."""

from typing import NamedTuple

import numpy as np


class Batch(NamedTuple):
    images: np.ndarray  # (n, C, B, A), in [0, 1]
    labels: np.ndarray | None = None  # (n,), whole numbers


class Window(NamedTuple):
    """Attention windows of T steps, in pixels counted from 0."""

    center_x: np.ndarray  # (T, n)
    center_y: np.ndarray  # (T, n)
    stride: np.ndarray  # (T, n)
    var: np.ndarray  # (T, n)  pixels squared
    gamma: np.ndarray  # (T, n)


class Film(NamedTuple):
    """A painting from its first canvas to its last."""

    canvas: np.ndarray  # (T + 1, n, C, B, A), logits; canvas[0] is where it starts
    read_window: Window | None  # None without attention, or where nothing is read
    write_window: Window | None  # None without attention
    read_size: int  # filters per axis
    write_size: int


def init_weights(shapes, rng, dtype):
    """Weights with a deviation of 1 / sqrt(inputs); biases and starts at 0.

    Parameters
    ----------
    shapes : dict
        Name to shape; a name ending in ``.W`` is a matrix with its inputs first.
    rng : numpy.random.Generator
    dtype : dtype

    Returns
    -------
    params : dict of arrays
    """
    return {
        name: (rng.standard_normal(shape) / np.sqrt(shape[0])).astype(dtype)
        if name.endswith(".W")
        else np.zeros(shape, dtype)
        for name, shape in shapes.items()
    }
