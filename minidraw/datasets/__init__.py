"""Where images come from: sets of digits, scenes made of them, and pictures of one's own."""

import difflib
import os
from dataclasses import replace

from minidraw.datasets.base import Dataset, Split, as_float, carried_path
from minidraw.datasets.own.arrays import as_images
from minidraw.datasets.own.loading import from_array, own_pictures
from minidraw.datasets.own.pictures import one_picture
from minidraw.datasets.scenes import Scenes
from minidraw.datasets.sets.cifar10 import load_cifar10
from minidraw.datasets.sets.cluttered import load_cluttered, load_cluttered_digits
from minidraw.datasets.sets.mnist import load_binarized_mnist, load_digits, load_mnist
from minidraw.datasets.sets.svhn import load_svhn, load_svhn_no_extra
from minidraw.datasets.sets.svhn_digits import load_svhn_digits
from minidraw.datasets.sets.two_digits import load_two_digits
from minidraw.errors import UserError

__all__ = [
    "NAMES",
    "Dataset",
    "Scenes",
    "Split",
    "as_float",
    "as_images",
    "carried_path",
    "from_array",
    "load",
    "one_picture",
]

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
NAMES = tuple(_LOADERS)


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
    """Load a set of images by its name, or one's own from a path.

    Parameters
    ----------
    name_or_path : str or path
        ``digits`` (5,000 of MNIST, part of the package), another of the names in `NAMES`, which
        are fetched or made, or the path of a ``.npz``, ``.npy`` or idx file or of a folder of PNG
        and JPEG files.  A name goes before a path; write ``./digits`` for a folder called that.
        Pictures of many sizes may come as an ``.npz`` of ``pixels``, ``offsets``, ``heights``
        and ``widths`` (``ragged.fit_ragged``).
    data_dir : path, optional
        Where the files of the public sets are, or are put after the first download.  Default:
        the environment variable ``MINIDRAW_DATA``, else the user's cache folder.
    size : int or (int, int), optional
        Own pictures only: height and width to bring every picture to.  The whole picture is
        kept, in its proportions, in the middle of more of its own background; what is
        transparent counts as white.
    stretch : bool
        Own pictures only: fill ``size`` in place of keeping the proportions.
    invert : bool
        Own pictures only: swap light and dark, for dark ink on white paper.
    crop : int or (int, int), optional
        Own pictures only: train on parts of this height and width, at a random place at every
        visit; the pictures held out are cut to their middle.
    valid : float or int, optional
        Own pictures only: part (below 1) or number of pictures held out for validation.
        Default: a tenth, at least one.
    seed : int
        Own pictures only: which ones are held out.

    Returns
    -------
    Dataset

    Raises
    ------
    UserError
        With one line that says what is wrong and how to mend it: an unknown name, files that
        are missing, damaged or hold no pictures, pictures of several sizes, values outside 0 to
        255, fewer than two pictures.
    """
    name = os.fspath(name_or_path)
    if name in _LOADERS:
        own = {"size": size, "stretch": stretch, "invert": invert, "crop": crop, "valid": valid}
        given = [key for key, value in own.items() if value is not None and value is not False]
        if given:
            raise UserError(f"{name} has its own size and split: leave out {', '.join(given)}")
        return _LOADERS[name](data_dir)
    if os.path.exists(name):
        how = {"size": size, "stretch": stretch, "invert": invert, "crop": crop}
        data = own_pictures(name, **how, valid=valid, seed=seed)
        taken = data.name in _LOADERS  # such a folder isn't the set of that name
        return replace(data, name=f"./{data.name}") if taken else data
    nearest = difflib.get_close_matches(name.lower(), NAMES, n=1, cutoff=0)[0]
    raise UserError(
        f"there is no data set and no path '{name}'; did you mean {nearest}? "
        f"The sets are {', '.join(NAMES)}; anything else must be a path"
    )
