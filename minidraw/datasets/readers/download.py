"""`obtain_contents` and `obtain_paths` find the public sets' files, or download them once."""

import hashlib
import os
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from urllib.parse import urlsplit

from minidraw.datasets.readers.array_files import one_line_errors
from minidraw.datasets.readers.transfer import TransferError, transfer
from minidraw.errors import UserError
from minidraw.regular_files import MAX_ARRAY_BYTES, open_regular, read_regular

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
"""Addresses of each group of files, in the order tried; the keys also name subfolders."""

DOWNLOAD_AGAIN = "Move it away to download it again."
_may_download = ContextVar("may_download", default=True)


def obtain_contents(hashes, group, data_dir=None):
    """Yield the checked contents of files; download those that aren't in the data folder.

    Parameters
    ----------
    hashes : dict
        File name to its SHA-256, or to ``md5:`` and its MD5.
    group : str
        Key of ``MIRRORS``, and the subfolder that downloads go to.
    data_dir : path, optional
        See ``find_data_folder``.

    Yields
    ------
    path, bytes
        For each file, in order.

    Raises
    ------
    UserError
        If a file is damaged, or is missing and can't be downloaded.
    """
    for path, digest in _locate(hashes, group, data_dir):
        with one_line_errors(path):
            content = read_regular(path, MAX_ARRAY_BYTES)
        check_digest(content, digest, path, DOWNLOAD_AGAIN)
        yield path, content


def obtain_paths(hashes, group, data_dir=None):
    """Yield paths of checked files instead of their contents, for files that are too large."""
    for path, digest in _locate(hashes, group, data_dir):
        with one_line_errors(path), open_regular(path) as file:
            found = hashlib.file_digest(file, _get_algorithm(digest)).hexdigest()
        _compare_digest(found, digest, path, DOWNLOAD_AGAIN)
        yield path


@contextmanager
def offline():
    """Let sets be loaded only if their files are on this computer; otherwise raise a UserError."""
    former = _may_download.set(False)
    try:
        yield
    finally:
        _may_download.reset(former)


def find_data_folder(data_dir=None):
    """Return the public sets' folder: the argument, ``$MINIDRAW_DATA`` or the user's cache."""
    chosen = data_dir or os.environ.get("MINIDRAW_DATA")
    if chosen:
        return Path(chosen).expanduser()
    import pooch  # slow to import and rarely needed

    return Path(pooch.os_cache("minidraw"))


def find_file(name, group, folder):
    """Return the path of a file in the folder or in its subfolder ``group``, or None."""
    for path in (folder / name, folder / group / name):
        if path.is_file():
            return path
    return None


def check_digest(content, digest, path, remedy):
    """Raise a UserError if the content doesn't match its published SHA-256 or MD5."""
    _compare_digest(hashlib.new(_get_algorithm(digest), content).hexdigest(), digest, path, remedy)


def _compare_digest(found, digest, path, remedy):
    if found != digest.removeprefix("md5:"):
        algorithm = {"md5": "MD5", "sha256": "SHA-256"}[_get_algorithm(digest)]
        raise UserError(
            f"{path} is damaged, or another file of that name: its {algorithm} is wrong. {remedy}"
        )


def _get_algorithm(digest):
    return "md5" if digest.startswith("md5:") else "sha256"


def _locate(hashes, group, data_dir):
    """Yield the path and digest of each file; download missing ones."""
    folder = find_data_folder(data_dir)
    for name, digest in hashes.items():
        path = find_file(name, group, folder)
        yield path or _download(name, digest, group, folder, all_names=hashes), digest


def _download(name, digest, group, folder, all_names):
    """Download a file from the first mirror that has it undamaged, and return its path."""
    if not _may_download.get():
        raise UserError(f"{name} is not in {folder}. Name its data set with --data to download it.")
    import pooch

    pooch.get_logger().setLevel("ERROR")  # the progress bar and our error say enough
    target = folder / group
    failures = []

    def downloader(url, path, _):
        transfer(url, path, name)

    for base in MIRRORS[group]:
        try:
            # pooch writes under a temporary name and renames once the checksum is right
            return Path(pooch.retrieve(base + name, digest, name, target, downloader=downloader))
        except (OSError, ValueError) as error:
            reason = "wrong checksum" if type(error) is ValueError else type(error).__name__
            reason = str(error) if isinstance(error, TransferError) else reason
            failures.append(f"{urlsplit(base).netloc}: {reason}")
    raise UserError(
        f"can't download {name} ({', '.join(failures)}). "
        f"Put {', '.join(all_names)} into {target} by hand."
    )
