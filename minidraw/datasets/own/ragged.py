"""Pictures of many sizes in one file: their pixels one after the other."""

import numpy as np

from minidraw.datasets.base import MAX_BYTES
from minidraw.datasets.own.pictures import fit

NAMES = ("pixels", "offsets", "heights", "widths")
LONGEST = 2**15  # of a side, in pixels


def fit_ragged(pixels, offsets, heights, widths, size, stretch=False):
    """Grey pictures of many sizes, each brought to one.

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
        If these arrays don't fit together, there are no pictures, or ``size`` is None.
    """
    from PIL import Image

    n = len(heights) if heights.ndim == 1 else 0
    if not n or offsets.shape != (n + 1,) or widths.shape != (n,) or pixels.ndim != 1:
        shapes = ", ".join(str(a.shape) for a in (pixels, offsets, heights, widths))
        raise ValueError(f"its {', '.join(NAMES)} have shapes {shapes}")
    if pixels.dtype != np.uint8 or any(
        a.dtype.kind not in "ui" for a in (offsets, heights, widths)
    ):
        raise ValueError("its pixels must be uint8, its offsets, heights and widths whole numbers")
    for sides in (heights, widths):
        if sides.min() < 1 or sides.max() > LONGEST:
            raise ValueError(f"its pictures have sides from {sides.min()} to {sides.max()} pixels")
    areas = heights.astype(np.int64) * widths.astype(np.int64)
    ends = np.cumsum(areas)  # can't overflow: fewer than 2^32 areas, none above 2^30
    if offsets[0] != 0 or (offsets[1:] != ends).any() or ends[-1] != len(pixels):
        raise ValueError("its offsets, heights and widths don't fit its pixels")
    if size is None:
        raise ValueError("its pictures are of many sizes: add --size 64, or another, for one")
    if n * size[0] * size[1] > MAX_BYTES:
        raise ValueError(f"{n:,} pictures of {size[1]}x{size[0]} don't fit into 4 GiB")
    fitted = np.empty((n, *size), np.uint8)
    for i, stop in enumerate(ends):
        picture = pixels[stop - areas[i] : stop].reshape(heights[i], widths[i])
        fitted[i] = np.asarray(fit(Image.fromarray(picture), size, stretch))
    return fitted
