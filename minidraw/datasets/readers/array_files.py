"""Readers of idx, .npy and .npz files that may be damaged or hostile.

Every size in a header is compared with the file, and with ``limit_unpacked`` if the file is
compressed, before memory is allocated.  Nothing is ever unpickled.
"""

import gzip
import io
import math
import os
import zipfile
from contextlib import contextmanager

import numpy as np

from minidraw.errors import UserError
from minidraw.regular_files import MAX_ARRAY_BYTES, limit_unpacked, open_regular, read_regular

IDX_DTYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
MAX_MEMBERS = 10_000  # of an archive


def read_idx(path):
    """Return the array in an idx file, plain or gzipped.

    Raises
    ------
    UserError
        If the file isn't idx, is truncated, has excess bytes or is too large.
    """
    with one_line_errors(path):
        content = read_regular(path, MAX_ARRAY_BYTES)
    return parse_idx(content, path)


def parse_idx(content, path):
    """Return the array in the bytes of an idx file; ``path`` is for messages."""
    zipped = content[:2] == b"\x1f\x8b"
    max_bytes = limit_unpacked(len(content)) if zipped else len(content)
    with one_line_errors(path), io.BytesIO(content) as plain:
        return _parse_idx(gzip.GzipFile(fileobj=plain) if zipped else plain, max_bytes)


def read_idx_header(path):
    """Return shape and dtype of the array in an idx file, plain or gzipped."""
    with one_line_errors(path), open_regular(path) as plain:
        zipped = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        return _read_idx_header(gzip.GzipFile(fileobj=plain) if zipped else plain)


def _read_idx_header(file):
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in IDX_DTYPES:
        raise ValueError("not an idx file")
    dims = file.read(4 * magic[3])
    if len(dims) < 4 * magic[3]:
        raise ValueError("the file is truncated")
    return tuple(int(d) for d in np.frombuffer(dims, ">u4")), np.dtype(IDX_DTYPES[magic[2]])


def _parse_idx(file, max_bytes):
    shape, dtype = _read_idx_header(file)
    size = _check_size(shape, dtype, max_bytes)
    content = file.read(size)
    if len(content) < size:
        raise ValueError("the file is truncated")
    if file.read(1):
        raise ValueError("the file is longer than its header says")
    return np.frombuffer(content, dtype).reshape(shape)


def read_npy(path):
    """Return the array in a .npy file; errors as in ``read_idx``."""
    with one_line_errors(path), open_regular(path) as file:
        shape, dtype = _read_npy_header(file)
        _check_size(shape, dtype, os.fstat(file.fileno()).st_size)
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)


def read_npy_header(path):
    """Return shape and dtype of the array in a .npy file."""
    with one_line_errors(path), open_regular(path) as file:
        return _read_npy_header(file)


def read_npz_headers(path):
    """Return shape and dtype of every array in a .npz file, by name, without reading the arrays."""
    with open_npz(path) as archive:
        headers = {}
        for member in archive.namelist():
            if member.endswith(".npy"):
                with archive.open(member) as file:
                    headers[member.removesuffix(".npy")] = _read_npy_header(file)
        return headers


def read_npz(path, name):
    """Return one array of a .npz file; errors as in ``read_idx``."""
    with open_npz(path) as archive:
        member = archive.getinfo(f"{name}.npy")
        with archive.open(member) as file:
            shape, dtype = _read_npy_header(file)
            _check_size(shape, dtype, min(member.file_size, limit_unpacked(_get_size(archive))))
            file.seek(0)
            array = np.lib.format.read_array(file, allow_pickle=False)
            if file.read(1):  # zipfile compares the checksum only at the end
                raise ValueError(f"{name} is longer than its header says")
        return array


@contextmanager
def open_npz(path):
    """Open an archive of arrays; every error while it is open takes one line."""
    with one_line_errors(path), open_regular(path) as file, zipfile.ZipFile(file) as archive:
        if len(archive.infolist()) > MAX_MEMBERS:
            raise ValueError(f"it holds more than {MAX_MEMBERS:,} files")
        yield archive


def _get_size(archive):
    return os.fstat(archive.fp.fileno()).st_size


def _read_npy_header(file):
    """Return shape and dtype; refuse versions after 1.0, which are for headers above 64 kB."""
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f".npy version is {version[0]}.{version[1]}; expected 1.0")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    return shape, dtype


def _check_size(shape, dtype, max_bytes):
    """Return the array's size in bytes, once the file is known to hold as many."""
    if dtype.hasobject:
        raise ValueError("the array holds Python objects, which are never unpickled")
    size = math.prod(shape) * dtype.itemsize
    if size > MAX_ARRAY_BYTES:
        raise ValueError("the header claims more than 4 GiB")
    if not 0 <= size <= max_bytes:
        raise ValueError(
            "the file is truncated, its header is wrong, or it unpacks to too much; save a large"
            " array with numpy.save"
        )
    return size


@contextmanager
def one_line_errors(path):
    """Turn every error from a damaged file into a one-line UserError that names the file."""
    try:
        yield
    except Exception as error:  # zipfile, zlib, NumPy's header parser: a dozen kinds
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"can't read {path}: {to_one_line(reason)}") from error


def to_one_line(text):
    """Shorten another library's message, which may quote a damaged file at length."""
    return " ".join(str(text).split())[:200]
