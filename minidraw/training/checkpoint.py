"""Weights on disk: an .npz without pickles, checked name by name before it is believed."""

import json
import math
import zipfile
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from minidraw import models
from minidraw.atomic_write import write_atomically
from minidraw.datasets.readers.arrays import one_line
from minidraw.errors import UserError

MAX_WEIGHTS = 2**28  # a gigabyte of float32: no description makes us allocate more than that
MAX_BYTES = 16 * MAX_WEIGHTS  # of weights, averages and Adam's two means together
MAX_META = 2**20  # bytes


def save(path, meta, groups):
    """Write weights.

    Parameters
    ----------
    path : path
    meta : dict
        Anything that JSON can hold; ``model`` and ``config`` among it.
    groups : dict of dicts of arrays
        Such as ``{"weights": params, "average": averaged}``.
    """
    arrays = {f"{g}/{name}": array for g, named in groups.items() for name, array in named.items()}
    with write_atomically(path) as file:
        np.savez(file, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), **arrays)


def load_meta(path):
    """The `meta` of a weights file, of at most a mebibyte."""
    with _opened(path) as archive:
        meta = json.loads(_array(archive, "meta", _check_meta).tobytes())
        if not isinstance(meta, dict):
            raise ValueError("its description is not a table")
        return meta


def load(path, shapes, groups):
    """Read weights that must fit `shapes`.

    Parameters
    ----------
    path : path
    shapes : dict
        Name to shape, from the model's `param_shapes`.
    groups : sequence of str
        Those wanted; the file may have others.

    Returns
    -------
    groups : dict of dicts of arrays, float32

    Raises
    ------
    UserError
        If the file is no such archive, is cut short or altered, or if a name, a shape, a
        dtype or a value is not what it must be.
    """
    with _opened(path) as archive:
        names = [info.filename.removesuffix(".npy") for info in archive.infolist()]
        if len(set(names)) < len(names):
            raise ValueError("a name occurs twice")
        if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes when unpacked")
        if damaged := archive.testzip():  # also of what isn't wanted: an altered file is refused
            raise ValueError(f"{damaged} is damaged")
        loaded = {g: {n: f"{g}/{n}" for n in shapes} for g in groups}
        missing = [key for named in loaded.values() for key in named.values() if key not in names]
        if missing:
            raise ValueError(f"{missing[0]} is missing")
        parted = [name.partition("/") for name in names]
        extra = ["".join(name) for name in parted if name[0] in groups and name[2] not in shapes]
        if extra:
            raise ValueError(f"{extra[0]} belongs to no weight of this network")
        return {
            g: {n: _weight(archive, key, shapes[n]) for n, key in named.items()}
            for g, named in loaded.items()
        }


@contextmanager
def _opened(path):
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        raise UserError(f"{path}: {error.strerror.lower()}") from None
    except UserError:
        raise
    except Exception as error:  # zipfile, zlib, JSON, NumPy's header parser: a dozen kinds
        reason = one_line(error) or type(error).__name__
        raise UserError(f"{path}: no whole and fitting weights file: {reason}") from error


def _array(archive, key, check):
    """One array; `check` sees the shape and dtype of its header before anything is allocated."""
    with archive.open(f"{key}.npy") as file:
        npy.read_magic(file)
        shape, fortran, dtype = npy.read_array_header_1_0(file)
        check(shape, dtype)
        size = math.prod(shape) * dtype.itemsize
        content = file.read(size + 1)  # on to the end, where zipfile compares the checksum
    if len(content) != size:
        raise ValueError(f"{key} isn't as large as its header says")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")


def _check_meta(shape, dtype):
    if dtype != np.uint8 or len(shape) != 1 or not 0 <= shape[0] <= MAX_META:
        raise ValueError(f"its description has shape {shape} and dtype {dtype}")


def _weight(archive, key, needed):
    def check(shape, dtype):
        if shape != tuple(needed):
            raise ValueError(f"{key} has shape {shape}, this network needs {tuple(needed)}")
        if dtype not in (np.float16, np.float32):  # nor Python objects, which a pickle would be
            raise ValueError(f"{key} has dtype {dtype}, expected float32 or float16")

    array = _array(archive, key, check).astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError(f"{key} has values that are not finite")
    return array


def load_network(path):
    """A trained network, from a run folder or a weights file.

    Parameters
    ----------
    path : path

    Returns
    -------
    model : module
    config : Config
    params : dict of arrays
        The averaged weights if they were the better ones, else the raw ones.
    meta : dict
        What the file says of itself.

    Raises
    ------
    UserError
        If there is no whole and fitting network.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "checkpoint.npz"
    meta = load_meta(path)
    model, config = network(meta, path)
    meta = meta | {"model": models.current_name(meta["model"])}
    group = "average" if meta.get("averaged") else "weights"
    return model, config, load(path, model.param_shapes(config), [group])[group], meta


def network(meta, path):
    """The model and the Config that a description names; `path` is for the message."""
    try:
        model = models.get_model(meta["model"])
        return model, configured(model, meta["config"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError(f"{path}: no network is described there ({one_line(error)})") from error


def configured(model, values):
    """The model's Config, if it's of a size that memory may hold."""
    config = typed(model.Config, values)
    weights = sum(map(math.prod, model.param_shapes(config).values()))
    latents, units = math.prod(model.noise_shape(config, 1) or ()), config.glimpses * config.hidden
    if max(weights, latents, units) > MAX_WEIGHTS:
        raise ValueError(
            f"more than {MAX_WEIGHTS:,} weights, or latents or units of all steps, are refused"
        )
    return config


def typed(record, values):
    """A dataclass of numbers and words that come from outside, each of its field's own type."""
    types, found = {field.name: field.type for field in fields(record)}, {}
    for name, value in dict(values).items():
        value = value.item() if isinstance(value, np.generic) else value
        wanted = types.get(name, type(value))  # the record itself refuses unknown names
        if wanted is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted:
            raise TypeError(f"{name} must be of type {wanted.__name__}, got {value!r}")
        found[name] = value
    return record(**found)
