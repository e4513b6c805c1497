"""Films of DRAW painting: the frames of an animation, and strips of selected steps."""

import math
from functools import partial

import numpy as np

from minidraw.pictures import drawing, labels
from minidraw.pictures.drawing import enlarge, outline_window, surround, tile, to_pixels

MAX_FRAME_SIDE = 600  # screen pixels, by default
MAX_FILM_BYTES = 2**28  # of all frames, by default


def render_frames(film, *, index=0, scale=None, show_read=True):
    """Show every step of a film with its write window (solid) and read window (dashed).

    A window reaches from its first to its last filter centre; its border widens with the
    filters' sigma, as in figure 1.

    Parameters
    ----------
    film : minidraw.models.interface.Film
    index : int or list of int
        Images of the batch to show; several are arranged in a nearly square grid.
    scale : int, optional
        Screen pixels per image pixel.  By default a frame takes at most 600 screen pixels, or
        twice that where images would be smaller than 84.
    show_read : bool
        Show the read windows too.

    Returns
    -------
    list of T + 2 arrays of uint8, each (height, width, 3)
        The initial canvas, the canvas after each step with that step's windows, and the last
        canvas again without windows.
    """
    chosen = np.atleast_1d(index)
    windows = ("write", "read") if show_read else ("write",)
    T, (B, A) = len(film.canvas) - 1, film.canvas.shape[3:]
    margin = find_margin(film, windows, np.arange(T), chosen)
    if scale is None:
        sheet = tile(np.empty((len(chosen), B + 2 * margin, A + 2 * margin, 3), np.uint8))
        scale = drawing.choose_scale(max(sheet.shape), min(B, A), page=MAX_FRAME_SIDE)
        most = math.isqrt(MAX_FILM_BYTES // ((T + 2) * sheet.size))  # all frames are kept at once
        scale = max(1, min(scale, most))
    stages = [(0, ()), *((t, windows) for t in range(1, T + 1)), (T, ())]
    draw = partial(_render_step, film, chosen, scale, margin)
    return [tile(draw(t, shown), gap=scale) for t, shown in stages]


def render_film(film):
    """Return the frames of a whole film as pages, with the step and a legend above the images."""
    T, n = len(film.canvas) - 1, film.canvas.shape[1]
    legend = "canvas after each step"
    if film.write_window is not None:
        legend = "solid orange: the window that this step wrote through"
    if film.read_window is not None:
        legend += "; dashed green: the one it read through"
    frames = render_frames(film, index=range(n))
    steps = [*range(T + 1), T]
    return [
        labels.make_page(labels.add_caption(frame, legend), f"step {t} of {T}")
        for t, frame in zip(steps, frames, strict=True)
    ]


def render_strip(film, *, index=0, steps=10, scale=None):
    """Render a film as in figure 1: a row per image, its steps from left to right.

    ``film`` and ``index`` are those of `render_frames`.  A row shows the canvases of
    `spread_steps` with their write windows, which are cut at the image's edge.  By default the
    picture stays within 900 screen pixels, or twice that where images would be smaller than 84.
    Returns uint8, shape (height, width, 3).
    """
    chosen, times = np.atleast_1d(index), spread_steps(film, steps)
    B, A = film.canvas.shape[3:]
    side = max(len(chosen) * (B + 1), len(times) * (A + 1))
    scale = scale or drawing.choose_scale(side, min(B, A))
    stages = render_stages(film, chosen, times, scale=scale)
    return tile(stages.reshape(-1, *stages.shape[2:]), columns=len(times), gap=scale)


def render_stages(film, chosen, times, *, scale, margin=0):
    """Draw canvases with their write windows: uint8, shape (images, times, height, width, 3)."""
    draw = partial(_render_step, film, chosen, scale, margin)
    return np.stack([draw(t, ("write",)) for t in times], axis=1)


def spread_steps(film, count):
    """Return `count` steps of a film, or all if it has fewer, from the first to the last."""
    T = len(film.canvas) - 1
    count = min(count, T)
    return np.linspace(T, 1, count).round().astype(int)[::-1]  # from T: has it if count is 1


def find_margin(film, windows, steps, chosen):
    """Return the margin, in image pixels, that shows the windows of some steps whole.

    ``windows`` names some of "write" and "read"; ``steps`` counts from 0.
    """
    height, width = film.canvas.shape[3:]
    margins = [0]
    for name in windows:
        window, K = getattr(film, f"{name}_window"), getattr(film, f"{name}_size")
        if window is not None:
            shown = [part[np.ix_(steps, chosen)] for part in window]
            margins.append(drawing.find_margin(shown, K=K, height=height, width=width))
    return max(margins)


def _render_step(film, chosen, scale, margin, t, windows):
    """Draw the chosen images' canvas ``t`` with its windows: (n, height, width, 3)."""
    means = 0.5 * (1 + np.tanh(0.5 * film.canvas[t, chosen]))  # the logistic, without overflow
    pictures = surround(enlarge(to_pixels(means), scale), margin * scale)
    for name in windows:
        window, K = getattr(film, f"{name}_window"), getattr(film, f"{name}_size")
        if window is None:
            continue
        read = name == "read"
        style = {"dashed": read, "color": drawing.GREEN if read else drawing.VERMILION}
        style |= {"K": K, "scale": scale, "margin": margin}
        for picture, i in zip(pictures, chosen, strict=True):
            outline_window(picture, window, (t - 1, i), **style)
    return pictures
