"""`load_own_pictures` loads the user's file of arrays or folder of pictures."""

import math
from pathlib import Path

import numpy as np

from minidraw.datasets.base import Dataset, Split, central_crop, hold_out
from minidraw.datasets.own.array_source import (
    Source,
    list_names,
    read_array_file,
    read_array_folder,
)
from minidraw.datasets.own.arrays import as_images, as_images_alike
from minidraw.datasets.own.picture_folder import MAX_IMAGE_VALUES, list_files, read_picture_folder
from minidraw.datasets.own.pictures import fit_images
from minidraw.errors import UserError, UserTypeError, check_integer, quote

MAX_PICTURES = 2**24


def load_own_pictures(
    path, *, size=None, stretch=False, invert=False, crop=None, valid=None, seed=0
):
    """Load your own file or folder of pictures; parameters and errors are those of ``load``."""
    path, size, crop = Path(path), _parse_size(size, "size"), _parse_size(crop, "crop")
    if path.is_dir():
        source = _read_folder(path, size, invert, stretch)
    else:
        source = read_array_file(path, size, stretch)
        source = _fit_source(source, path, size, invert, stretch)
    return _build_dataset(source, path.resolve().name, valid, seed, crop)


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
    labels = None if labels is None else np.asarray(labels)
    if labels is not None and labels.dtype.kind not in "bui":
        raise UserError(f"{name}: labels are of type {labels.dtype}; expected classes from 0")
    if labels is not None and labels.shape != (len(images),):
        raise UserError(
            f"{name}: labels have shape {np.shape(labels)}; expected ({len(images)},), one per"
            " picture"
        )
    labels = {} if labels is None else {"train": labels}
    return _build_dataset(Source({"train": images}, labels, (), ()), name, valid, seed)


def _parse_size(size, name):
    """Return the size as (B, A), or None."""
    if size is None:
        return None
    pair = (size, size) if np.ndim(size) == 0 else tuple(size)
    if len(pair) != 2 or not all(isinstance(s, int | np.integer) and 1 <= s for s in pair):
        raise UserError(f"{name} is {size!r}; expected a number of pixels or (height, width)")
    return int(pair[0]), int(pair[1])


def _read_folder(folder, size, invert, stretch):
    """Read pictures or, if there are none, files of arrays; their images are fitted."""
    pictures, arrays, others = list_files(folder)
    if pictures:
        source = read_picture_folder(folder, pictures, size, invert, stretch)
        others += arrays
    elif arrays:
        source = read_array_folder(folder, arrays)
    else:
        found = f"; found {list_names([path.name for path in others])}" if others else ""
        kinds = "no pictures (PNG, JPEG, WebP, BMP, TIFF, GIF, PPM) and no idx or .npy files"
        raise UserError(f"{folder}: {kinds} in this folder or its subfolders{found}")
    if others:
        names = list_names([path.name for path in others])
        note = f"skipped {len(others):,} files of other kinds ({names})"
        source = source._replace(notes=(*source.notes, note))
    return source if pictures else _fit_source(source, folder, size, invert, stretch)


def _fit_source(source, path, size, invert, stretch):
    """Convert arrays to images of the given size."""
    images = as_images_alike(list(source.images.values()), path)
    images = [fit_images(part, size, invert, stretch) for part in images]
    if len({part.shape[1:] for part in images}) > 1:
        shapes = ", ".join(str(part.shape) for part in images)
        raise UserError(f"{path}: its sets have images of shapes {shapes}; expected one shape")
    return source._replace(images=dict(zip(source.images, images, strict=True)))


def _build_dataset(source, name, valid, seed, crop=None):
    """Make a data set of a source; unless it has validation images, hold some out."""
    splits = {key: Split(part, source.labels.get(key)) for key, part in source.images.items()}
    whole = splits["train"]
    for part in source.images.values():
        _check_counts(len(part), (part.shape[1], *(crop or part.shape[2:])), name)
    if "valid" in splits and valid is not None:
        raise UserError(f"{name} has validation images of its own. Leave out valid.")
    if "valid" not in splits:
        if len(whole) < 2:
            raise UserError(f"{name} holds one picture; expected at least 2, ideally 1,000 or more")
        count, seed = _count_validation(len(whole), valid), check_integer("seed", seed, 0)
        splits["train"], splits["valid"] = hold_out(whole, count, seed)
    binary = all(
        part.dtype == np.uint8 and bool(((part == 0) | (part == 255)).all())
        for part in source.images.values()
    )
    if crop is not None:
        height, width = whole.images.shape[2:]
        if crop[0] > height or crop[1] > width:
            found = f"crop {crop[1]}x{crop[0]} is larger than {name}'s {width}x{height} pictures"
            raise UserError(f"{found}. Choose a smaller one.")
        for key in splits.keys() - {"train"}:
            splits[key] = Split(central_crop(splits[key].images, crop), splits[key].labels)
    return Dataset(
        name, **splits, binary=binary, class_names=source.class_names, notes=source.notes
    )


def _check_counts(n, shape, name):
    """Refuse more or larger images than a network can be trained on."""
    if n > MAX_PICTURES:
        raise UserError(f"{name} holds {n:,} pictures; expected at most {MAX_PICTURES:,}")
    if math.prod(shape) > MAX_IMAGE_VALUES:
        height, width = shape[1:]
        found = f"{name}: pictures have {width:,} x {height:,} pixels"
        raise UserError(f"{found}; a network can't paint so many. Add --size 64 to resize them.")


def _count_validation(n, valid):
    """Return how many of n pictures to hold out for validation."""
    if valid is None:
        return max(1, round(n / 10))
    if not isinstance(valid, int | float | np.number):
        raise UserTypeError(f"valid is {quote(valid)}; expected a fraction or a count")
    count = max(1, round(valid * n)) if 0 < valid < 1 else valid
    if not 1 <= count < n or count != int(count):
        raise UserError(
            f"valid is {valid}; expected a fraction between 0 and 1 or a count from 1 to {n - 1:,}"
        )
    return int(count)
