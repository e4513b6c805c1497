"""Read idx, .npy and .npz files that may be damaged or hostile.

Every size a header claims is compared with the file and with ``MAX_BYTES`` before memory is
asked for, and nothing is ever unpickled.
"""

import gzip
import io
import math
import os
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from minidraw.datasets.base import MAX_BYTES
from minidraw.errors import UserError

IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
MAX_INFLATION = 1032  # a byte of deflate yields at most this many


def read_idx(path):
    """Array in an idx file, plain or compressed by gzip.

    Raises
    ------
    UserError
        If the file isn't idx, is cut short, has bytes to spare or is too large.
    """
    with one_line_errors(path):
        if os.path.getsize(path) > MAX_BYTES:
            raise ValueError("it is larger than 4 GiB")
        content = Path(path).read_bytes()
    return parse_idx(content, path)


def parse_idx(content, path):
    """Array in the contents of an idx file; ``path`` is for the messages."""
    zipped = content[:2] == b"\x1f\x8b"
    most = len(content) * (MAX_INFLATION if zipped else 1)
    with one_line_errors(path), io.BytesIO(content) as plain:
        return _parse_idx(gzip.GzipFile(fileobj=plain) if zipped else plain, most)


def _parse_idx(file, most):
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in IDX_TYPES:
        raise ValueError("it is no idx file")
    dims = file.read(4 * magic[3])
    if len(dims) < 4 * magic[3]:
        raise ValueError("it is cut short")
    shape = [int(d) for d in np.frombuffer(dims, ">u4")]
    dtype = np.dtype(IDX_TYPES[magic[2]])
    size = _check_size(shape, dtype, most)
    content = file.read(size)
    if len(content) < size:
        raise ValueError("it is cut short")
    if file.read(1):
        raise ValueError("it is longer than its header says")
    return np.frombuffer(content, dtype).reshape(shape)


def read_npy(path):
    """Array in a .npy file; errors as ``read_idx``."""
    with one_line_errors(path), open(path, "rb") as file:
        shape, dtype = _npy_header(file)
        _check_size(shape, dtype, os.path.getsize(path))
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)


def npz_headers(path):
    """Shape and dtype of every array in a .npz file, by name, without reading the arrays."""
    with one_line_errors(path), zipfile.ZipFile(path) as archive:
        headers = {}
        for member in archive.namelist():
            if member.endswith(".npy"):
                with archive.open(member) as file:
                    headers[member.removesuffix(".npy")] = _npy_header(file)
        return headers


def read_npz(path, name):
    """One array of a .npz file; errors as ``read_idx``."""
    with one_line_errors(path), zipfile.ZipFile(path) as archive:
        with archive.open(f"{name}.npy") as file:
            shape, dtype = _npy_header(file)
            _check_size(shape, dtype, os.path.getsize(path) * MAX_INFLATION)
            file.seek(0)
            array = np.lib.format.read_array(file, allow_pickle=False)
            if file.read(1):  # reading on to the end also checks the checksum
                raise ValueError("it is longer than its header says")
        return array


def _npy_header(file):
    """Shape and dtype.  Later versions than 1.0 exist for headers above 64 kB: not for images."""
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("its .npy version isn't 1.0")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    return shape, dtype


def _check_size(shape, dtype, most):
    """Bytes that the header claims, if the file can hold them and they aren't too many."""
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are never unpickled")
    size = math.prod(shape) * dtype.itemsize
    if size > MAX_BYTES:
        raise ValueError(f"its header claims {size / 2**30:,.0f} GiB, more than 4 GiB")
    if not 0 <= size <= most:
        raise ValueError("it is cut short, or its header is wrong")
    return size


@contextmanager
def one_line_errors(path):
    """Turn what damaged files raise into a UserError of one line that names the file."""
    try:
        yield
    except Exception as error:  # zipfile, zlib, NumPy's header parser: a dozen kinds
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path} can't be read: {one_line(reason)}") from error


def one_line(text):
    """Foreign text for a message: some libraries quote a damaged file at length."""
    return " ".join(str(text).split())[:200]
