"""Where the digits of SVHN's full numbers are: the official digitStruct.mat, which is HDF5."""

import math

import numpy as np

from minidraw.errors import UserError

SIDES = ("left", "top", "width", "height")
LONGEST_NAME = 64
MOST_DIGITS = 64  # in one picture; the longest real number has six
MOST_PICTURES = 10**6


def need_h5py():
    """The module h5py; a UserError that says how to get it where it is missing."""
    try:
        import h5py
    except ImportError as error:
        remedy = "pip install h5py, or minidraw[svhn]"
        raise UserError(f"SVHN's boxes are in HDF5, which needs h5py: {remedy}") from error
    return h5py


def read_boxes(content):
    """The smallest box around all digits of each picture.

    Every array's size, type and place are looked at before it is read: those that lie in other
    files, or that claim more than they can be, are refused.

    Parameters
    ----------
    content : bytes
        Of the file: /digitStruct/name and /digitStruct/bbox hold one reference per picture, to
        the characters of its name and to a group of left, top, width and height.  Each of these
        is a number, or references to several.  MATLAB counts pixels from 1.

    Returns
    -------
    dict
        By the picture's name (left, top, right, bottom), floats in pixels counted from 0; right
        and bottom are the first ones outside.

    Raises
    ------
    ValueError, OSError, KeyError, RuntimeError
        If it isn't such a file; ``files.one_line_errors`` makes one line of it.
    """
    from tqdm import tqdm

    h5py = need_h5py()
    try:
        image = h5py.h5f.open_file_image(content)
    except ValueError as error:  # "Not a file id"
        raise ValueError("digitStruct.mat is no HDF5 file, or is cut short") from error
    with h5py.File(image, "r") as file:
        root = _member(file, "digitStruct")
        names = _references(_member(root, "name"), MOST_PICTURES)
        groups = _references(_member(root, "bbox"), MOST_PICTURES)
        if len(names) != len(groups):
            raise ValueError(f"it has {len(names):,} names and {len(groups):,} boxes")
        boxes = {}
        pairs = zip(names, groups, strict=True)
        for name_at, group_at in tqdm(pairs, "boxes", len(names), disable=None):
            letters = _numbers(file[name_at], LONGEST_NAME)
            name = "".join(chr(int(letter)) for letter in letters)
            if name in boxes:
                raise ValueError(f"it names {name!r} twice")
            boxes[name] = _around(file, file[group_at], name)
    return boxes


def _around(file, group, name):
    """The smallest box around the digits of one picture."""
    import h5py

    sides = []
    for side in SIDES:
        node = _member(group, side)
        if isinstance(node, h5py.Dataset) and node.dtype.kind == "O":
            parts = [_numbers(file[at], 1)[0] for at in _references(node, MOST_DIGITS)]
        else:
            parts = _numbers(node, 1)
        sides.append(np.asarray(parts, float))
    left, top, width, height = sides
    if len({len(side) for side in sides}) > 1 or not np.isfinite(sides).all():
        raise ValueError(f"the boxes of {name!r} are incomplete")
    if not (min(width) > 0 and min(height) > 0):
        raise ValueError(f"a box of {name!r} has no area")
    return min(left) - 1, min(top) - 1, max(left + width) - 1, max(top + height) - 1


def _member(group, name):
    """What lies in a group under this name, and in no other file."""
    import h5py

    if not isinstance(group, h5py.Group):
        raise ValueError(f"{name} is in no group")
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"it holds no {name}, or a link in its place")
    return group[name]


def _numbers(node, most):
    """One to ``most`` real numbers."""
    return _values(node, most, lambda dtype: dtype.kind in "uif", "numbers")


def _references(node, most):
    """One to ``most`` references to objects of this file."""
    import h5py

    def fits(dtype):
        return h5py.check_ref_dtype(dtype) is h5py.Reference

    return _values(node, most, fits, "references")


def _values(node, most, fits, what):
    """The flat array of a data set, once it is known to be small and to lie in this file."""
    import h5py

    if not isinstance(node, h5py.Dataset) or not node.size or node.size > most:
        raise ValueError(f"it holds something else where 1 to {most:,} {what} should be")
    dtype = node.dtype
    if not fits(dtype) or dtype.itemsize > 8:
        raise ValueError(f"it holds {dtype} where {what} should be")
    claimed = 2 * node.size * dtype.itemsize + 2**16
    if math.prod(node.chunks or (1,)) > claimed or node.id.get_storage_size() > claimed:
        raise ValueError(f"it claims more room for {what} than they need")
    settings = node.id.get_create_plist()
    filters = [settings.get_filter(k)[0] for k in range(settings.get_nfilters())]
    plain = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
    # Deflated once, those bytes are a thousand times as many at most; twice, a million times.
    if filters.count(h5py.h5z.FILTER_DEFLATE) > 1 or not plain.issuperset(filters):
        raise ValueError(f"it packs {what} in another way than once by deflate")
    if node.external or node.is_virtual:
        raise ValueError(f"it claims {what} that lie in other files")
    return node[()].ravel()
