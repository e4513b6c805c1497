"""Weights on disk: an .npz without pickles, checked name by name before it is believed."""

import json
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from minidraw import models
from minidraw.errors import UserError
from minidraw.files import replacing

MAX_WEIGHTS = 2**28  # a gigabyte of float32: no file makes us allocate more than that
MAX_META = 2**20


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
    with replacing(path) as file:
        np.savez(file, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), **arrays)


def load_meta(path):
    """The `meta` of a weights file, of at most a mebibyte."""
    with _opened(path) as archive:
        return _read_meta(archive, path)


def load(path, shapes, groups=None):
    """Read weights that must fit `shapes`.

    Parameters
    ----------
    path : path
    shapes : dict
        Name to shape, from the model's `param_shapes`.
    groups : sequence of str, optional
        The groups wanted; all that the file has, if not given.

    Returns
    -------
    groups : dict of dicts of arrays, float32

    Raises
    ------
    UserError
        If the file is no such archive, is cut short or altered, or if a name, a shape, a
        dtype or a value is not what it must be.
    """
    if sum(int(np.prod(shape, dtype=float)) for shape in shapes.values()) > MAX_WEIGHTS:
        raise UserError(f"{path}: a network of more than {MAX_WEIGHTS} weights is refused")
    with _opened(path) as archive:
        names = [info.filename.removesuffix(".npy") for info in archive.infolist()]
        found = dict.fromkeys(name.split("/")[0] for name in names if "/" in name)
        wanted = list(found) if groups is None else groups
        if not wanted:
            raise UserError(f"{path}: no weights in it")
        loaded = {g: {n: f"{g}/{n}" for n in shapes} for g in wanted}
        missing = [key for named in loaded.values() for key in named.values() if key not in names]
        if missing:
            raise UserError(f"{path}: {missing[0]} is missing")
        extra = [n for n in names if n.split("/")[0] in wanted and n.split("/", 1)[1] not in shapes]
        if extra:
            raise UserError(f"{path}: {extra[0]} belongs to no weight of this network")
        return {
            g: {n: _read_array(archive, path, key, shapes[n]) for n, key in named.items()}
            for g, named in loaded.items()
        }


@contextmanager
def _opened(path):
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zipfile.zlib.error) as err:
        if isinstance(err, UserError):
            raise
        raise UserError(f"{path}: cut short, altered or not a weights file ({err})") from None


def _read_meta(archive, path):
    if archive.getinfo("meta.npy").file_size > MAX_META:
        raise UserError(f"{path}: its description is larger than a weights file's can be")
    with archive.open("meta.npy") as file:
        meta = json.loads(npy.read_array(file, allow_pickle=False).tobytes())
    if not isinstance(meta, dict):
        raise UserError(f"{path}: its description is not a table")
    return meta


def _read_array(archive, path, key, shape):
    """One array, whose header is compared before anything is allocated for it."""
    with archive.open(f"{key}.npy") as file:
        npy.read_magic(file)
        found, _, dtype = npy.read_array_header_1_0(file)
    if found != tuple(shape):
        raise UserError(f"{path}: {key} has shape {found}, this network needs {tuple(shape)}")
    if dtype not in (np.float16, np.float32):
        raise UserError(f"{path}: {key} has dtype {dtype}, expected float32 or float16")
    with archive.open(f"{key}.npy") as file:
        array = npy.read_array(file, allow_pickle=False).astype(np.float32)
    if not np.isfinite(array).all():
        raise UserError(f"{path}: {key} has values that are not finite")
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
    try:
        model = models.named(meta["model"])
        config = model.Config(**meta["config"])
        shapes = model.param_shapes(config)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: its description makes no network ({error})") from error
    group = "average" if meta.get("averaged") else "weights"
    return model, config, load(path, shapes, [group])[group], meta
