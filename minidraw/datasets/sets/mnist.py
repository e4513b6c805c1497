"""MNIST's digits: 5,000 bundled ones, the whole set, and its static binarisation."""

import numpy as np

from minidraw.datasets.base import Dataset, Split, bundled_path, hold_out
from minidraw.datasets.readers.array_files import read_npz
from minidraw.datasets.readers.download import (
    check_digest,
    find_data_folder,
    find_file,
    obtain_contents,
)
from minidraw.datasets.sets.mnist_files import read_mnist

DIGITS_FILE = "mnist_5k.npz"
DIGITS_SHA256 = "ec56671eedea578fe38198d455616f721540adb79079f21462763a80602814a0"

AMAT_SHA256 = {
    "binarized_mnist_train.amat": "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d",  # noqa: E501
    "binarized_mnist_valid.amat": "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2",  # noqa: E501
    "binarized_mnist_test.amat": "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c",  # noqa: E501
}
PACKED_FILE = "binarized_mnist_packed.npz"
# of the arrays' bytes, in a file from which the official .amat texts were rebuilt and checked
PACKED_SHA256 = {
    "train": "727146c35424b019f3e350e1e69faa05644a0abaf787e3f4e1a9632220a13906",  # noqa: E501
    "valid": "a256ac44ae26be720fad8616a05ed6ecfd1619930d9a208379bb2a4405df5b6d",
    "test": "9fcd8da6f0fdf09b2ba30fe63a0bb784042a0de82563172530229b983e294ff2",
}


def load_digits(data_dir=None):
    """Load the 5,000 bundled MNIST training digits (``data/README.md``).

    The first 4,500 images are for training and the last 500 for validation, 450 and 50 of each
    class.  There is no test set.  All 5,000 are among the 60,000 of ``mnist``, so test a model
    trained here only on the test set there.  ``data_dir`` has no effect.

    Returns
    -------
    Dataset
        Images uint8 (n, 1, 28, 28).

    Raises
    ------
    UserError
        If the file is missing or damaged.
    """
    path = bundled_path(DIGITS_FILE)
    check_digest(path.read_bytes(), DIGITS_SHA256, path, "Install minidraw again.")
    images, labels = read_npz(path, "images"), read_npz(path, "labels")
    whole = _build_split(images, labels)
    return Dataset("digits", whole.take(slice(4500)), whole.take(slice(4500, None)))


def load_mnist(data_dir=None):
    """Load MNIST: 50,000 training, 10,000 validation and the official 10,000 test images.

    Validation images are the first of ``seeded_permutation(60_000, seed=0)`` of the official
    training images, for every seed of a run; both parts keep MNIST's order.

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds the four files, plain or gzipped, or has them in a subfolder; see
        ``download.find_data_folder``.

    Returns
    -------
    Dataset
        Images uint8 (n, 1, 28, 28).

    Raises
    ------
    UserError
        If a file is missing and can't be downloaded.
    """
    parts = read_mnist(data_dir)
    train, valid = hold_out(_build_split(*parts[:2]), count=10_000, seed=0)
    return Dataset("mnist", train, valid, _build_split(*parts[2:]))


def load_binarized_mnist(data_dir=None):
    """Load MNIST with static binarisation: 50,000 / 10,000 / 10,000 images, no labels.

    The paper and the work it compares with report results on this binarisation of Salakhutdinov
    and Murray (2008), split by Larochelle.  Order and split differ from ``load_mnist``: 8,361 of
    the 10,000 validation digits are training digits there.  The test digits are the same.

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds the three official ``.amat`` texts or ``binarized_mnist_packed.npz``,
        or ``binarized_mnist/`` with them; see ``download.find_data_folder``.

    Returns
    -------
    Dataset
        Images uint8 (n, 1, 28, 28) with levels 0 and 255, ``binary=True``.

    Raises
    ------
    UserError
        If a file is damaged, or is missing and can't be downloaded.
    """
    packed = find_file(PACKED_FILE, "binarized_mnist", find_data_folder(data_dir))
    if packed is not None:
        bits = _read_packed_bits(packed)
    else:
        files = obtain_contents(AMAT_SHA256, "binarized_mnist", data_dir)
        bits = [_parse_amat_bits(content) for _, content in files]
    splits = [Split((b * np.uint8(255)).reshape(-1, 1, 28, 28)) for b in bits]
    return Dataset("binarized-mnist", *splits, binary=True)


def _build_split(images, labels):
    return Split(images[:, None], labels.astype(np.int64))


def _read_packed_bits(path):
    """Read the three splits, uint8 (n, 784), stored with eight pixels per byte."""
    parts = []
    for name, sha256 in PACKED_SHA256.items():
        content = read_npz(path, name).tobytes()
        check_digest(content, sha256, path, "Move it away to download the official files.")
        packed = np.frombuffer(content, np.uint8).reshape(-1, 98)
        parts.append(np.unpackbits(packed, axis=1, count=784))
    return parts


def _parse_amat_bits(content):
    """Parse a split, uint8 (n, 784), from checked text: ``0 1 ... 0`` per line."""
    return np.frombuffer(content, np.uint8).reshape(-1, 2 * 784)[:, ::2] - ord("0")
