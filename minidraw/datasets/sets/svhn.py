"""SVHN's full house numbers, prepared as in section 4.4 of the paper."""

import io
import re
from contextlib import suppress

import numpy as np

from minidraw.atomic_write import write_atomically
from minidraw.datasets.base import Dataset, Split, central_crop, hold_out
from minidraw.datasets.own.pictures import open_picture
from minidraw.datasets.readers.array_files import one_line_errors, read_npy
from minidraw.datasets.readers.digit_struct import import_h5py, read_boxes
from minidraw.datasets.readers.download import find_data_folder, find_file, obtain_paths
from minidraw.datasets.readers.tar import read_members
from minidraw.errors import UserError
from minidraw.progress import make_bar
from minidraw.regular_files import MAX_ARRAY_BYTES

MD5 = {
    "train": "md5:a649f4cb15c35520e8a8c342d4c0005a",
    "extra": "md5:606f41243d71ca4d5fe66dbaf1f02bee",
    "test": "md5:790d9c8d42f1fcbd219b59956c853a81",
}
PICTURE_COUNTS = {"train": 33_402, "extra": 202_353, "test": 13_068}
VALIDATION_IMAGES = 4_701
PICTURE_SIDE = 64  # pixels, once prepared
CROP_SIDE = 54  # pixels that a network sees
MARGIN = 0.15  # on each side, as a fraction of the number's width or height
MAX_DIGIT_STRUCT_BYTES = 2**31
MAX_PICTURE_BYTES = 2**26  # of a PNG file


def load_svhn(data_dir=None):
    """Load SVHN's house numbers: 231,054 training, 4,701 validation and 13,068 test images.

    Each is cut to the smallest box around its digits, made 30 % wider and higher, and resized
    to 64x64 pixels in colour.  Training uses random 54x54 crops; validation and test images are
    cropped centrally.  Validation images are the first of ``seeded_permutation(235_755, seed=0)``
    of the training numbers followed by the extra ones (the paper doesn't name its own).

    The pictures come from ``train.tar.gz``, ``extra.tar.gz`` and ``test.tar.gz``, 2.7 GB, which
    are downloaded if missing.  The first load takes minutes; it saves the prepared pictures beside
    the archives as ``train_numbers_64x64.npy`` and so on.  Loading needs 6 GB of memory at its
    peak and 3 GB afterwards.  SVHN is for non-commercial use.

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds these files, or ``svhn/`` with them; see ``download.find_data_folder``.

    Returns
    -------
    Dataset
        Training images uint8 (n, 3, 64, 64), the others (n, 3, 54, 54), channels red, green,
        blue; no labels.

    Raises
    ------
    UserError
        If h5py isn't installed, or if a file is damaged, or missing and can't be downloaded.
    """
    return _build_dataset("svhn", ("train", "extra"), data_dir)


def load_svhn_no_extra(data_dir=None):
    """Load SVHN without the extra numbers: 28,701 / 4,701 / 13,068 images, from 0.7 GB."""
    return _build_dataset("svhn-no-extra", ("train",), data_dir)


def _build_dataset(name, parts, data_dir):
    whole = np.concatenate([_prepare_part(part, data_dir) for part in parts])
    train, valid = hold_out(Split(whole), count=VALIDATION_IMAGES, seed=0)
    valid, test = (
        Split(central_crop(images, (CROP_SIDE, CROP_SIDE)))
        for images in (valid.images, _prepare_part("test", data_dir))
    )
    return Dataset(name, train, valid, test)


def _prepare_part(part, data_dir):
    """Return the prepared pictures, uint8 (n, 3, 64, 64), of one archive."""
    prepared = f"{part}_numbers_{PICTURE_SIDE}x{PICTURE_SIDE}.npy"
    path = find_file(prepared, "svhn", find_data_folder(data_dir))
    if path is not None:
        images = read_npy(path)
        shape = PICTURE_COUNTS[part], 3, PICTURE_SIDE, PICTURE_SIDE
        if images.shape != shape or images.dtype != np.uint8:
            found = f"holds {images.dtype.name} {images.shape}; expected uint8 {shape}"
            raise UserError(f"{path} {found}. Delete it; the next run makes it again.")
        return images
    import_h5py()  # fail before the download
    [path] = obtain_paths({f"{part}.tar.gz": MD5[part]}, "svhn", data_dir)
    images = read_numbers(path, part)
    with suppress(UserError), write_atomically(path.with_name(prepared)) as file:
        np.save(file, images)  # a failure costs only time at the next load
    return images


def read_numbers(path, part):
    """Read an official archive's house numbers, uint8 (n, 3, 64, 64), in the order of its boxes.

    Parameters
    ----------
    path : path
    part : str
        Folder in the archive: ``train``, ``extra`` or ``test``.

    Raises
    ------
    UserError
        If the archive or a file in it is damaged, or a box lies outside its picture.
    """
    with one_line_errors(path):
        [(_, content)] = read_members(path, {f"{part}/digitStruct.mat": MAX_DIGIT_STRUCT_BYTES})
        boxes = read_boxes(content)
        if len(boxes) * 3 * PICTURE_SIDE**2 > MAX_ARRAY_BYTES:
            raise ValueError(f"{len(boxes):,} pictures exceed 4 GiB")
        wrong = [name for name in boxes if not re.fullmatch(r"\d{1,9}\.png", name)]
        if wrong:
            raise ValueError(f"digitStruct.mat lists {wrong[0]!r}; expected names like 1.png")
        rows = {f"{part}/{name}": row for row, name in enumerate(boxes)}
        boxes = list(boxes.values())
        images = np.empty((len(rows), 3, PICTURE_SIDE, PICTURE_SIDE), np.uint8)
        found = read_members(path, dict.fromkeys(rows, MAX_PICTURE_BYTES))
        for name, content in make_bar(found, part, len(rows)):
            with open_picture(name, io.BytesIO(content)) as picture:
                picture = picture.convert("RGB")
            images[rows[name]] = cut_number(picture, boxes[rows[name]], name)
    return images


def cut_number(picture, box, name):
    """Cut out a box enlarged by 30 %, and resize it to 64x64 in colour.

    Parameters
    ----------
    picture : PIL.Image.Image
        In colour.
    box : tuple of four numbers
        Left, top, right and bottom in pixels counted from 0.  Parts beyond the picture are
        cut off.
    name : str
        Name of the picture in error messages.

    Returns
    -------
    array, uint8, shape (3, 64, 64)

    Raises
    ------
    ValueError
        If the box lies outside the picture or is smaller than a pixel.
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
    resized = part.resize((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.BICUBIC)
    return np.asarray(resized).transpose(2, 0, 1)
