"""`read_mat` reads numeric arrays from MATLAB's .mat files, version 5, that may be hostile.

SciPy reads such files too, but a damaged header can crash its whole process.
"""

import math
import os
import struct
import zlib

import numpy as np

from minidraw.regular_files import limit_unpacked, open_regular

HEADER_BYTES = 128  # text, version and byte order
MATRIX_ELEMENT, COMPRESSED_ELEMENT = 14, 15  # miMATRIX and miCOMPRESSED
STORED_DTYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8"}  # mi...
NUMERIC_CLASSES = range(6, 14)  # mx classes: double, single, and integers of up to 32 bits
COMPLEX_FLAG = 0x0800  # among an array's flags
MAX_FIELD_BYTES = 64  # of an array's flags, dimensions and name


def read_mat(path, names):
    """Read only the arrays called `names`.

    Parameters
    ----------
    path : path
    names : tuple of str

    Returns
    -------
    dict of arrays
        In the stored type, which may be smaller than MATLAB's class: integers of class double
        are often stored as uint8.  Column-major, as in MATLAB.

    Raises
    ------
    ValueError, OSError, zlib.error
        If the file isn't a version 5 .mat, is truncated, lacks a name or has it twice, or claims
        more than it can hold or than 4 GiB; wrap the call in ``array_files.one_line_errors``.
    """
    found = {}
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(HEADER_BYTES)
        if len(head) < HEADER_BYTES or head[124:] != b"\x00\x01IM":
            raise ValueError("expected a little-endian .mat file of version 5")
        while tag := file.read(8):
            kind, length = struct.unpack("<II", _require_bytes(tag, 8))
            begin = file.tell()
            if length > size - begin:
                raise ValueError("the file is truncated")
            if kind == COMPRESSED_ELEMENT:
                stream = _InflatingReader(file.read(length))
                kind, _ = struct.unpack("<II", _require_bytes(stream.read(8), 8))
            else:
                stream = file
            if kind != MATRIX_ELEMENT:
                raise ValueError(f"an element has type {kind}; expected an array, {MATRIX_ELEMENT}")
            name, array = _read_array(stream, names, size)
            if name in found:
                raise ValueError(f"the file holds {name} twice")
            if name is not None:
                found[name] = array
            file.seek(begin + length)
    for name in names:
        if name not in found:
            raise ValueError(f"the file lacks {name}")
    return {name: found[name] for name in names}


def _read_array(stream, names, size):
    """Read the next array's name and values; return (None, None) if its name isn't in `names`."""
    flags = _read_part(stream, MAX_FIELD_BYTES)[1]
    dims = np.frombuffer(_read_part(stream, MAX_FIELD_BYTES)[1], "<i4")
    name = _read_part(stream, MAX_FIELD_BYTES)[1].decode("latin-1")
    if name not in names:
        return None, None
    (flags,) = struct.unpack("<I", _require_bytes(flags[:4], 4))
    if flags & 0xFF not in NUMERIC_CLASSES or flags & COMPLEX_FLAG:
        raise ValueError(f"{name} is not an array of real numbers")
    shape = [int(d) for d in dims]
    limit = limit_unpacked(size)
    if min(shape, default=0) < 1 or math.prod(shape) > limit:
        raise ValueError(f"{name} claims shape {tuple(shape)}, which the file can't hold")
    kind, content = _read_part(stream, limit, shape)
    return name, np.frombuffer(content, f"<{STORED_DTYPES[kind]}").reshape(shape, order="F")


def _read_part(stream, max_bytes, shape=None):
    """Read type and bytes of the next part of an array, and compare them with ``shape``."""
    tag = _require_bytes(stream.read(8), 8)
    kind, length = struct.unpack("<II", tag)
    short = kind >> 16
    if short:  # up to four bytes lie in the tag itself
        kind, length = kind & 0xFFFF, short
    if length > (4 if short else max_bytes):
        raise ValueError(f"a header claims {length:,} bytes, more than allowed")
    if shape is not None:
        dtype = STORED_DTYPES.get(kind)
        if dtype is None or length != math.prod(shape) * np.dtype(dtype).itemsize:
            raise ValueError("an array's byte count doesn't fit its shape and data type")
    if short:
        return kind, tag[4 : 4 + length]
    content = _require_bytes(stream.read(length), length)
    stream.read(-length % 8)
    return kind, content


def _require_bytes(content, length):
    if len(content) < length:
        raise ValueError("the file is truncated")
    return content


class _InflatingReader:
    """Stream over a compressed element; `read` unpacks only the bytes it returns."""

    def __init__(self, content):
        self.rest, self.inflater = content, zlib.decompressobj()

    def read(self, size):
        if not size:  # zlib takes 0 for no limit
            return b""
        content = self.inflater.decompress(self.rest, size)
        self.rest = self.inflater.unconsumed_tail
        return content
