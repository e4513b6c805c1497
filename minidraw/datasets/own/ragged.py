"""`fit_ragged` unpacks pictures of many sizes from one flat array of pixels."""

import numpy as np

from minidraw.datasets.own.pictures import fit_picture
from minidraw.regular_files import MAX_ARRAY_BYTES

RAGGED_ARRAYS = ("pixels", "offsets", "heights", "widths")
MAX_SIDE_PIXELS = 2**15


def fit_ragged(pixels, offsets, heights, widths, size, stretch=False):
    """Resize grey pictures of many sizes to one size.

    Parameters
    ----------
    pixels : array, uint8, shape (total,)
        Picture i is ``pixels[offsets[i]:offsets[i + 1]]``, row by row.
    offsets : array of integers, shape (n + 1,)
    heights, widths : array of integers, shape (n,)
    size : (B, A) or None
    stretch : bool
        As in ``datasets.load``.

    Returns
    -------
    array, uint8, shape (n, B, A)

    Raises
    ------
    ValueError
        If the arrays don't match, there are no pictures, or ``size`` is None.
    """
    from PIL import Image

    areas, ends = _check_arrays(pixels, offsets, heights, widths)
    n = len(heights)
    if size is None:
        raise ValueError("the pictures have many sizes. Add --size 64 to resize them to one.")
    if n * size[0] * size[1] > MAX_ARRAY_BYTES:
        raise ValueError(f"{n:,} pictures of {size[1]}x{size[0]} exceed 4 GiB. Reduce --size.")
    fitted = np.empty((n, *size), np.uint8)
    for i, stop in enumerate(ends):
        picture = pixels[stop - areas[i] : stop].reshape(heights[i], widths[i])
        fitted[i] = np.asarray(fit_picture(Image.fromarray(picture), size, stretch))
    return fitted


def _check_arrays(pixels, offsets, heights, widths):
    """Check that the arrays match; return the pictures' areas and end offsets."""
    n = len(heights) if heights.ndim == 1 else 0
    if not n or offsets.shape != (n + 1,) or widths.shape != (n,) or pixels.ndim != 1:
        shapes = ", ".join(str(a.shape) for a in (pixels, offsets, heights, widths))
        names = ", ".join(RAGGED_ARRAYS)
        raise ValueError(f"{names} have shapes {shapes}; expected (total,), (n + 1,), (n,), (n,)")
    if pixels.dtype != np.uint8 or any(
        a.dtype.kind not in "ui" for a in (offsets, heights, widths)
    ):
        raise ValueError("pixels must be uint8, and offsets, heights and widths integers")
    for sides in (heights, widths):
        if sides.min() < 1 or sides.max() > MAX_SIDE_PIXELS:
            found = f"pictures have sides from {sides.min()} to {sides.max()} pixels"
            raise ValueError(f"{found}; expected 1 to {MAX_SIDE_PIXELS:,}")
    areas = heights.astype(np.int64) * widths.astype(np.int64)
    ends = np.cumsum(areas)  # can't overflow: fewer than 2^32 areas, none above 2^30
    if offsets[0] != 0 or (offsets[1:] != ends).any() or ends[-1] != len(pixels):
        raise ValueError("offsets, heights and widths don't match the number of pixels")
    return areas, ends
