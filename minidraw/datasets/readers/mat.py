"""Read numeric arrays from MATLAB's .mat files, version 5, that may be damaged or hostile.

SciPy reads them too, but a damaged header can make it end the whole process.
"""

import math
import os
import struct
import zlib

import numpy as np

from minidraw.datasets.base import MAX_BYTES
from minidraw.datasets.readers.arrays import MAX_INFLATION

HEADER = 128  # bytes of text, version and byte order
MATRIX, COMPRESSED = 14, 15  # kinds of a file's elements
STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8"}
NUMERIC = range(6, 14)  # array classes: double, single, and integers of up to 32 bits
COMPLEX = 0x0800  # among an array's flags
LONGEST = 64  # bytes of an array's dimensions, and of its name


def read_mat(path, names):
    """The arrays of these names; nothing else in the file is read.

    Parameters
    ----------
    path : path
    names : tuple of str

    Returns
    -------
    dict of arrays
        Of the type they are stored in, which may be smaller than MATLAB's class: whole numbers
        of class double are often stored as uint8.  Columns lie together, as MATLAB has it.

    Raises
    ------
    ValueError, OSError, zlib.error
        If the file isn't such a .mat, is cut short, lacks a name or has it twice, or claims more
        than it can hold or than 4 GiB; ``files.one_line_errors`` makes one line of it.
    """
    found, size = {}, os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(HEADER)
        if len(head) < HEADER or head[124:] != b"\x00\x01IM":
            raise ValueError("it is no little-endian .mat file of version 5")
        while tag := file.read(8):
            kind, length = struct.unpack("<II", _whole(tag, 8))
            begin = file.tell()
            if length > size - begin:
                raise ValueError("it is cut short")
            if kind == COMPRESSED:
                stream = _Inflated(file.read(length))
                kind, _ = struct.unpack("<II", _whole(stream.read(8), 8))
            else:
                stream = file
            if kind != MATRIX:
                raise ValueError(f"it has an element of kind {kind}, which is no array")
            name, array = _array(stream, names, size)
            if name in found:
                raise ValueError(f"it holds {name} twice")
            if name is not None:
                found[name] = array
            file.seek(begin + length)
    for name in names:
        if name not in found:
            raise ValueError(f"it holds no {name}")
    return {name: found[name] for name in names}


def _array(stream, names, size):
    """Name and values of the array that begins here; (None, None) unless it is wanted."""
    flags = _part(stream, LONGEST)[1]
    dims = np.frombuffer(_part(stream, LONGEST)[1], "<i4")
    name = _part(stream, LONGEST)[1].decode("latin-1")
    if name not in names:
        return None, None
    (flags,) = struct.unpack("<I", _whole(flags[:4], 4))
    if flags & 0xFF not in NUMERIC or flags & COMPLEX:
        raise ValueError(f"its {name} is no array of real numbers")
    shape = [int(d) for d in dims]
    if min(shape, default=0) < 1 or math.prod(shape) > min(MAX_BYTES, size * MAX_INFLATION):
        raise ValueError(f"its {name} claims shape {tuple(shape)}, more than it can hold")
    kind, content = _part(stream, MAX_BYTES, shape)
    return name, np.frombuffer(content, f"<{STORED[kind]}").reshape(shape, order="F")


def _part(stream, most, shape=None):
    """Kind and bytes of the next part of an array; checked against the shape where one is given."""
    tag = _whole(stream.read(8), 8)
    kind, length = struct.unpack("<II", tag)
    short = kind >> 16
    if short:  # up to four bytes lie in the tag itself
        kind, length = kind & 0xFFFF, short
    if length > (4 if short else most):
        raise ValueError("a length in its headers is too large")
    if shape is not None:
        if kind not in STORED or length != math.prod(shape) * np.dtype(STORED[kind]).itemsize:
            raise ValueError("the types and lengths in its headers disagree")
    if short:
        return kind, tag[4 : 4 + length]
    content = _whole(stream.read(length), length)
    stream.read(-length % 8)
    return kind, content


def _whole(content, length):
    if len(content) < length:
        raise ValueError("it is cut short")
    return content


class _Inflated:
    """What a compressed element holds, unpacked no further than it is read."""

    def __init__(self, content):
        self.rest, self.inflater = content, zlib.decompressobj()

    def read(self, size):
        if not size:  # to zlib that would mean all of it
            return b""
        content = self.inflater.decompress(self.rest, size)
        self.rest = self.inflater.unconsumed_tail
        return content
