"""`as_images` converts arrays of pictures in common layouts to images (n, C, B, A)."""

import math

import numpy as np

from minidraw.errors import UserError

ROUNDING_TOLERANCE = 1e-6  # float pictures may leave [0, 1] by this much


def as_images(array, name):
    """Convert an array of pictures to the form of ``Split.images``.

    Integers up to 255 become uint8; if none is above 1, they are black and white.  Floats up to 1
    become float32, or uint8 if all are 0 or 1; floats up to 255 are divided by 255.

    Parameters
    ----------
    array : array of bools, integers or floats
        In one of the shapes of ``infer_image_shape``.
    name : str or path
        Its name in error messages.

    Returns
    -------
    array, shape (n, C, B, A)
        uint8 or float32 in [0, 1].

    Raises
    ------
    UserError
        If the shape, type or range is any other.
    """
    shape = infer_image_shape(array.shape)
    if shape is None:
        raise UserError(
            f"{name}: the array has shape {array.shape}; "
            "expected (n, B, A), (n, B, A, 3), (n, 3, B, A) or (n, B * B). Reshape it first."
        )
    if array.ndim == 4 and array.shape != shape:  # channels last
        array = array.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(_convert_levels(array, name).reshape(shape))


def infer_image_shape(shape):
    """Return (n, C, B, A) for an array's shape, or None if such an array can't hold pictures.

    Accepted are (n, B, A); (n, C, B, A) and (n, B, A, C) with 1 or 3 channels; and (n, B * B)
    for square pictures.  If both orders of four axes fit, as in (n, 3, 32, 3), the channels are
    taken to be first, as in this package.
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


def _convert_levels(array, name):
    """Convert values to uint8, or to float32 in [0, 1]."""
    if array.dtype.kind not in "buif":
        raise UserError(
            f"{name}: values are of type {array.dtype.name}; expected numbers from 0 to 255"
        )
    low, high = float(array.min()), float(array.max())  # nan if any value is
    found = f"{name}: values range from {low:g} to {high:g}; expected 0..1 or 0..255"
    if not (-ROUNDING_TOLERANCE <= low and high <= 255):
        raise UserError(f"{found}. Rescale them first.")
    if high <= 1 and ((array == 0) | (array == 1)).all():
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind != "f":
        return array.astype(np.uint8)
    if high <= 1 + ROUNDING_TOLERANCE:
        return array.astype(np.float32).clip(0, 1)
    if high < 2:  # as levels of 0..255 these would all be black
        raise UserError(f"{found}. Divide by {high:g} first.")
    return (array / 255).astype(np.float32)
