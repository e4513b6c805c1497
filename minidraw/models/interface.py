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


class Scanpath(NamedTuple):
    """What a classifier saw of some images, and what it took them for."""

    images: np.ndarray  # (n, C, B, A)
    window: Window
    glimpses: np.ndarray  # (T, n, C, K, K)
    probabilities: np.ndarray  # (n, classes)
    read_size: int  # filters per axis


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


def standard_error(values):
    """Of the mean of independent values (n,); nan where there is only one."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan


def packed_weights(params, ops):
    """The weights with their matrices in the form that T products want."""
    return {n: ops.pack(value) if n.endswith(".W") else value for n, value in params.items()}


def apply_linear(params, name, x, ops):
    """The linear layer of that name, where no gradient's cache is wanted."""
    out, _ = ops.linear(x, params[f"{name}.W"], params[f"{name}.b"])
    return out
