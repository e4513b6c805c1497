"""SVHN's full house numbers, prepared as in section 4.4 of the paper."""

import io
import re
from contextlib import suppress

import numpy as np

from minidraw.atomic_write import write_atomically
from minidraw.datasets.base import MAX_BYTES, Dataset, Split, hold_out, middle
from minidraw.datasets.own.pictures import opened
from minidraw.datasets.readers.arrays import one_line_errors, read_npy
from minidraw.datasets.readers.download import data_folder, find, obtain_paths
from minidraw.datasets.readers.hdf5 import need_h5py, read_boxes
from minidraw.datasets.readers.tar import members
from minidraw.errors import UserError

MD5 = {
    "train": "md5:a649f4cb15c35520e8a8c342d4c0005a",
    "extra": "md5:606f41243d71ca4d5fe66dbaf1f02bee",
    "test": "md5:790d9c8d42f1fcbd219b59956c853a81",
}
COUNTS = {"train": 33_402, "extra": 202_353, "test": 13_068}
HELD = 4_701
SIDE = 64  # of the prepared pictures, in pixels
SEEN = 54  # of the part that a network sees
MARGIN = 0.15  # of the numbers' width, on either side, and of their height
MOST_BOXES = 2**31  # bytes of a digitStruct.mat
MOST_PICTURE = 2**26  # bytes of a PNG file


def load_svhn(data_dir=None):
    """SVHN's house numbers: 231,054 to train on, 4,701 for validation, 13,068 for tests.

    Each is cut to the smallest box around its digits, made 30 % wider and higher in all, and
    brought to 64x64 pixels in colour.  Every visit to a training image sees a random part of
    54x54; validation and test images are cut to their middle.  The validation images come first
    in ``fixed_order(235_755, seed=0)`` of the training numbers, followed by the extra ones (the
    paper does not say which it held out).

    The pictures are read out of ``train.tar.gz``, ``extra.tar.gz`` and ``test.tar.gz``, which
    are fetched if need be: 2.7 GB.  That takes minutes, once: what was prepared is kept beside
    them as ``train_numbers_64x64.npy`` and so on.  Loading takes 6 GB of memory for a moment,
    and then 3 GB.  SVHN is for non-commercial use.

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds these files, or ``svhn/`` with them; see ``download.data_folder``.

    Returns
    -------
    Dataset
        Training images uint8 (n, 3, 64, 64), the others (n, 3, 54, 54), channels red, green,
        blue; no labels.

    Raises
    ------
    UserError
        If h5py isn't installed, or a file is damaged, or is neither there nor to be had.
    """
    return _dataset("svhn", ("train", "extra"), data_dir)


def load_svhn_no_extra(data_dir=None):
    """As ``load_svhn`` without the extra numbers: 28,701 / 4,701 / 13,068, from 0.7 GB."""
    return _dataset("svhn-no-extra", ("train",), data_dir)


def _dataset(name, parts, data_dir):
    whole = np.concatenate([_prepared(part, data_dir) for part in parts])
    train, valid = hold_out(Split(whole), count=HELD, seed=0)
    valid, test = (
        Split(middle(images, (SEEN, SEEN)))
        for images in (valid.images, _prepared("test", data_dir))
    )
    return Dataset(name, train, valid, test)


def _prepared(part, data_dir):
    """Pictures uint8 (n, 3, 64, 64) of one of the three archives."""
    kept = f"{part}_numbers_{SIDE}x{SIDE}.npy"
    path = find(kept, "svhn", data_folder(data_dir))
    if path is not None:
        images = read_npy(path)
        if images.shape != (COUNTS[part], 3, SIDE, SIDE) or images.dtype != np.uint8:
            raise UserError(f"{path} holds something else: delete it and it will be made again")
        return images
    need_h5py()  # before anything is fetched
    [path] = obtain_paths({f"{part}.tar.gz": MD5[part]}, "svhn", data_dir)
    images = read_numbers(path, part)
    with (
        suppress(UserError),
        write_atomically(path.with_name(kept)) as file,
    ):  # it can be made again
        np.save(file, images)
    return images


def read_numbers(path, part):
    """The house numbers in an official archive, uint8 (n, 3, 64, 64), as its boxes list them.

    Parameters
    ----------
    path : path
    part : str
        The folder inside: ``train``, ``extra`` or ``test``.

    Raises
    ------
    UserError
        If the archive or a file in it is damaged, or a box lies outside its picture.
    """
    from tqdm import tqdm

    with one_line_errors(path):
        [(_, content)] = members(path, {f"{part}/digitStruct.mat": MOST_BOXES})
        boxes = read_boxes(content)
        if len(boxes) * 3 * SIDE**2 > MAX_BYTES:
            raise ValueError(f"its {len(boxes):,} pictures don't fit into 4 GiB")
        wrong = [name for name in boxes if not re.fullmatch(r"\d{1,9}\.png", name)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} in its digitStruct.mat is no picture's name")
        rows = {f"{part}/{name}": row for row, name in enumerate(boxes)}
        boxes = list(boxes.values())
        images = np.empty((len(rows), 3, SIDE, SIDE), np.uint8)
        found = members(path, dict.fromkeys(rows, MOST_PICTURE))
        for name, content in tqdm(found, part, len(rows), disable=None):
            with opened(name, io.BytesIO(content)) as picture:
                picture = picture.convert("RGB")
            images[rows[name]] = cut(picture, boxes[rows[name]], name)
    return images


def cut(picture, box, name):
    """The part of a picture around a box, and 30 % more, as 64x64 in colour.

    Parameters
    ----------
    picture : PIL.Image.Image
        In colour.
    box : tuple of four numbers
        Left, top, right and bottom in pixels counted from 0; it may reach beyond the picture,
        whose edge then is the part's too.
    name : str
        What to call it in messages.

    Returns
    -------
    array, uint8, shape (3, 64, 64)

    Raises
    ------
    ValueError
        If the box lies outside the picture.
    """
    left, top, right, bottom = box
    if right <= 0 or bottom <= 0 or left >= picture.width or top >= picture.height:
        raise ValueError(f"the box of {name} lies outside the picture")
    across, down = MARGIN * (right - left), MARGIN * (bottom - top)
    left, right = max(0, left - across), min(picture.width, right + across)
    top, bottom = max(0, top - down), min(picture.height, bottom + down)
    left, top, right, bottom = map(round, (left, top, right, bottom))
    if right <= left or bottom <= top:
        raise ValueError(f"the box of {name} is smaller than a pixel")
    from PIL import Image

    part = picture.crop((left, top, right, bottom))
    return np.asarray(part.resize((SIDE, SIDE), Image.Resampling.BICUBIC)).transpose(2, 0, 1)
