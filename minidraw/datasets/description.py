"""What there is to say about a data set before training on it."""

from typing import NamedTuple

import numpy as np

FEW = 1000


class Description(NamedTuple):
    rows: list  # of (what, text), in the order to show them
    warnings: list  # of one-line texts, often empty


def describe(dataset, paints=True):
    """Counts, size, range and handling of a data set, in words for the command line.

    Parameters
    ----------
    dataset : Dataset
    paints : bool
        Whether it is for a network that paints; see `Dataset.is_fresh`.

    Returns
    -------
    Description
        ``rows`` of (what, text) and ``warnings``.
    """
    channels, height, width = dataset.image_shape
    splits = dataset.splits
    counts = [f"{len(split):,} {name}" for name, split in splits.items()]
    size = f"{width} x {height} pixels (width x height)"
    stored_height, stored_width = dataset.train.images.shape[2:]
    if (stored_height, stored_width) != (height, width):
        size += f", at every visit a random part of {stored_width} x {stored_height}"
    megabytes = sum(part.nbytes for split in splits.values() for part in split.stored) / 1e6
    rows = [
        ("images", ", ".join(counts)),
        ("size", size),
        ("channels", "1 (grey)" if channels == 1 else f"{channels} (colour)"),
        ("range", _range(dataset.train.images)),
        ("memory", f"{megabytes:,.1f} MB"),
        ("protocol", dataset.protocol("auto", paints)),
    ]
    return Description(rows, _warnings(len(dataset.train)))


def _range(images):
    parts = [images[start : start + FEW] for start in range(0, len(images), FEW)]
    low, high = min(part.min() for part in parts), max(part.max() for part in parts)
    if images.dtype == np.uint8:
        return f"{low} to {high} of 255"
    return f"{low:.3g} to {high:.3g} of 1"


def _warnings(n):
    if n >= FEW:
        return []
    return [
        f"few images: the network will learn these {n:,} by heart instead of what they have in "
        f"common; watch the validation cost, and use {FEW:,} or more if you can"
    ]
