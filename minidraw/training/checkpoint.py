"""Weights on disk: .npz files without pickles, whose names, shapes and values are checked."""

import json
import math
import os
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from minidraw import models
from minidraw.atomic_write import write_atomically
from minidraw.datasets.readers.array_files import to_one_line
from minidraw.errors import UserError
from minidraw.regular_files import NotRegular, limit_unpacked, open_regular
from minidraw.training.parsing import parse_config

MAX_META_BYTES = 2**20


def save(path, meta, groups):
    """Write weights; replace an existing file only once the new one is complete.

    Parameters
    ----------
    path : path
    meta : dict
        Has ``model`` and ``config``, and may have any other JSON values.
    groups : dict of dicts of arrays
        For example ``{"weights": params, "average": averaged}``.
    """
    arrays = {
        f"{group}/{name}": np.asarray(array)  # a copy of one that is on a graphics card
        for group, named in groups.items()
        for name, array in named.items()
    }
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            found = f"{name} holds nan or infinite values as {array.dtype}"
            raise UserError(f"can't write {path}: {found}; an earlier file there is kept")
    with write_atomically(path) as file:
        np.savez(file, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), **arrays)


def load_meta(path):
    """Return the `meta` of a weights file."""
    with _open_archive(path) as archive:
        meta = json.loads(_read_array(archive, "meta", _check_meta).tobytes())
        if not isinstance(meta, dict):
            raise ValueError("meta is not a JSON object")
        return meta


def load(path, shapes, groups):
    """Read weights, and check that they match `shapes`.

    Parameters
    ----------
    path : path
    shapes : dict
        Name to shape, from the model's `param_shapes`.
    groups : sequence of str
        Groups to read; the file may have others.

    Returns
    -------
    groups : dict of dicts of arrays, float32

    Raises
    ------
    UserError
        If the file is damaged, or if a name, a shape, a dtype or a value is wrong.
    """
    with _open_archive(path) as archive:
        names = [info.filename.removesuffix(".npy") for info in archive.infolist()]
        _check_names(archive, names, shapes, groups)
        return {
            group: {name: _read_weight(archive, f"{group}/{name}", shapes[name]) for name in shapes}
            for group in groups
        }


def load_network(path):
    """Read a trained network from a run folder or a weights file.

    Parameters
    ----------
    path : path

    Returns
    -------
    model : module
    config : Config
    params : dict of arrays
        The averaged weights if they were better on the validation images, else the raw ones.
    meta : dict
        The file's description.

    Raises
    ------
    UserError
        If the network is missing, incomplete or incompatible.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "checkpoint.npz"
    meta = load_meta(path)
    model, config = parse_network(meta, path)
    meta = meta | {"model": models.current_name(meta["model"])}
    group = "average" if meta.get("averaged") else "weights"
    return model, config, load(path, model.param_shapes(config), [group])[group], meta


def parse_network(meta, path):
    """Return the model and Config that `meta` describes; `path` is for error messages."""
    try:
        model = models.get_model(meta["model"])
        return model, parse_config(model, meta["config"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError(f"{path}: invalid model or config ({to_one_line(error)})") from error


@contextmanager
def _open_archive(path):
    """Open a zip file; errors while it is open become a one-line UserError that names it."""
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            yield archive
    except (
        FileNotFoundError,
        IsADirectoryError,
        NotADirectoryError,
        PermissionError,
        NotRegular,
    ) as error:
        raise UserError(f"{path}: {error.strerror.lower()}") from None
    except UserError:
        raise
    except Exception as error:  # zipfile, zlib, JSON and NumPy's header parser raise many kinds
        reason = to_one_line(error) or type(error).__name__
        raise UserError(f"{path}: incomplete or incompatible weights file: {reason}") from error


def _check_names(archive, names, shapes, groups):
    """Refuse an archive that is damaged or too large, or has missing, repeated or unknown names."""
    if len(set(names)) < len(names):
        raise ValueError("a name occurs twice")
    limit = limit_unpacked(os.fstat(archive.fp.fileno()).st_size)
    if sum(info.file_size for info in archive.infolist()) > limit:
        raise ValueError(f"it unpacks to more than {limit:,} bytes")
    if damaged := archive.testzip():  # includes unwanted groups: an altered file is refused
        raise ValueError(f"{damaged} is damaged")
    wanted = [f"{group}/{name}" for group in groups for name in shapes]
    if missing := [key for key in wanted if key not in names]:
        raise ValueError(f"{missing[0]} is missing")
    if extra := [key for key in names if key.partition("/")[0] in groups and key not in wanted]:
        raise ValueError(f"{extra[0]} is not a weight of this network")


def _read_array(archive, key, check):
    """Read one array; `check` is given its shape and dtype before memory is allocated."""
    with archive.open(f"{key}.npy") as file:
        npy.read_magic(file)
        shape, fortran, dtype = npy.read_array_header_1_0(file)
        check(shape, dtype)
        size = math.prod(shape) * dtype.itemsize
        content = file.read(size + 1)  # to the end, where zipfile compares the checksum
    if len(content) != size:
        raise ValueError(f"{key} has a different size from its header")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")


def _check_meta(shape, dtype):
    if dtype != np.uint8 or len(shape) != 1 or not 0 <= shape[0] <= MAX_META_BYTES:
        expected = f"expected uint8, one axis, at most {MAX_META_BYTES:,} bytes"
        raise ValueError(f"meta has shape {shape} and dtype {dtype}; {expected}")


def _read_weight(archive, key, needed):
    def check(shape, dtype):
        if shape != tuple(needed):
            raise ValueError(f"{key} has shape {shape}; this network needs {tuple(needed)}")
        if dtype not in (np.float16, np.float32):  # nor Python objects, which need a pickle
            raise ValueError(f"{key} has dtype {dtype}; expected float32 or float16")

    array = _read_array(archive, key, check).astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError(f"{key} holds nan or infinite values")
    return array
