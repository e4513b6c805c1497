"""Sheets of images, films of the drawing with its attention windows.

Pictures are uint8 arrays; files are written beside their place and moved there when complete.
"""

import math
from pathlib import Path

import numpy as np

from minidraw.atomic_write import write_atomically

# Okabe and Ito's colours: colour-blind readers tell them apart too.
VERMILION = (213, 94, 0)  # the write window, as in figure 1
GREEN = (0, 158, 115)  # the read window
BLUE = (0, 114, 178)
GREY = (128, 128, 128)  # between pictures: seen beside black and beside white
SIDE = 900  # screen pixels that the longer side of a sheet takes at most, by default


def sheet(images, *, columns=None, scale=None, gap=1, background=GREY):
    """Lay images out in a grid, row by row.

    Parameters
    ----------
    images : array, shape (n, C, B, A)
        Mean images with values in [0, 1]; ``C`` is 1 or 3.
    columns : int, optional
        Images per row.  By default the sheet is nearly square.
    scale : int, optional
        Screen pixels per image pixel.  By default the largest that keeps the sheet within 900.
    gap : int
        Distance between neighbours, in image pixels.
    background : tuple of three ints
        Colour of the gaps, and of places left empty: red, green and blue, 0 to 255.

    Returns
    -------
    array of uint8, shape (height, width, 3)
    """
    grid = _tile(_pixels(images), columns=columns, gap=gap, background=background)
    return _enlarge(grid, scale)


def pairs(images, reconstructions, *, columns=None, scale=None):
    """Lay each image out with its reconstruction (or its nearest neighbour) at its right.

    Both have shape (n, C, B, A) and values in [0, 1]; ``columns`` counts pairs.  Partners are
    one image pixel apart, pairs four.  Returns what `sheet` returns.
    """
    both = zip(_pixels(images), _pixels(reconstructions), strict=True)
    joined = np.stack([_tile(pair, columns=2, gap=1) for pair in both])
    return _enlarge(_tile(joined, columns=columns, gap=4), scale)


def film_frames(film, *, index=0, scale=None, show_read=True):
    """Show how images are drawn, and where the network writes (solid) and reads (dashed).

    A window reaches from its first to its last filter centre; its border is the wider the
    larger the filters' sigma, as in figure 1.

    Parameters
    ----------
    film : NamedTuple
        ``canvas`` (T + 1, n, C, B, A) in logits, the initial one first; ``write_window`` and
        ``read_window``, None or with fields ``center_x``, ``center_y``, ``stride`` (pixels
        counted from 0) and ``var`` (pixels squared), each (T, n); ``write_size`` and
        ``read_size``, filters per axis.
    index : int or list of int
        Which images of the batch; several share a nearly square grid.
    scale : int, optional
        Screen pixels per image pixel.  By default the largest that keeps a frame within 480.
    show_read : bool
        Whether to show the read windows too.

    Returns
    -------
    list of T + 2 arrays of uint8, each (height, width, 3)
        The initial canvas, the canvas after each step with that step's windows, and the last
        canvas once more without them.
    """
    chosen = np.atleast_1d(index)
    T = len(film.canvas) - 1
    scale = scale or max(1, 480 // max(_tile(_pixels(film.canvas[0, chosen])).shape))

    def frame(t, *kinds):
        return _tile(_stage(film, t, chosen, kinds, scale), gap=scale)

    kinds = ("write", "read") if show_read else ("write",)
    return [frame(0), *(frame(t, *kinds) for t in range(1, T + 1)), frame(T)]


def strip(film, *, index=0, steps=10, scale=None):
    """Lay the drawing out as in figure 1: a row per image, its steps from left to right.

    ``film`` and ``index`` are those of `film_frames`.  ``steps`` canvases (at most T), spread
    evenly from the first step to the last, each with its write window.  By default the picture
    stays within 900 screen pixels.  Returns an array of uint8, shape (height, width, 3).
    """
    chosen = np.atleast_1d(index)
    T, (B, A) = len(film.canvas) - 1, film.canvas.shape[3:]
    steps = min(steps, T)
    scale = scale or max(1, SIDE // max(len(chosen) * (B + 1), steps * (A + 1)))
    times = np.linspace(T, 1, steps).round().astype(int)[::-1]  # from T: has it if steps is 1
    stages = np.stack([_stage(film, t, chosen, ("write",), scale) for t in times], axis=1)
    return _tile(stages.reshape(-1, *stages.shape[2:]), columns=steps, gap=scale)


def scanpath_sheet(scanpath, *, index=None, scale=None):
    """Lay out what a classifier looked at, as in figure 5: a row per image, its steps beside.

    Parameters
    ----------
    scanpath : Scanpath
        Of `minidraw.models.interface`: n images, and the T windows and glimpses of each.
    index : int or list of int, optional
        Which of the images; all by default.
    scale : int, optional
        Screen pixels per image pixel.  By default the largest that keeps a row within 900, but
        at least 2: below that all borders are alike.

    Returns
    -------
    array of uint8, shape (height, width, 3)
        Every image with the window of the step in green, its border the wider the larger the
        filters' sigma; below each the glimpse itself, its brightest entry white.
    """
    chosen = range(len(scanpath.images)) if index is None else np.atleast_1d(index)
    T, (B, A) = len(scanpath.glimpses), scanpath.images.shape[2:]
    scale = scale or max(2, SIDE // (T * (A + 1)))
    down, across = (np.arange(n * scale) * scanpath.read_size // (n * scale) for n in (B, A))
    pictures = []
    for i in chosen:
        frames = np.repeat(_enlarge(_pixels(scanpath.images[[i]]), scale), T, axis=0)
        for t, frame in enumerate(frames):
            _outline(frame, scanpath.window, (t, i), K=scanpath.read_size, scale=scale, color=GREEN)
        patches = scanpath.glimpses[:, i]
        patches = _pixels(patches / np.maximum(patches.max(axis=(1, 2, 3), keepdims=True), 1e-6))
        pictures += [*frames, *patches[:, down[:, None], across]]
    return _tile(pictures, columns=T, gap=scale)


def save(stem, picture):
    """Save what a model shows of itself; returns the path, `stem` with the fitting suffix.

    A `Film` becomes a .gif file; a `Scanpath`, or images (n, C, B, A) in [0, 1], a .png file.
    """
    path = Path(f"{stem}.gif" if hasattr(picture, "canvas") else f"{stem}.png")
    if hasattr(picture, "canvas"):
        save_gif(path, film_frames(picture, index=range(picture.canvas.shape[1])))
    else:
        save_png(path, scanpath_sheet(picture) if hasattr(picture, "glimpses") else sheet(picture))
    return path


def save_png(path, array):
    """Save an array of uint8, shape (height, width, 3), as a PNG file."""
    from PIL import Image

    with write_atomically(path) as file:
        Image.fromarray(array).save(file, format="PNG")


def save_gif(path, frames, *, fps=10, hold=1.5):
    """Save frames as an animated GIF that starts again for ever.

    Parameters
    ----------
    path : path-like
        Where to save it.
    frames : list of arrays of uint8, each (height, width, 3)
        All of one size.  Pillow stores equal neighbours once and adds their times.
    fps : float
        Frames per second; GIF rounds the time of a frame to hundredths of a second.
    hold : float
        Seconds that the last frame stays.
    """
    from PIL import Image

    # One palette for all frames keeps still parts still.  The windows have few pixels and carry
    # the meaning: their colours are added to those that every fourth pixel calls for.
    colours = np.concatenate([frame[::4, ::4].reshape(-1, 3) for frame in frames])
    palette = Image.fromarray(colours[None]).quantize(254).getpalette()
    shared = Image.new("P", (1, 1))
    shared.putpalette([*palette, *VERMILION, *GREEN])
    no = Image.Dither.NONE
    first, *others = [Image.fromarray(f).quantize(palette=shared, dither=no) for f in frames]
    times = [1000 / fps] * len(others) + [1000 * hold]
    with write_atomically(path) as file:
        first.save(file, "GIF", save_all=True, append_images=others, duration=times, loop=0)


def _stage(film, t, chosen, kinds, scale):
    """Canvas ``t`` of the chosen images with windows of the given kinds: (n, h, w, 3) uint8."""
    means = 0.5 * (1 + np.tanh(0.5 * film.canvas[t, chosen]))  # the logistic, without overflow
    pictures = _enlarge(_pixels(means), scale)
    for kind in kinds:
        window, K = getattr(film, f"{kind}_window"), getattr(film, f"{kind}_size")
        if window is not None:
            for picture, i in zip(pictures, chosen, strict=True):
                look = {"dashed": True, "color": GREEN} if kind == "read" else {}
                _outline(picture, window, (t - 1, i), K=K, scale=scale, **look)
    return pictures


def _outline(picture, window, at, *, K, scale, color=VERMILION, dashed=False):
    """Draw the window of one step and image, ``at``, onto picture (height, width, 3), in place."""
    height, width, _ = picture.shape  # distances, not corners: nothing needs to be clipped
    x = np.abs(np.arange(width) + 0.5 - (float(window.center_x[at]) + 0.5) * scale)
    y = np.abs(np.arange(height) + 0.5 - (float(window.center_y[at]) + 0.5) * scale)[:, None]
    reach = (K - 1) / 2 * float(window.stride[at]) * scale  # to the last filter, eqs 19 and 20
    thick = scale * (0.25 + math.sqrt(window.var[at]) / 4)
    thick = max(1, round(min(thick, min(height, width) / 16)))  # more would hide the picture
    outside = np.maximum(x, y) - reach
    border = (-thick / 2 < outside) & (outside <= thick / 2)
    if dashed:  # the smaller distance runs along the edge; a dash sits on each corner
        along = (np.minimum(x, y) - reach) / max(scale, 1.5 * thick)
        border &= np.floor(along + 0.5) % 2 == 0
    picture[border] = color


def _pixels(images):
    """Values in [0, 1], (n, C, B, A), as colours: (n, B, A, 3) uint8."""
    pixels = np.rint(np.clip(np.moveaxis(images, 1, 3), 0, 1) * 255).astype(np.uint8)
    return np.broadcast_to(pixels, (*pixels.shape[:3], 3))


def _tile(pictures, *, columns=None, gap=1, background=GREY):
    """Pictures of one shape (h, w, 3) in a grid, row by row; nearly square by default."""
    n, (h, w, _) = len(pictures), pictures[0].shape
    columns = columns or min(n, math.ceil(math.sqrt(n * h / w)))
    grid = np.empty((math.ceil(n / columns) * (h + gap) - gap, columns * (w + gap) - gap, 3), "u1")
    grid[:] = background
    for k, picture in enumerate(pictures):
        top, left = k // columns * (h + gap), k % columns * (w + gap)
        grid[top : top + h, left : left + w] = picture
    return grid


def _enlarge(pictures, scale):
    """Each pixel of (..., height, width, 3) as a square of ``scale`` by ``scale``."""
    scale = scale or max(1, SIDE // max(pictures.shape[-3:-1]))
    return pictures.repeat(scale, axis=-3).repeat(scale, axis=-2)
