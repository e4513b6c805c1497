"""`as_images` converts arrays of pictures in common layouts to images (n, C, B, A).

An array that can be read in two ways is refused with a line that says how to make it clear.
"""

import math
import os

import numpy as np

from minidraw.errors import UserError

ROUNDING_TOLERANCE = 1e-6  # float pictures may leave [0, 1] by this much
MAX_ASPECT = 4  # three axes with longer pictures are more likely in another order
MIN_FLAT_SIDE = 3  # pixels; four columns are measurements, not pictures of 2x2
MIN_COLUMN_PIXELS = 784  # more rows than this may be pixels, each column a picture
EXPECTED_SHAPES = "expected (n, B, A), (n, B, A, 3), (n, 3, B, A) or (n, B * B)"


def as_images(array, name, image_shape=None):
    """Convert an array of pictures to the form of ``Split.images``.

    Integers up to 255 become uint8; if none is above 1, they are black and white.  Floats up to 1
    become float32, or uint8 if all are 0 or 1; floats up to 255 are divided by 255.

    Parameters
    ----------
    array : array of bools, integers or floats, or lists of them
        In one of the shapes of ``infer_image_shape``.
    name : str or path
        Its name in error messages.
    image_shape : (C, B, A), optional
        Shape of the images that a network needs.  It decides between two ways to read an array,
        and uint8 levels are then taken as they are, however dark.

    Returns
    -------
    array, shape (n, C, B, A)
        uint8 or float32 in [0, 1].

    Raises
    ------
    UserError
        If the shape, type or range is any other, or can be read in two ways.
    """
    return as_images_alike([array], name, image_shape)[0]


def as_images_alike(arrays, name, image_shape=None):
    """Convert several arrays as ``as_images`` does, all by the range of their values together."""
    arrays = [_as_array(array, name) for array in arrays]
    shapes = [_choose_shape(array, name, image_shape) for array in arrays]
    low = float(np.min([array.min() for array in arrays]))  # nan if any value is
    peaks = [float(array.max()) for array in arrays]
    high = float(np.max(peaks))
    if high > 1 + ROUNDING_TOLERANCE and min(peaks) <= 1:
        found = " and ".join(f"{peak:g}" for peak in peaks)
        raise UserError(f"{name}: the arrays reach {found}. Give all the same scale.")
    trusted = image_shape is not None and all(array.dtype == np.uint8 for array in arrays)
    black_and_white = high <= 1 and all(((a == 0) | (a == 1)).all() for a in arrays)
    if not black_and_white and not trusted:
        _check_range(low, high, name, all(array.dtype.kind == "f" for array in arrays))
    images = []
    for array, shape in zip(arrays, shapes, strict=True):
        if array.ndim == 4 and array.shape != shape:  # channels last
            array = array.transpose(0, 3, 1, 2)
        levels = _convert_levels(array, high, black_and_white)
        images.append(np.ascontiguousarray(levels.reshape(shape)))
    return images


def infer_image_shape(shape):
    """Return (n, C, B, A) for an array's shape, or None if such an array can't hold pictures.

    Accepted are (n, B, A); (n, C, B, A) and (n, B, A, C) with 1 or 3 channels; and (n, B * B)
    for square pictures.  If both orders of four axes fit, as in (n, 3, 32, 3), the channels are
    taken to be first, as in this package.
    """
    if len(shape) == 2 and math.isqrt(shape[1]) ** 2 == shape[1]:
        side = math.isqrt(shape[1])
        found = (shape[0], 1, side, side) if side >= MIN_FLAT_SIDE else None
    elif len(shape) == 3:
        found = shape[0], 1, shape[1], shape[2]
    elif len(shape) == 4 and shape[1] in (1, 3):
        found = tuple(shape)
    elif len(shape) == 4 and shape[3] in (1, 3):
        found = shape[0], shape[3], shape[1], shape[2]
    else:
        found = None
    if found is None or found[0] == 0 or min(found[2:]) < 2:  # a column is no picture
        return None
    return found


def _as_array(pictures, name):
    """Return an array of numbers, or raise an error that says what was given instead."""
    if isinstance(pictures, str | os.PathLike):
        raise UserError(f"{name}: expected an array, got a path. Read it with minidraw.load.")
    if hasattr(pictures, "toarray"):
        raise UserError(f"{name}: expected an array, got a sparse matrix. Give its .toarray().")
    try:
        array = np.asarray(pictures)
    except ValueError as error:  # lists of unequal lengths
        raise UserError(f"{name}: expected pictures of one size. Resize them first.") from error
    if array.dtype.kind == "O":
        found = (
            type(pictures if array.ndim == 0 else array.flat[0]).__name__ if array.size else "[]"
        )
        raise UserError(f"{name}: expected an array of numbers, got Python objects ({found})")
    if array.dtype.kind not in "buif":
        found = f"values are of type {array.dtype.name}"
        raise UserError(f"{name}: {found}; expected numbers from 0 to 255")
    return array


def _choose_shape(array, name, image_shape):
    """Return (n, C, B, A), or raise an error that says how to reshape the array."""
    shape = array.shape
    meant = infer_image_shape(shape)
    if meant is None:
        found = f"{name}: the array has shape {shape}; {EXPECTED_SHAPES}"
        raise UserError(f"{found}. {_propose_reshaping(shape)}")
    if image_shape is not None and meant[1:] == image_shape:
        return meant
    if len(shape) == 2 and shape[1] > shape[0] >= MIN_COLUMN_PIXELS:
        if math.isqrt(shape[0]) ** 2 == shape[0]:
            ways = "Type a.T if a column is a picture, else a[:, None].reshape(n, 1, B, A)"
            raise UserError(f"{name}: shape {shape} can be read in two ways. {ways}.")
    if len(shape) == 3 and _may_have_another_order(*shape):
        ways = "a.transpose(2, 0, 1)[:, None] if the last axis counts pictures"
        ways = f"a[:, None] if the first axis counts pictures, {ways}, a[None] if it is one picture"
        raise UserError(f"{name}: shape {shape} can be read in several ways. Give {ways}.")
    return meant


def _propose_reshaping(shape):
    if len(shape) == 2 and infer_image_shape((shape[0], shape[1] - 1)):
        return "If the first column holds labels, save images=a[:, 1:] and labels=a[:, 0] as .npz."
    if len(shape) == 4 and shape[2] in (1, 3):
        return "If the last axis counts pictures, type a.transpose(3, 2, 0, 1)."
    if len(shape) == 4 and shape[0] in (1, 3):
        return "If the last axis counts pictures, type a.transpose(3, 0, 1, 2)."
    return "Reshape it first."


def _may_have_another_order(n, height, width):
    """Return whether (n, B, A) looks like (B, A, n) of MATLAB, or like a picture (B, A, 3)."""
    longest, shortest = max(height, width), min(height, width)
    long = longest > MAX_ASPECT * shortest
    return height != width and (n == height or width > max(n, height) or long)


def _check_range(low, high, name, floats):
    """Refuse values that are neither 0..1 nor 0..255, such as 16 grey levels or percentages."""
    if not math.isfinite(low + high):
        raise UserError(f"{name}: some values are NaN or infinite. Replace them first.")
    found = f"{name}: values range from {low:g} to {high:g}; expected 0..1 or 0..255"
    if not (-ROUNDING_TOLERANCE <= low and high <= 255):
        raise UserError(f"{found}. Rescale them first.")
    if (1 + ROUNDING_TOLERANCE if floats else 1) < high < 128:
        dark = "; if the pictures are that dark, divide by 255" if high >= 2 else ""
        raise UserError(f"{found}. Divide by {high:g} first{dark}.")


def _convert_levels(array, high, black_and_white):
    """Convert checked values to uint8, or to float32 in [0, 1]."""
    if black_and_white:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind != "f":
        return array.astype(np.uint8)
    if high <= 1 + ROUNDING_TOLERANCE:
        return array.astype(np.float32).clip(0, 1)
    return (array / 255).astype(np.float32)
