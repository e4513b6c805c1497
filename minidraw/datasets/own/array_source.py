"""`read_array_file` and `read_array_folder` read pictures and labels from files of arrays."""

import math
from typing import NamedTuple

from minidraw.datasets.own.array_names import choose_arrays, parse_array_name
from minidraw.datasets.own.labels import check_label_header, number_labels
from minidraw.datasets.own.ragged import RAGGED_ARRAYS, fit_ragged
from minidraw.datasets.readers.array_files import (
    one_line_errors,
    read_idx,
    read_idx_header,
    read_npy,
    read_npy_header,
    read_npz,
    read_npz_headers,
    to_one_line,
)
from minidraw.datasets.readers.file_kinds import identify, is_picture
from minidraw.errors import UserError
from minidraw.regular_files import limit_unpacked

EXPECTED = "expected a .npz, .npy or idx file or a folder of pictures"
MAX_NAMES = 5  # listed in a message


class Source(NamedTuple):
    """Pictures and labels by split: ``train`` and perhaps ``valid`` and ``test``."""

    images: dict  # arrays as they were found
    labels: dict  # int64 (n,), or empty
    class_names: tuple  # empty if labels are counted from 0
    notes: tuple  # lines on what was left out


def read_array_file(path, size, stretch):
    """Read a .npz, .npy or idx file; its first bytes tell its format."""
    with one_line_errors(path):
        kind = identify(path)
    if kind == "npz":
        headers = read_npz_headers(path)
        if not headers:
            raise UserError(f"{path}: a zip archive without arrays; unpack it first, {EXPECTED}")
        if set(RAGGED_ARRAYS) <= set(headers):
            return _read_ragged(path, headers, size, stretch)
        return _read_arrays(path, headers, lambda name: read_npz(path, name))
    if kind in ("npy", "idx"):
        images = read_npy(path) if kind == "npy" else read_idx(path)
        return Source({"train": images}, {}, (), ())
    found = f"a single picture ({kind})" if is_picture(kind) else kind or "unknown file format"
    raise UserError(f"{path}: {found}; {EXPECTED}")


def read_array_folder(folder, paths):
    """Read a folder of idx or .npy files, such as MNIST's four."""
    headers, places = {}, {}
    for path in paths:
        name = path.relative_to(folder).as_posix()
        read_header = read_idx_header if identify(path) == "idx" else read_npy_header
        headers[name], places[name] = read_header(path), path

    def read(name):
        return (read_idx if identify(places[name]) == "idx" else read_npy)(places[name])

    return _read_arrays(folder, headers, read)


def _read_arrays(path, headers, read):
    """Read the arrays that `choose_arrays` chooses."""
    names = choose_arrays(headers)
    if "train" not in names.images:
        if names.images:
            [found, *_] = names.images.values()
            raise UserError(
                f"{path}: found no training pictures, only those of another set ({found}). "
                "To train on them, save them under the name images."
            )
        shapes = [f"{name} {shape}" for name, (shape, _) in headers.items()]
        raise UserError(
            f"{path}: no array holds pictures (found {to_one_line(', '.join(shapes)) or 'none'}); "
            "expected shape (n, B, A). Name the array images."
        )
    notes = []
    if names.unused:
        unused = list_names(names.unused)
        notes.append(f"trains on {names.images['train']}; doesn't use {unused}")
    _check_total_size(path, [headers[name] for name in names.images.values()])
    counts = {split: headers[name][0][0] for split, name in names.images.items()}
    labels, class_names = _read_labels(path, headers, read, names.labels, counts, notes)
    columns = [name for name, (shape, _) in headers.items() if shape == (counts["train"],)]
    if columns and not names.labels:
        notes.append(f"doesn't use {list_names(columns)}; if it holds classes, name it labels")
    images = {split: read(name) for split, name in names.images.items()}
    return Source(images, labels, class_names, tuple(notes))


def _check_total_size(path, headers):
    """Refuse several arrays that are too large together; each alone is checked when it is read."""
    total = sum(math.prod(shape) * dtype.itemsize for shape, dtype in headers)
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    if total > limit_unpacked(sum(file.stat().st_size for file in files)):
        raise UserError(f"{path}: its pictures would take {total:,} bytes, too many for its size")


def _read_ragged(path, headers, size, stretch):
    """Read pictures of many sizes, as `fit_ragged` describes them."""
    arrays = [read_npz(path, name) for name in RAGGED_ARRAYS]
    with one_line_errors(path):
        images = fit_ragged(*arrays, size, stretch)[:, None]
    names = [name for name in headers if parse_array_name(name)[0] == "labels"]
    chosen, notes = dict(zip(["train"], names, strict=False)), []
    labels, class_names = _read_labels(
        path, headers, lambda name: read_npz(path, name), chosen, {"train": len(images)}, notes
    )
    return Source({"train": images}, labels, class_names, tuple(notes))


def _read_labels(path, headers, read, names, counts, notes):
    """Return labels and class names; add a note on columns that aren't classes."""
    columns = {}
    for split, name in names.items():
        with one_line_errors(path):
            reason = check_label_header(*headers[name], counts[split])
        if reason:
            notes.append(f"doesn't use {to_one_line(name)}: {reason}")
        else:
            columns[split] = read(name)
    if "train" not in columns:
        return {}, ()
    try:
        return number_labels(columns)
    except ValueError as error:
        notes.append(f"doesn't use {to_one_line(names['train'])}: {error}")
        return {}, ()


def list_names(names):
    """Join the first few names for a message."""
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return to_one_line(", ".join(names[:MAX_NAMES])) + more
