"""Find the files of the public sets, or fetch them once and check them."""

import hashlib
import os
from pathlib import Path
from urllib.parse import urlsplit

from minidraw.datasets.files import one_line_errors
from minidraw.errors import UserError

MIRRORS = {
    "mnist": [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    "binarized_mnist": [
        "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",
    ],
}
"""Where each set's files are, in the order tried; the keys are also names of subfolders."""


def data_folder(data_dir=None):
    """Folder of the public sets: the argument, ``$MINIDRAW_DATA``, or the user's cache."""
    chosen = data_dir or os.environ.get("MINIDRAW_DATA")
    if chosen:
        return Path(chosen).expanduser()
    import pooch  # here, because it is slow to import and rarely needed

    return Path(pooch.os_cache("minidraw"))


def find(name, group, folder):
    """Path of the file in the folder or in its subfolder ``group``; None if it is in neither."""
    for path in (folder / name, folder / group / name):
        if path.is_file():
            return path
    return None


def obtain(hashes, group, data_dir=None):
    """Contents of files, each checked, fetched first where they aren't in the data folder.

    Parameters
    ----------
    hashes : dict
        SHA-256 by file name.
    group : str
        Key of ``MIRRORS``, and the subfolder that downloads go to.
    data_dir : path, optional
        See ``data_folder``.

    Yields
    ------
    path, bytes
        For each file, in order.

    Raises
    ------
    UserError
        If a file is damaged, or is neither there nor to be had.
    """
    folder = data_folder(data_dir)
    for name, sha256 in hashes.items():
        path = find(name, group, folder)
        if path is None:
            path = _fetch(name, sha256, group, folder, all_names=hashes)
        with one_line_errors(path):
            content = path.read_bytes()
        check(content, sha256, path, "delete it and it will be fetched again")
        yield path, content


def check(content, sha256, path, remedy):
    """Refuse content whose SHA-256 isn't the published one."""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UserError(f"{path} is damaged (its SHA-256 is wrong): {remedy}")


def _fetch(name, sha256, group, folder, all_names):
    """Download a file from the first mirror that gives the right one; returns its path."""
    import pooch

    pooch.get_logger().setLevel("ERROR")  # the progress bar and our error say it all
    target = folder / group
    failures = []
    for base in MIRRORS[group]:
        downloader = pooch.HTTPDownloader(progressbar=True, chunk_size=2**16)
        try:
            # pooch writes under a temporary name and renames once the checksum is right
            return Path(pooch.retrieve(base + name, sha256, name, target, downloader=downloader))
        except (OSError, ValueError) as error:  # ValueError: wrong checksum
            reason = "wrong checksum" if isinstance(error, ValueError) else type(error).__name__
            failures.append(f"{urlsplit(base).netloc}: {reason}")
    raise UserError(
        f"could not download {name} ({', '.join(failures)}); "
        f"put {', '.join(all_names)} into {target} by hand"
    )
