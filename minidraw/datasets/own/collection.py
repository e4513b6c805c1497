"""`load_own_pictures` loads the user's array file or folder of PNG and JPEG files."""

from pathlib import Path

import numpy as np

from minidraw.datasets.base import Dataset, Split, central_crop, hold_out
from minidraw.datasets.own.arrays import as_images, infer_image_shape
from minidraw.datasets.own.pictures import fit_images, read_folder
from minidraw.datasets.own.ragged import RAGGED_ARRAYS, fit_ragged
from minidraw.datasets.readers.array_files import (
    one_line_errors,
    read_idx,
    read_npy,
    read_npz,
    read_npz_headers,
    to_one_line,
)
from minidraw.errors import UserError
from minidraw.regular_files import open_regular

IMAGE_NAMES = ("images", "x_train")
LABEL_NAMES = ("labels", "y", "y_train")
PICTURE_MAGIC = (b"\x89P", b"\xff\xd8", b"GI", b"BM")  # first bytes of PNG, JPEG, GIF, BMP


def load_own_pictures(
    path, *, size=None, stretch=False, invert=False, crop=None, valid=None, seed=0
):
    """Load your own file or folder of pictures; parameters and errors are those of ``load``."""
    path, size, crop = Path(path), _parse_size(size, "size"), _parse_size(crop, "crop")
    if path.is_dir():
        whole = Split(read_folder(path, size, invert, stretch))
    else:
        images, labels = _read_file(path, size, stretch)
        whole = Split(fit_images(as_images(images, path), size, invert, stretch), labels)
    return _build_dataset(whole, path.resolve().name, valid, seed, crop)


def from_array(array, labels=None, *, valid=None, seed=0, name="array"):
    """Make a data set from an array of pictures.

    Parameters
    ----------
    array : array
        Shape (n, B, A), (n, C, B, A), (n, B, A, C) or (n, B * B), where C is 1 or 3; values from
        0 to 255 or from 0 to 1.
    labels : array of int, shape (n,), optional
        Classes, counted from 0.
    valid, seed
        As in `load`.
    name : str
        Name of the data set.

    Returns
    -------
    Dataset
    """
    images = as_images(array, name)
    if labels is not None:
        _check_label_count(np.shape(labels), len(images), name)
    return _build_dataset(Split(images, labels), name, valid, seed)


def _parse_size(size, name):
    """Return the size as (B, A), or None."""
    if size is None:
        return None
    pair = (size, size) if np.ndim(size) == 0 else tuple(size)
    if len(pair) != 2 or not all(isinstance(s, int | np.integer) and 1 <= s for s in pair):
        raise UserError(f"{name} is {size!r}; expected a number of pixels or (height, width)")
    return int(pair[0]), int(pair[1])


def _read_file(path, size, stretch):
    """Return a file's pictures and labels (or None); its first bytes tell its format."""
    with one_line_errors(path), open_regular(path) as file:
        magic = file.read(2)
    if magic == b"PK":
        return _read_npz(path, size, stretch)
    if magic == b"\x93N":
        return read_npy(path), None
    if magic in (b"\x1f\x8b", b"\0\0"):
        return read_idx(path), None
    found = "a single picture" if magic in PICTURE_MAGIC else "unknown file format"
    raise UserError(
        f"{path}: {found}; expected a .npz, .npy or idx file or a folder of PNG or JPEG files"
    )


def _read_npz(path, size, stretch):
    """Return the array called images or x_train, else the first that fits, and its labels."""
    headers = read_npz_headers(path)
    if set(RAGGED_ARRAYS) <= set(headers):
        arrays = [read_npz(path, name) for name in RAGGED_ARRAYS]
        with one_line_errors(path):
            images = fit_ragged(*arrays, size, stretch)
        return images[:, None], _read_labels(path, headers, len(images))
    names = [name for name in IMAGE_NAMES if name in headers]
    names += [
        name
        for name, (shape, dtype) in headers.items()
        if name not in LABEL_NAMES and infer_image_shape(shape) and dtype.kind in "buif"
    ]
    if not names:
        found = to_one_line(", ".join(f"{name} {shape}" for name, (shape, _) in headers.items()))
        raise UserError(
            f"{path}: no array holds pictures (found {found or 'none'}); "
            "expected shape (n, B, A). Name the array images."
        )
    images = read_npz(path, names[0])
    return images, _read_labels(path, headers, len(images))


def _read_labels(path, headers, count):
    """Return the integers called labels, y or y_train, shape (n,) or (n, 1); None if missing."""
    for name in LABEL_NAMES:
        shape, dtype = headers.get(name, ((), None))
        if shape[1:] in ((), (1,)) and len(shape) and dtype.kind in "ui":
            _check_label_count(shape[:1], count, path)  # before they are read
            return read_npz(path, name).astype(np.int64).ravel()
    return None


def _check_label_count(shape, count, name):
    if shape != (count,):
        raise UserError(f"{name}: labels have shape {shape}; expected ({count},), one per picture")


def _build_dataset(whole, name, valid, seed, crop=None):
    """Hold out some pictures for validation."""
    if len(whole) < 2:
        raise UserError(f"{name} holds one picture; expected at least 2, ideally 1,000 or more")
    images = whole.images
    train, held = hold_out(whole, _count_validation(len(whole), valid), seed)
    if crop is not None:
        height, width = images.shape[2:]
        if crop[0] > height or crop[1] > width:
            found = f"crop {crop[1]}x{crop[0]} is larger than {name}'s {width}x{height} pictures"
            raise UserError(f"{found}. Choose a smaller one.")
        held = Split(central_crop(held.images, crop), held.labels)
    binary = images.dtype == np.uint8 and bool(((images == 0) | (images == 255)).all())
    return Dataset(name, train, held, binary=binary)


def _count_validation(n, valid):
    """Return how many of n pictures to hold out for validation."""
    if valid is None:
        return max(1, round(n / 10))
    count = max(1, round(valid * n)) if 0 < valid < 1 else valid
    if not 1 <= count < n or count != int(count):
        raise UserError(
            f"valid is {valid}; expected a fraction between 0 and 1 or a count from 1 to {n - 1:,}"
        )
    return int(count)
