"""CIFAR-10 (section 4.5 of the paper), from its official binary batches."""

import hashlib

import numpy as np

from minidraw.datasets.base import Dataset, Split, hold_out
from minidraw.datasets.readers.array_files import one_line_errors
from minidraw.datasets.readers.download import find_data_folder, obtain_paths
from minidraw.datasets.readers.tar import read_members
from minidraw.regular_files import read_regular

GROUP = "cifar10"
FOLDER = "cifar-10-batches-bin"
ARCHIVE = {
    "cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
}
MD5 = {
    "data_batch_1.bin": "5dd7e06a14cb22eb9f671a540d1b7c25",
    "data_batch_2.bin": "5ea93a67294ea407fff1d09f752e9692",
    "data_batch_3.bin": "942cd6a4bcdd0dd3c604fbe906cb4421",
    "data_batch_4.bin": "ae636b3ba5c66a11e91e8cb52e771fcb",
    "data_batch_5.bin": "53f37980c15c3d472c316c40844f3f0d",
    "test_batch.bin": None,  # only the archive's hash is published
}
BATCH_IMAGES = 10_000
RECORD_BYTES = 1 + 3 * 32 * 32  # an image: its class, then red, green and blue, row by row
VALIDATION_IMAGES = 5_000


def load_cifar10(data_dir=None):
    """Load CIFAR-10: 45,000 training, 5,000 validation and the official 10,000 test images.

    They are read from the unpacked folder ``cifar-10-batches-bin`` if there is one, else from
    ``cifar-10-binary.tar.gz``, which is downloaded if missing.  Validation images are the first of
    ``seeded_permutation(50_000, seed=0)`` of the official training images, for every seed of a
    run; both parts keep the official order.

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds either, or ``cifar10/`` with it; see ``download.find_data_folder``.

    Returns
    -------
    Dataset
        Images uint8 (n, 3, 32, 32), channels red, green, blue; labels 0 to 9.  ``test`` is None
        if an unpacked folder has no ``test_batch.bin``.

    Raises
    ------
    UserError
        If a file is damaged or of the wrong length, or is missing and can't be downloaded.
    """
    unpacked = _find_unpacked(find_data_folder(data_dir))
    if unpacked is not None:
        batches = _read_folder(unpacked)
    else:
        [path] = obtain_paths(ARCHIVE, GROUP, data_dir)
        batches = read_archive(path)
    test = batches.pop("test_batch.bin", None)
    train, valid = hold_out(_build_split(batches.values()), count=VALIDATION_IMAGES, seed=0)
    return Dataset("cifar10", train, valid, _build_split([test]) if test is not None else None)


def read_batch(content, path, md5=None):
    """Return images uint8 (10,000, 3, 32, 32) and classes; ``path`` is for messages."""
    with one_line_errors(path):
        _check_length(len(content))
        if md5 and hashlib.md5(content).hexdigest() != md5:
            raise ValueError("the batch is damaged: its MD5 is wrong")
        records = np.frombuffer(content, np.uint8).reshape(BATCH_IMAGES, RECORD_BYTES)
        labels = records[:, 0].astype(np.int64)
        if labels.max() > 9:
            raise ValueError(f"an image has class {labels.max()}; expected 0 to 9")
    return records[:, 1:].reshape(-1, 3, 32, 32), labels


def _check_length(length):
    if length != BATCH_IMAGES * RECORD_BYTES:
        raise ValueError(f"it has {length:,} bytes; expected {BATCH_IMAGES * RECORD_BYTES:,}")


def _build_split(batches):
    images, labels = zip(*batches, strict=True)
    return Split(np.concatenate(images), np.concatenate(labels))


def _find_unpacked(folder):
    """Return the folder with the unpacked batches, or None."""
    for above in (folder, folder / GROUP):
        for place in (above, above / FOLDER):
            if (place / "data_batch_1.bin").is_file():
                return place
    return None


def _read_folder(folder):
    batches = {}
    for name, md5 in MD5.items():
        path = folder / name
        if name == "test_batch.bin" and not path.is_file():
            continue
        with one_line_errors(path):
            content = read_regular(path, BATCH_IMAGES * RECORD_BYTES)
        batches[name] = read_batch(content, path, md5)
    return batches


def read_archive(path):
    """Read the batches by name, in the order of `MD5`, from the official archive."""
    wanted = {f"{FOLDER}/{name}": BATCH_IMAGES * RECORD_BYTES for name in MD5}
    with one_line_errors(path):
        found = dict(read_members(path, wanted, total_bytes=2 * sum(wanted.values())))
    return {
        name: read_batch(found[f"{FOLDER}/{name}"], f"{path}: {name}", md5)
        for name, md5 in MD5.items()
    }
