"""SVHN's single digits: the official 32x32 .mat files."""

import numpy as np

from minidraw.datasets.base import Dataset, Split, hold_out
from minidraw.datasets.readers.array_files import one_line_errors
from minidraw.datasets.readers.download import obtain_paths
from minidraw.datasets.readers.mat import read_mat

MD5 = {
    "train_32x32.mat": "md5:e26dedcc434d2e4c54c9b2d4a06d8373",
    "test_32x32.mat": "md5:eb5a983be6a315427106f1b164d9cef3",
}
VALIDATION_IMAGES = 5_000


def load_svhn_digits(data_dir=None):
    """Load SVHN's 73,257 training digits, 5,000 of them for validation, and 26,032 test digits.

    Validation images are the first of ``seeded_permutation(73_257, seed=0)``.  The 531,131 easier
    digits of ``extra_32x32.mat`` are not used.  SVHN is for non-commercial use.

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds ``train_32x32.mat`` and ``test_32x32.mat``, or ``svhn/`` with them; see
        ``download.find_data_folder``.

    Returns
    -------
    Dataset
        Images uint8 (n, 3, 32, 32), channels red, green, blue; labels 0 to 9.

    Raises
    ------
    UserError
        If a file is damaged, or is missing and can't be downloaded.
    """
    train, test = (read_digits(path) for path in obtain_paths(MD5, "svhn", data_dir))
    train, valid = hold_out(train, count=VALIDATION_IMAGES, seed=0)
    return Dataset("svhn-digits", train, valid, test)


def read_digits(path):
    """Read digits from a .mat file with X (32, 32, 3, n) and y (n, 1); class 10 means 0.

    Raises
    ------
    UserError
        If the file is truncated, too large or not such a .mat.
    """
    with one_line_errors(path):
        X, y = read_mat(path, ("X", "y")).values()
        if X.shape != (32, 32, 3, X.shape[-1]) or y.shape != (X.shape[-1], 1):
            found = f"X has shape {X.shape} and y {y.shape}"
            raise ValueError(f"{found}; expected (32, 32, 3, n) and (n, 1)")
        if X.dtype != np.uint8:
            raise ValueError(f"X holds {X.dtype.name} values; expected uint8")
        if not np.isin(y, np.arange(1, 11)).all():
            raise ValueError("y holds classes other than 1 to 10")
        return Split(np.ascontiguousarray(X.transpose(3, 2, 0, 1)), y[:, 0].astype(np.int64) % 10)
