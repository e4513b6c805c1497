"""Where images come from: sets of digits, scenes made of them, and pictures of one's own."""

import difflib
import os

from minidraw.datasets.arrays import as_images
from minidraw.datasets.base import Dataset, Split, as_float, carried_path
from minidraw.datasets.cluttered import load_cluttered, load_cluttered_digits
from minidraw.datasets.mnist import load_binarized_mnist, load_digits, load_mnist
from minidraw.datasets.own import from_array, own_pictures
from minidraw.datasets.pictures import one_picture
from minidraw.datasets.scenes import Scenes
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
}
NAMES = tuple(_LOADERS)


def load(name_or_path, *, data_dir=None, size=None, invert=False, valid=None, seed=0):
    """Load a set of images by its name, or one's own from a path.

    Parameters
    ----------
    name_or_path : str or path
        ``digits`` (5,000 of MNIST, part of the package), ``mnist``, ``binarized-mnist``,
        ``cluttered`` (MNIST's digits among pieces of others), ``cluttered-digits`` (the same of
        ``digits``), or the path of a ``.npz``, ``.npy`` or idx file or of a folder of PNG and
        JPEG files.  A name goes before a path; write ``./digits`` for a folder called that.
    data_dir : path, optional
        Where the files of the public sets are, or are put after the first download.  Default:
        the environment variable ``MINIDRAW_DATA``, else the user's cache folder.
    size : int or (int, int), optional
        Own pictures only: height and width to bring every picture to.  The whole picture is
        kept, in its proportions, in the middle of more of its own background; what is
        transparent counts as white.
    invert : bool
        Own pictures only: swap light and dark, for dark ink on white paper.
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
        if size is not None or invert or valid is not None:
            raise UserError(f"{name} has its own size and split: leave out size, invert and valid")
        return _LOADERS[name](data_dir)
    if os.path.exists(name):
        return own_pictures(name, size=size, invert=invert, valid=valid, seed=seed)
    nearest = difflib.get_close_matches(name.lower(), NAMES, n=1, cutoff=0)[0]
    raise UserError(
        f"there is no data set and no path '{name}'; did you mean {nearest}? "
        f"The sets are {', '.join(NAMES)}; anything else must be a path"
    )
