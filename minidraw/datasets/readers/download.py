"""Find the files of the public sets, or fetch them once and check them."""

import hashlib
import os
from pathlib import Path
from urllib.parse import urlsplit

from minidraw.datasets.readers.arrays import one_line_errors
from minidraw.errors import UserError

MIRRORS = {
    "mnist": [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    "binarized_mnist": [
        "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",
    ],
    "cifar10": ["https://www.cs.toronto.edu/~kriz/"],
    "svhn": ["http://ufldl.stanford.edu/housenumbers/"],
}
"""Where each set's files are, in the order tried; the keys are also names of subfolders."""

REMEDY = "delete it and it will be fetched again"


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
        By file name the SHA-256, or the MD5 after ``md5:``.
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
    for path, digest in _located(hashes, group, data_dir):
        with one_line_errors(path):
            content = path.read_bytes()
        check(content, digest, path, REMEDY)
        yield path, content


def obtain_paths(hashes, group, data_dir=None):
    """As `obtain`, for files too large to be read at once: yields their paths, once checked."""
    for path, digest in _located(hashes, group, data_dir):
        with one_line_errors(path), open(path, "rb") as file:
            found = hashlib.file_digest(file, _algorithm(digest)).hexdigest()
        _compare(found, digest, path, REMEDY)
        yield path


def _located(hashes, group, data_dir):
    """The files' paths and what their digests must be; what is missing is fetched."""
    folder = data_folder(data_dir)
    for name, digest in hashes.items():
        path = find(name, group, folder)
        yield path or _fetch(name, digest, group, folder, all_names=hashes), digest


def check(content, digest, path, remedy):
    """Refuse content whose SHA-256, or MD5 after ``md5:``, isn't the published one."""
    _compare(hashlib.new(_algorithm(digest), content).hexdigest(), digest, path, remedy)


def _algorithm(digest):
    return "md5" if digest.startswith("md5:") else "sha256"


def _compare(found, digest, path, remedy):
    if found != digest.removeprefix("md5:"):
        which = {"md5": "MD5", "sha256": "SHA-256"}[_algorithm(digest)]
        raise UserError(f"{path} is damaged (its {which} is wrong): {remedy}")


def _fetch(name, digest, group, folder, all_names):
    """Download a file from the first mirror that gives the right one; returns its path."""
    import pooch

    pooch.get_logger().setLevel("ERROR")  # the progress bar and our error say it all
    target = folder / group
    failures = []
    for base in MIRRORS[group]:
        downloader = pooch.HTTPDownloader(progressbar=True, chunk_size=2**16)
        try:
            # pooch writes under a temporary name and renames once the checksum is right
            return Path(pooch.retrieve(base + name, digest, name, target, downloader=downloader))
        except (OSError, ValueError) as error:  # ValueError: wrong checksum
            reason = "wrong checksum" if isinstance(error, ValueError) else type(error).__name__
            failures.append(f"{urlsplit(base).netloc}: {reason}")
    raise UserError(
        f"could not download {name} ({', '.join(failures)}); "
        f"put {', '.join(all_names)} into {target} by hand"
    )
