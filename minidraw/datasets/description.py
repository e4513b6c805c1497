"""`describe` lists facts and warnings to read before training on a data set."""

from typing import NamedTuple

import numpy as np

LIGHT_BACKGROUND = 0.75
ADVISED_IMAGES = 1000  # fewer draw a warning
MAX_CLASSES_NAMED = 5
RANGE_CHUNK = 1000  # images read at once


class Description(NamedTuple):
    rows: list  # of (heading, text), in the order to show them
    warnings: list  # of one-line texts, often empty


def describe(dataset, paints=True):
    """Describe the counts, size, range and handling of a data set for the command line.

    ``paints`` is as in `Dataset.binarizes_dynamically`.
    """
    channels, height, width = dataset.image_shape
    splits = dataset.splits
    counts = [f"{len(split):,} {name}" for name, split in splits.items()]
    size = f"{width} x {height} pixels (width x height)"
    stored_height, stored_width = dataset.train.images.shape[2:]
    if (stored_height, stored_width) != (height, width):
        size += f", a random crop of {stored_width} x {stored_height} at every visit"
    megabytes = sum(a.nbytes for split in splits.values() for a in split.source_arrays) / 1e6
    rows = [
        ("images", ", ".join(counts)),
        ("size", size),
        ("channels", "1 (grey)" if channels == 1 else f"{channels} (colour)"),
        ("range", _describe_range(dataset.train.images)),
        ("memory", f"{megabytes:,.1f} MB"),
        ("protocol", dataset.protocol("auto", paints)),
    ]
    if dataset.classes:
        rows.insert(1, ("labels", _describe_classes(dataset)))
    return Description(rows, [*dataset.notes, *_list_warnings(dataset)])


def _describe_classes(dataset):
    names = [str(name) for name in dataset.class_names[:MAX_CLASSES_NAMED]]
    more = ", ..." if len(dataset.class_names) > MAX_CLASSES_NAMED else ""
    named = f" ({', '.join(names)}{more})" if names else ""
    return f"{dataset.classes} classes{named}, which only a classifier uses"


def _describe_range(images):
    chunks = [images[start : start + RANGE_CHUNK] for start in range(0, len(images), RANGE_CHUNK)]
    low, high = min(chunk.min() for chunk in chunks), max(chunk.max() for chunk in chunks)
    if images.dtype == np.uint8:
        return f"{low} to {high} of 255"
    return f"{low:.3g} to {high:.3g} of 1"


def _list_warnings(dataset):
    warnings, n = [], len(dataset.train)
    if dataset.background >= LIGHT_BACKGROUND:
        warnings.append(
            f"the pictures are light at their edges ({dataset.background:.2f} of 1). If they show "
            "dark ink on white paper, add --invert (if you gave it, leave it out)."
        )
    if n < ADVISED_IMAGES:
        warnings.append(
            f"only {n:,} training images: the network will overfit. Watch the validation cost, and "
            f"use {ADVISED_IMAGES:,} images or more if you can."
        )
    return warnings
