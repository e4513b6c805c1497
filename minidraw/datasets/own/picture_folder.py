"""`read_picture_folder` reads a folder of pictures, with subfolders for classes or splits."""

from collections import Counter
from pathlib import Path

import numpy as np

from minidraw.datasets.own.array_names import SPLIT_WORDS
from minidraw.datasets.own.array_source import Source, list_names
from minidraw.datasets.own.labels import number_labels
from minidraw.datasets.own.pictures import explain_dark, read_levels, read_size
from minidraw.datasets.readers.array_files import one_line_errors
from minidraw.datasets.readers.file_kinds import identify, is_picture
from minidraw.errors import UserError
from minidraw.regular_files import limit_unpacked

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm")
MAX_IMAGE_VALUES = 2**24  # of an image to paint
MAX_SIZES_LISTED = 5  # in an error message
PROPOSED_SIDES = 8, 64  # limits of the proposed --size; larger pictures would train for days


def list_files(folder):
    """Return the files in a folder and its subfolders by kind, sorted by path.

    Returns
    -------
    pictures, arrays, others : list of paths
        Pictures are told by their contents.  A file that is only named like one is among them, so
        that reading it says what it is.  Hidden files are left out.
    """
    paths = sorted(
        path
        for path in Path(folder).rglob("*")
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    )
    pictures, arrays, others = [], [], []
    for path in paths:
        with one_line_errors(path):
            kind = identify(path)
        if is_picture(kind) or path.suffix.lower() in SUFFIXES:
            pictures.append(path)
        else:
            (arrays if kind in ("idx", "npy") else others).append(path)
    return pictures, arrays, others


def read_picture_folder(folder, paths, size=None, invert=False, stretch=False):
    """Read pictures, sorted by path.

    Subfolders called train, test and the like, if there are no others, are splits.  In each split,
    or in the folder, subfolders are classes if every picture lies in one.

    Parameters
    ----------
    folder : path
    paths : list of paths
        Of the pictures in it.
    size : (B, A), optional
        Height and width that every picture is resized to; needed if sizes differ.
    invert, stretch : bool
        As in `datasets.load`.

    Returns
    -------
    Source
        Images uint8 (n, C, B, A), where C is 1 if all pixels are grey (even in colour files),
        else 3.

    Raises
    ------
    UserError
        If one can't be read, their sizes differ and ``size`` is None, there are too many, or none
        is for training.
    """
    height, width = size or _find_common_size(paths, folder)
    if size is None and height * width > MAX_IMAGE_VALUES:  # before any is unpacked
        raise UserError(
            f"{folder}: pictures have {width:,} x {height:,} pixels; a network can't paint so many."
            " Add --size 64 to resize them."
        )
    if len(paths) * height * width > limit_unpacked(sum(path.stat().st_size for path in paths)):
        raise UserError(
            f"{folder}: {len(paths):,} pictures of {width}x{height} need too much memory. "
            "Choose a smaller size, such as --size 64."
        )
    splits = _split_by_folder(paths, folder)
    if "train" not in splits:
        found = ", ".join(sorted(splits))
        raise UserError(f"{folder}: found no training pictures, only those of folders {found}")
    ordered = [path for part in splits.values() for path in part.values()]
    pictures, notes = _read_all(folder, ordered, (height, width), invert, stretch)
    channels = max(len(picture) for picture in pictures)
    images, start = {}, 0
    for split, part in splits.items():
        levels = [
            np.broadcast_to(p, (channels, height, width)) for p in pictures[start:][: len(part)]
        ]
        images[split], start = np.stack(levels), start + len(part)
    return Source(images, *_label_by_folder(splits), notes)


def _split_by_folder(paths, folder):
    """Return the pictures by split, each a dict from the path inside the split's folder."""
    inside = {path.relative_to(folder): path for path in paths}
    words = {SPLIT_WORDS.get(part.parts[0].lower()) for part in inside if len(part.parts) > 1}
    if None in words or not words or any(len(part.parts) == 1 for part in inside):
        return {"train": inside}
    splits = {}
    for part, path in inside.items():
        split = splits.setdefault(SPLIT_WORDS[part.parts[0].lower()], {})
        split[part.relative_to(part.parts[0])] = path
    return splits


def _label_by_folder(splits):
    """Return labels by split and class names, if every picture lies in a class's folder."""
    parts = [part.parts for split in splits.values() for part in split]
    if any(len(part) == 1 for part in parts) or len({part[0] for part in parts}) < 2:
        return {}, ()
    columns = {
        split: np.array([part.parts[0] for part in pictures]) for split, pictures in splits.items()
    }
    return number_labels(columns)


def _read_all(folder, paths, size, invert, stretch):
    """Return the pictures and notes; pictures of 0 and 1 only become black and white."""
    settings = {"invert": invert, "stretch": stretch}
    read = [read_levels(path, size, **settings) for path in paths]
    peaks = {}
    for levels in read:
        peaks[levels.full] = max(levels.peak, peaks.get(levels.full, 0))
    for full, peak in peaks.items():
        if 1 < peak <= full // 2:
            raise UserError(explain_dark(folder, peak, full))
    masks = tuple(full for full, peak in peaks.items() if peak == 1)
    if masks:
        read = [read_levels(path, size, masks=masks, **settings) for path in paths]
    films = [path.name for path, levels in zip(paths, read, strict=True) if levels.first_of_many]
    note = f"uses only the first picture of {len(films):,} files ({list_names(films)})"
    return [levels.picture for levels in read], (note,) if films else ()


def _find_common_size(paths, folder):
    """Return the common size (B, A); if sizes differ, raise an error that proposes one."""
    sizes = Counter(read_size(path) for path in paths)
    if len(sizes) == 1:
        width, height = next(iter(sizes))
        return height, width
    listed = [f"{w}x{h}: {count:,}" for (w, h), count in sizes.most_common(MAX_SIZES_LISTED)]
    if len(sizes) > MAX_SIZES_LISTED:
        listed.append(f"{len(sizes) - MAX_SIZES_LISTED:,} more")
    longer = sorted(max(size) for size in sizes.elements())
    low, high = PROPOSED_SIDES
    raise UserError(
        f"{folder}: pictures have {len(sizes):,} sizes, width x height ({', '.join(listed)}); "
        f"expected one. Add --size {min(max(longer[len(longer) // 2], low), high)} to resize them."
    )
