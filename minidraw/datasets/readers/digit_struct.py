"""`read_boxes` reads SVHN's digit boxes from the official digitStruct.mat, an HDF5 file."""

import math

import numpy as np

from minidraw.errors import UserError
from minidraw.progress import make_bar

BOX_FIELDS = ("left", "top", "width", "height")
MAX_NAME_LENGTH = 64
MAX_DIGITS = 64  # in one picture; the longest real number has six
MAX_PICTURES = 10**6


def read_boxes(content):
    """Read the smallest box around all digits of each picture.

    Every array is checked before it is read.  Arrays in other files, and arrays that claim too
    much memory, are refused.

    Parameters
    ----------
    content : bytes
        Contents of the file: /digitStruct/name and /digitStruct/bbox hold one reference per
        picture, to the characters of its name and to a group of left, top, width and height.
        Each of these is a number, or references to several.  MATLAB counts pixels from 1.

    Returns
    -------
    dict
        Picture name to (left, top, right, bottom), floats in pixels counted from 0; right and
        bottom are exclusive.

    Raises
    ------
    ValueError, OSError, KeyError, RuntimeError
        If the file is invalid; wrap the call in ``array_files.one_line_errors``.
    """
    h5py = import_h5py()
    try:
        image = h5py.h5f.open_file_image(content)
    except ValueError as error:  # "Not a file id"
        raise ValueError("digitStruct.mat is not an HDF5 file, or is truncated") from error
    with h5py.File(image, "r") as file:
        root = _get_member(file, "digitStruct")
        names = _read_references(_get_member(root, "name"), MAX_PICTURES)
        groups = _read_references(_get_member(root, "bbox"), MAX_PICTURES)
        if len(names) != len(groups):
            raise ValueError(f"{len(names):,} names, {len(groups):,} boxes; expected one box each")
        boxes = {}
        pairs = zip(names, groups, strict=True)
        for name_ref, group_ref in make_bar(pairs, "boxes", len(names)):
            letters = _read_numbers(file[name_ref], MAX_NAME_LENGTH)
            name = "".join(chr(int(letter)) for letter in letters)
            if name in boxes:
                raise ValueError(f"picture {name!r} is listed twice")
            boxes[name] = _find_enclosing_box(file, file[group_ref], name)
    return boxes


def import_h5py():
    """Return h5py, or raise a UserError that says how to install it."""
    try:
        import h5py
    except ImportError as error:
        remedy = "Type pip install h5py, or pip install minidraw[svhn]."
        raise UserError(f"h5py is missing; SVHN needs it to read HDF5 files. {remedy}") from error
    return h5py


def _find_enclosing_box(file, group, name):
    """Return the smallest box around the digits of one picture."""
    import h5py

    fields = []
    for field in BOX_FIELDS:
        node = _get_member(group, field)
        if isinstance(node, h5py.Dataset) and node.dtype.kind == "O":
            values = [_read_numbers(file[ref], 1)[0] for ref in _read_references(node, MAX_DIGITS)]
        else:
            values = _read_numbers(node, 1)
        fields.append(np.asarray(values, float))
    left, top, width, height = fields
    if len({len(values) for values in fields}) > 1 or not np.isfinite(fields).all():
        raise ValueError(f"a box of {name!r} is incomplete")
    if not (min(width) > 0 and min(height) > 0):
        raise ValueError(f"a box of {name!r} has no area")
    return min(left) - 1, min(top) - 1, max(left + width) - 1, max(top + height) - 1


def _get_member(group, name):
    """Return the object called `name` in a group; refuse links to other files."""
    import h5py

    if not isinstance(group, h5py.Group):
        raise ValueError(f"{name} is not in a group")
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"the file lacks {name}, or holds a link instead")
    return group[name]


def _read_numbers(node, max_count):
    """Read 1 to ``max_count`` real numbers."""
    return _read_values(node, max_count, lambda dtype: dtype.kind in "uif", "numbers")


def _read_references(node, max_count):
    """Read 1 to ``max_count`` references to objects in the same file."""
    import h5py

    def accepts(dtype):
        return h5py.check_ref_dtype(dtype) is h5py.Reference

    return _read_values(node, max_count, accepts, "references")


def _read_values(node, max_count, accepts, what):
    """Check that a data set is small and in the same file; return it as a flat array."""
    import h5py

    if not isinstance(node, h5py.Dataset) or not node.size or node.size > max_count:
        raise ValueError(f"an array doesn't hold 1 to {max_count:,} {what}")
    dtype = node.dtype
    if not accepts(dtype) or dtype.itemsize > 8:
        raise ValueError(f"values are of type {dtype}; expected {what}")
    max_bytes = 2 * node.size * dtype.itemsize + 2**16
    if math.prod(node.chunks or (1,)) > max_bytes or node.id.get_storage_size() > max_bytes:
        raise ValueError(f"{what} claim more memory than they need")
    settings = node.id.get_create_plist()
    filters = [settings.get_filter(k)[0] for k in range(settings.get_nfilters())]
    plain = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
    # Deflate unpacks a byte to a thousand at most, deflate applied twice to a million.
    if filters.count(h5py.h5z.FILTER_DEFLATE) > 1 or not plain.issuperset(filters):
        raise ValueError(f"{what} have other filters than shuffle, checksum and one deflate")
    if node.external or node.is_virtual:
        raise ValueError(f"{what} lie in other files")
    return node[()].ravel()
