"""Sheets of images, of pairs of images, and of a classifier's glimpses."""

import numpy as np

from minidraw.pictures import drawing, labels
from minidraw.pictures.drawing import enlarge, outline_window, surround, tile, to_pixels

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
        Screen pixels per image pixel.  By default the sheet takes at most 900 screen pixels, or
        twice that where images would be smaller than 84.
    gap : int
        Distance between neighbours, in image pixels.
    background : tuple of three ints
        Colour of the gaps and of empty places: red, green and blue, 0 to 255.

    Returns
    -------
    array of uint8, shape (height, width, 3)
    """
    sheet = tile(to_pixels(images), columns=columns, gap=gap, background=background)
    return enlarge(sheet, scale or drawing.choose_scale(max(sheet.shape), min(images.shape[2:])))


def render_pairs(images, reconstructions, *, columns=None, scale=None):
    """Arrange each image with its reconstruction to its right.

    Both have shape (n, C, B, A) and values in [0, 1]; ``columns`` counts pairs.  The gap is one
    image pixel within a pair and four between pairs.  Returns an array like `render_sheet`.
    """
    both = zip(to_pixels(images), to_pixels(reconstructions), strict=True)
    joined = np.stack([tile(pair, columns=2, gap=1) for pair in both])
    sheet = tile(joined, columns=columns, gap=4)
    return enlarge(sheet, scale or drawing.choose_scale(max(sheet.shape), min(images.shape[2:])))


def render_scanpath(scanpath, *, index=None, scale=None):
    """Render a classifier's windows and glimpses: a row per image, cut at the image's edge.

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
    T = len(scanpath.glimpses)
    scale = scale or _choose_scanpath_scale(scanpath)
    table = _draw_scanpath(scanpath, chosen, scale)
    return tile(table.reshape(-1, *table.shape[2:]), columns=T, gap=scale)


def render_classification(scanpath, *, index=None, classes=None, truth=None):
    """Render figure 5 as a page: windows drawn whole, glimpses, and the predicted classes.

    Parameters
    ----------
    scanpath, index
        As in `render_scanpath`.
    classes : sequence, optional
        Names of the classes; their numbers by default.
    truth : sequence, optional
        The classes of the images, if they are known.
    """
    chosen = range(len(scanpath.images)) if index is None else np.atleast_1d(index)
    (B, A), K, T = scanpath.images.shape[2:], scanpath.read_size, len(scanpath.glimpses)
    shown = [part[:, chosen] for part in scanpath.window]
    margin = max(1, drawing.find_margin(shown, K=K, height=B, width=A))  # 1 holds a grey line
    scale = _choose_scanpath_scale(scanpath, rows=2 * len(chosen))
    table = _draw_scanpath(scanpath, chosen, scale, margin)
    beside = []
    for i in chosen:
        likely = scanpath.probabilities[i]
        name = likely.argmax() if classes is None else classes[likely.argmax()]
        words = f"predicted: {name}\n({likely.max():.1%})"
        beside += [words if truth is None else f"{words}\ntrue: {truth[i]}", "read there"]
    headings = [f"glimpse {t}" for t in range(1, T + 1)]
    title = (
        f"{T} glimpses of a classifier. Green: the window, with a wider border for blurrier filters"
    )
    return labels.make_page(labels.arrange(table, headings, beside), title)


def _choose_scanpath_scale(scanpath, rows=0):
    """Return the scale of a page of scanpaths that is at least `rows` images high."""
    B, A = scanpath.images.shape[2:]
    side = max(len(scanpath.glimpses) * (A + 1), rows * (B + 1))
    return max(MIN_SCANPATH_SCALE, drawing.MAX_SIDE // side)


def _draw_scanpath(scanpath, chosen, scale, margin=0):
    """Draw two rows per image, one of windows and one of glimpses: (2 n, T, height, width, 3)."""
    T, (B, A), K = len(scanpath.glimpses), scanpath.images.shape[2:], scanpath.read_size
    style = {"K": K, "scale": scale, "margin": margin, "color": drawing.GREEN}
    whole = max(1, min(B, A) * scale // K)  # screen pixels per entry of a glimpse
    rows = []
    for i in chosen:
        image = surround(enlarge(to_pixels(scanpath.images[[i]]), scale), margin * scale)
        frames = np.repeat(image, T, axis=0)
        for t, frame in enumerate(frames):
            outline_window(frame, scanpath.window, (t, i), **style)
        patches = scanpath.glimpses[:, i]
        patches = to_pixels(patches / np.maximum(patches.max(axis=(1, 2, 3), keepdims=True), 1e-6))
        below = np.full((T, B * scale, A * scale, 3), 255, np.uint8)
        top, left = (B * scale - K * whole) // 2, (A * scale - K * whole) // 2
        below[:, top : top + K * whole, left : left + K * whole] = enlarge(patches, whole)
        rows += [frames, surround(below, margin * scale)]
    return np.array(rows)
