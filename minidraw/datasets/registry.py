"""`load` finds a public set by its name and the user's own pictures by their path."""

import difflib
import os
from dataclasses import replace

from minidraw.datasets.own.collection import load_own_pictures
from minidraw.datasets.sets.cifar10 import load_cifar10
from minidraw.datasets.sets.cluttered import load_cluttered, load_cluttered_digits
from minidraw.datasets.sets.mnist import load_binarized_mnist, load_digits, load_mnist
from minidraw.datasets.sets.svhn import load_svhn, load_svhn_no_extra
from minidraw.datasets.sets.svhn_digits import load_svhn_digits
from minidraw.datasets.sets.two_digits import load_two_digits
from minidraw.errors import UserError, UserTypeError, quote

_LOADERS = {
    "digits": load_digits,
    "mnist": load_mnist,
    "binarized-mnist": load_binarized_mnist,
    "cluttered": load_cluttered,
    "cluttered-digits": load_cluttered_digits,
    "two-digits": load_two_digits,
    "cifar10": load_cifar10,
    "svhn": load_svhn,
    "svhn-no-extra": load_svhn_no_extra,
    "svhn-digits": load_svhn_digits,
}
DATASET_NAMES = tuple(_LOADERS)


def load(
    name_or_path,
    *,
    data_dir=None,
    size=None,
    stretch=False,
    invert=False,
    crop=None,
    valid=None,
    seed=0,
):
    """Load a public set by its name, or your own pictures by their path.

    Parameters
    ----------
    name_or_path : str or path
        ``digits`` (5,000 of MNIST, bundled), another name in `DATASET_NAMES`, or the path of a
        ``.npz``, ``.npy`` or idx file, or of a folder of pictures, idx or ``.npy`` files.
        Subfolders and arrays may be named for splits (``train``, ``test``) or, subfolders, for
        classes.  ``Dataset.notes`` says what was left out.  Names of public sets take precedence:
        write ``./digits`` for a folder called digits.  Pictures of many sizes may come as an
        ``.npz`` of ``pixels``, ``offsets``, ``heights`` and ``widths`` (``ragged.fit_ragged``).
    data_dir : path, optional
        Folder of the public sets; by default ``$MINIDRAW_DATA``, else the user's cache folder.
    size : int or (int, int), optional
        Own pictures only: height and width that every picture is resized to.  Pictures keep their
        proportions and are padded with their background; transparent pixels become white.
    stretch : bool
        Own pictures only: fill ``size`` instead of keeping the proportions.
    invert : bool
        Own pictures only: swap light and dark, for dark ink on white paper.
    crop : int or (int, int), optional
        Own pictures only: train on random crops of this height and width.
    valid : float or int, optional
        Own pictures only: fraction (below 1) or number held out for validation; default 0.1.
    seed : int
        Own pictures only: chooses the pictures that are held out.

    Returns
    -------
    Dataset

    Raises
    ------
    UserError
        If the name is unknown, or files are missing, damaged or hold no suitable pictures.
    """
    if not isinstance(name_or_path, str | os.PathLike):
        raise UserTypeError(f"expected the name or path of a data set, got {quote(name_or_path)}")
    name = os.fspath(name_or_path)
    own = {"size": size, "stretch": stretch, "invert": invert, "crop": crop, "valid": valid}
    if name in _LOADERS:
        given = [key for key, value in own.items() if value is not None and value is not False]
        if given:
            raise UserError(f"{name} has its own size and split. Leave out {', '.join(given)}.")
        return _LOADERS[name](data_dir)
    if os.path.exists(name):
        data = load_own_pictures(name, **own, seed=seed)
        # a file called svhn isn't the set of that name
        return replace(data, name=f"./{data.name}") if data.name in _LOADERS else data
    nearest = difflib.get_close_matches(name.lower(), DATASET_NAMES, n=1, cutoff=0)[0]
    choices = f"Choose from {', '.join(DATASET_NAMES)}, or give the path of a file or folder."
    raise UserError(f"unknown data set or path '{name}'; did you mean {nearest}? {choices}")
