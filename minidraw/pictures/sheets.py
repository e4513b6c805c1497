"""Sheets of images, of pairs of images, and of a classifier's glimpses."""

import numpy as np

from minidraw.pictures import drawing
from minidraw.pictures.drawing import enlarge, outline_window, tile, to_pixels

MIN_SCANPATH_SCALE = 2  # below it, the borders of all windows look alike


def render_sheet(images, *, columns=None, scale=None, gap=1, background=drawing.GREY):
    """Arrange images in a grid, row by row.

    Parameters
    ----------
    images : array, shape (n, C, B, A)
        Probability images, values in [0, 1]; ``C`` is 1 or 3.
    columns : int, optional
        Images per row.  By default the sheet is nearly square.
    scale : int, optional
        Screen pixels per image pixel.  By default the sheet takes at most 900 screen pixels.
    gap : int
        Distance between neighbours, in image pixels.
    background : tuple of three ints
        Colour of the gaps and of empty places: red, green and blue, 0 to 255.

    Returns
    -------
    array of uint8, shape (height, width, 3)
    """
    return enlarge(
        tile(to_pixels(images), columns=columns, gap=gap, background=background),
        scale,
    )


def render_pairs(images, reconstructions, *, columns=None, scale=None):
    """Arrange each image with its reconstruction to its right.

    Both have shape (n, C, B, A) and values in [0, 1]; ``columns`` counts pairs.  The gap is one
    image pixel within a pair and four between pairs.  Returns an array like `render_sheet`.
    """
    both = zip(to_pixels(images), to_pixels(reconstructions), strict=True)
    joined = np.stack([tile(pair, columns=2, gap=1) for pair in both])
    return enlarge(tile(joined, columns=columns, gap=4), scale)


def render_scanpath(scanpath, *, index=None, scale=None):
    """Render a classifier's windows and glimpses as in figure 5: a row per image.

    Parameters
    ----------
    scanpath : minidraw.models.interface.Scanpath
        n images, and the T windows and glimpses of each.
    index : int or list of int, optional
        Images to show; all by default.
    scale : int, optional
        Screen pixels per image pixel.  By default a row takes at most 900 screen pixels, but
        the scale is at least 2.

    Returns
    -------
    array of uint8, shape (height, width, 3)
        Every image with each step's window in green, whose border widens with the filters'
        sigma.  Below it is the glimpse, with its brightest entry white.
    """
    chosen = range(len(scanpath.images)) if index is None else np.atleast_1d(index)
    T, (B, A), K = len(scanpath.glimpses), scanpath.images.shape[2:], scanpath.read_size
    scale = scale or max(MIN_SCANPATH_SCALE, drawing.MAX_SIDE // (T * (A + 1)))
    down, across = (np.arange(n * scale) * K // (n * scale) for n in (B, A))
    style = {"K": K, "scale": scale, "color": drawing.GREEN}
    pictures = []
    for i in chosen:
        frames = np.repeat(enlarge(to_pixels(scanpath.images[[i]]), scale), T, axis=0)
        for t, frame in enumerate(frames):
            outline_window(frame, scanpath.window, (t, i), **style)
        patches = scanpath.glimpses[:, i]
        patches = to_pixels(patches / np.maximum(patches.max(axis=(1, 2, 3), keepdims=True), 1e-6))
        pictures += [*frames, *patches[:, down[:, None], across]]
    return tile(pictures, columns=T, gap=scale)
