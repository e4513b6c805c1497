"""All weights in one vector, with a named view of each, so that one update changes all."""

from typing import NamedTuple

import numpy as np


class FlatWeights(NamedTuple):
    vector: np.ndarray  # (P,)
    views: dict  # name to array, each a part of `vector`


def allocate_flat(shapes, dtype=np.float32, like=None):
    """Return zeros for every name in `shapes`, in an array of the kind of `like`."""
    sizes = [int(np.prod(shape)) for shape in shapes.values()]
    vector = np.zeros(sum(sizes), dtype, like=like)
    parts = np.split(vector, np.cumsum(sizes)[:-1].tolist())
    pairs = zip(shapes.items(), parts, strict=True)
    return FlatWeights(vector, {name: part.reshape(shape) for (name, shape), part in pairs})


def fill(target, arrays):
    """Copy named arrays into `target`."""
    for name, view in target.views.items():
        view[...] = np.asarray(arrays[name], like=view)
