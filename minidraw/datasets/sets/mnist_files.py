"""`read_mnist` finds MNIST's four files by their contents, wherever and however they are stored.

Plain or gzipped, in the folders of torchvision or Kaggle, with any name: shape and SHA-256 of the
unpacked contents tell.  Fashion-MNIST and others, which have the same names and shapes, differ.
"""

import gzip
import hashlib
import io
import os
from pathlib import Path
from typing import NamedTuple

from minidraw.datasets.readers.array_files import (
    one_line_errors,
    parse_idx,
    read_idx_header,
)
from minidraw.datasets.readers.download import find_data_folder, find_file, obtain_contents
from minidraw.errors import UserError
from minidraw.regular_files import read_regular

GROUP = "mnist"
MAX_DEPTH, MAX_FILES = 4, 10_000  # of the search in a data folder
MAX_FILE_BYTES = 2**26  # the largest of the four has 47 million bytes


class Official(NamedTuple):
    shape: tuple
    sha256: str  # of the unpacked contents
    download_sha256: str  # of the gzipped file


OFFICIAL = {
    "train-images-idx3-ubyte": Official(
        (60_000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    "train-labels-idx1-ubyte": Official(
        (60_000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    "t10k-images-idx3-ubyte": Official(
        (10_000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    "t10k-labels-idx1-ubyte": Official(
        (10_000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
}


def read_mnist(data_dir=None):
    """Return the four arrays in the order of `OFFICIAL`; download those that aren't found.

    Raises
    ------
    UserError
        If a file must be downloaded and can't, or another file has its name.
    """
    folder = find_data_folder(data_dir)
    found = _search(folder)
    missing = {f"{name}.gz": OFFICIAL[name].download_sha256 for name in OFFICIAL.keys() - found}
    for name in sorted(missing):
        if other := find_file(name, GROUP, folder):  # a download would replace it
            raise UserError(
                f"{other} is not MNIST's file, or damaged: its contents have another SHA-256. "
                "Move it away to download MNIST, or give another --data-dir."
            )
    for path, content in obtain_contents(missing, GROUP, data_dir):
        found[path.name.removesuffix(".gz")] = parse_idx(content, path)
    return [found[name] for name in OFFICIAL]


def _search(folder):
    """Return the arrays found in a folder, by name."""
    found = {}
    for path in _list_candidates(folder):
        name = _match_header(path)
        if name is None or name in found:
            continue
        with one_line_errors(path):
            content = read_regular(path, MAX_FILE_BYTES)
            if content[:2] == b"\x1f\x8b":  # what unpacks to more has another SHA-256
                content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(MAX_FILE_BYTES)
        if hashlib.sha256(content).hexdigest() == OFFICIAL[name].sha256:
            found[name] = parse_idx(content, path)
        if len(found) == len(OFFICIAL):
            break
    return found


def _list_candidates(folder):
    """Yield files where they usually lie, then all others in the folder down to a depth."""
    usual = [find_file(f"{name}.gz", GROUP, folder) for name in OFFICIAL]
    yield from (path for path in usual if path)
    files = 0
    for place, folders, names in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = sorted(f for f in folders if depth < MAX_DEPTH and not f.startswith("."))
        for name in sorted(names):
            files += 1
            if files > MAX_FILES:
                return
            yield Path(place, name)


def _match_header(path):
    """Return the name of the official file that a file's header looks like, or None."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
            return None
        shape, dtype = read_idx_header(path)
    except (UserError, OSError):
        return None
    return next((n for n, o in OFFICIAL.items() if (o.shape, "uint8") == (shape, dtype.name)), None)
