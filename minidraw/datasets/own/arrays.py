"""Turn the arrays people keep pictures in into images (n, C, B, A) of one kind."""

import math

import numpy as np

from minidraw.errors import UserError

ROUNDING = 1e-6  # how far float pictures may leave [0, 1] by rounding


def image_shape(shape):
    """The (n, C, B, A) that an array of this shape stands for; None if it can't be pictures.

    Accepted are (n, B, A); (n, C, B, A) and (n, B, A, C) with 1 or 3 channels; and (n, B * B)
    for square pictures.  Where both orders of four axes fit, as in (n, 3, 32, 3), the channels
    are taken to be first: that is the order of this package.
    """
    if 0 in shape:
        return None
    if len(shape) == 2 and math.isqrt(shape[1]) ** 2 == shape[1]:
        return shape[0], 1, math.isqrt(shape[1]), math.isqrt(shape[1])
    if len(shape) == 3:
        return shape[0], 1, shape[1], shape[2]
    if len(shape) == 4 and shape[1] in (1, 3):
        return tuple(shape)
    if len(shape) == 4 and shape[3] in (1, 3):
        return shape[0], shape[3], shape[1], shape[2]
    return None


def as_images(array, where):
    """Bring an array of pictures into the form of ``Split.images``.

    Whole numbers up to 255 become uint8; if none is above 1 they mean black and white.  Floats
    up to 1 become float32, or uint8 if all are 0 or 1; floats up to 255 are divided by 255.

    Parameters
    ----------
    array : array of bools, integers or floats
        In one of the shapes of ``image_shape``.
    where : str or path
        What to call it in messages.

    Returns
    -------
    array, shape (n, C, B, A)
        uint8 or float32 in [0, 1].

    Raises
    ------
    UserError
        If shape, type or range are none of these.
    """
    shape = image_shape(array.shape)
    if shape is None:
        raise UserError(
            f"{where} has shape {array.shape}, which is none of "
            "(n, B, A), (n, B, A, 3), (n, 3, B, A) and (n, B * B)"
        )
    if array.ndim == 4 and array.shape != shape:  # channels last
        array = array.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(_levels(array, where).reshape(shape))


def _levels(array, where):
    """Values as uint8 or as float32 in [0, 1]."""
    if array.dtype.kind not in "buif":
        raise UserError(f"{where} holds {array.dtype.name} values, not numbers from 0 to 255")
    low, high = float(array.min()), float(array.max())  # nan if any value is
    whole = array.dtype.kind != "f"
    if not (-ROUNDING <= low and high <= 255):
        raise UserError(
            f"{where} has values from {low:g} to {high:g}; pictures need 0 to 1 or 0 to 255"
        )
    if high <= 1 and ((array == 0) | (array == 1)).all():
        return array.astype(np.uint8) * np.uint8(255)
    if whole:
        return array.astype(np.uint8)
    if high <= 1 + ROUNDING:
        return array.astype(np.float32).clip(0, 1)
    if high < 2:  # a full range of 0 to 255 that ends here would be a black picture
        raise UserError(
            f"{where} has values from {low:g} to {high:g}, neither 0 to 1 nor 0 to 255; "
            "divide by the largest"
        )
    return (array / 255).astype(np.float32)
