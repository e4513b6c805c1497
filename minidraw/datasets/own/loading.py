"""The user's own pictures: an array file or a folder of PNG and JPEG files."""

from pathlib import Path

import numpy as np

from minidraw.datasets.base import Dataset, Split, hold_out, middle
from minidraw.datasets.own.arrays import as_images, image_shape
from minidraw.datasets.own.pictures import fit_images, read_folder
from minidraw.datasets.own.ragged import NAMES as RAGGED_NAMES
from minidraw.datasets.own.ragged import fit_ragged
from minidraw.datasets.readers.arrays import (
    npz_headers,
    one_line,
    one_line_errors,
    read_idx,
    read_npy,
    read_npz,
)
from minidraw.errors import UserError

IMAGE_NAMES = ("images", "x_train")
LABEL_NAMES = ("labels", "y", "y_train")
SINGLE_PICTURES = (b"\x89P", b"\xff\xd8", b"GI", b"BM")


def own_pictures(path, *, size=None, stretch=False, invert=False, crop=None, valid=None, seed=0):
    """Load a file or a folder of one's own; parameters and errors as ``load``."""
    path = Path(path)
    size, crop = _checked_size(size), _checked_size(crop, "crop")
    if path.is_dir():
        whole = Split(read_folder(path, size, invert, stretch))
    else:
        images, labels = _read_file(path, size, stretch)
        whole = Split(fit_images(as_images(images, path), size, invert, stretch), labels)
    return _divided(whole, path.resolve().name, valid, seed, crop)


def from_array(array, labels=None, *, valid=None, seed=0, name="array"):
    """A data set made of an array of pictures, as in an .npy file.

    Parameters
    ----------
    array : array
        Shape (n, B, A), (n, C, B, A), (n, B, A, C) or (n, B * B), C 1 or 3; levels of 0 to 255
        or values in [0, 1].
    labels : array of int, shape (n,), optional
        Classes, counted from 0.
    valid, seed
        As in `load`.
    name : str
        What to call it.

    Returns
    -------
    Dataset
    """
    images = as_images(np.asarray(array), name)
    _check_count(labels, len(images), name)
    return _divided(Split(images, labels), name, valid, seed)


def _divided(whole, name, valid, seed, crop=None):
    """The data set in which some of these pictures are held out for validation."""
    if len(whole) < 2:
        raise UserError(f"{name} holds one picture; at least 2 are needed, better 1,000")
    train, held = hold_out(whole, _held_count(len(whole), valid), seed)
    images = whole.images
    if crop is not None:
        if any(part > all_of for part, all_of in zip(crop, images.shape[2:], strict=True)):
            height, width = images.shape[2:]
            raise UserError(f"crop {crop[1]}x{crop[0]} is larger than {name}'s {width}x{height}")
        held = Split(middle(held.images, crop), held.labels)
    binary = images.dtype == np.uint8 and bool(((images == 0) | (images == 255)).all())
    return Dataset(name, train, held, binary=binary)


def _read_file(path, size, stretch):
    """Pictures and labels (or None) of a file whose kind is told from its first bytes."""
    with one_line_errors(path), open(path, "rb") as file:
        magic = file.read(2)
    if magic == b"PK":
        return _read_npz(path, size, stretch)
    if magic == b"\x93N":
        return read_npy(path), None
    if magic in (b"\x1f\x8b", b"\0\0"):
        return read_idx(path), None
    if magic in SINGLE_PICTURES:
        raise UserError(f"{path} is a single picture: give a folder of PNG or JPEG files")
    raise UserError(f"{path} is no .npz, .npy or idx file, and no folder of PNG or JPEG files")


def _read_npz(path, size, stretch):
    """The array called images or x_train, else the first that can be pictures; its labels."""
    headers = npz_headers(path)
    if set(RAGGED_NAMES) <= set(headers):
        parts = [read_npz(path, name) for name in RAGGED_NAMES]
        with one_line_errors(path):
            images = fit_ragged(*parts, size, stretch)
        return images, _read_labels(path, headers, len(images))
    names = [name for name in IMAGE_NAMES if name in headers]
    names += [
        name
        for name, (shape, dtype) in headers.items()
        if name not in LABEL_NAMES and image_shape(shape) and dtype.kind in "buif"
    ]
    if not names:
        found = one_line(", ".join(f"{name} {shape}" for name, (shape, _) in headers.items()))
        raise UserError(f"{path} holds no pictures (n, B, A); its arrays: {found or 'none'}")
    images = read_npz(path, names[0])
    return images, _read_labels(path, headers, len(images))


def _read_labels(path, headers, count):
    """The whole numbers called labels, y or y_train, (n,) or (n, 1), or None."""
    for name in LABEL_NAMES:
        shape, dtype = headers.get(name, ((), None))
        if shape[1:] in ((), (1,)) and len(shape) and dtype.kind in "ui":
            labels = read_npz(path, name).astype(np.int64).ravel()
            _check_count(labels, count, path)
            return labels
    return None


def _check_count(labels, count, name):
    if labels is not None and np.shape(labels) != (count,):
        said = f"{len(labels):,} labels" if np.ndim(labels) == 1 else "labels of another shape"
        raise UserError(f"{name}: {said} for {count:,} pictures")


def _checked_size(size, name="size"):
    """The size as (B, A), or None."""
    if size is None:
        return None
    pair = (size, size) if np.ndim(size) == 0 else tuple(size)
    if len(pair) != 2 or not all(isinstance(s, int | np.integer) and 1 <= s for s in pair):
        raise UserError(f"{name} must be a whole number of pixels or (height, width), not {size!r}")
    return int(pair[0]), int(pair[1])


def _held_count(n, valid):
    """How many of n pictures to hold out for validation."""
    if valid is None:
        return max(1, round(n / 10))
    count = max(1, round(valid * n)) if 0 < valid < 1 else valid
    if not 1 <= count < n or count != int(count):
        raise UserError(
            f"valid must be a part between 0 and 1 or a count from 1 to {n - 1:,}, not {valid}"
        )
    return int(count)
