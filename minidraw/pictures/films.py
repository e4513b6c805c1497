"""Films of DRAW painting: the frames of an animation, and strips of selected steps."""

import numpy as np

from minidraw.pictures import drawing
from minidraw.pictures.drawing import enlarge, outline_window, tile, to_pixels

MAX_FRAME_SIDE = 480  # screen pixels, by default


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
        Screen pixels per image pixel.  By default a frame takes at most 480 screen pixels.
    show_read : bool
        Show the read windows too.

    Returns
    -------
    list of T + 2 arrays of uint8, each (height, width, 3)
        The initial canvas, the canvas after each step with that step's windows, and the last
        canvas again without windows.
    """
    chosen = np.atleast_1d(index)
    T = len(film.canvas) - 1
    scale = scale or max(1, MAX_FRAME_SIDE // max(tile(to_pixels(film.canvas[0, chosen])).shape))
    windows = ("write", "read") if show_read else ("write",)
    stages = [(0, ()), *((t, windows) for t in range(1, T + 1)), (T, ())]
    return [tile(_render_step(film, t, chosen, shown, scale), gap=scale) for t, shown in stages]


def render_strip(film, *, index=0, steps=10, scale=None):
    """Render a film as in figure 1: a row per image, its steps from left to right.

    ``film`` and ``index`` are those of `render_frames`.  A row shows ``steps`` canvases (at most
    T), spread evenly from the first step to the last, with their write windows.  By default the
    picture stays within 900 screen pixels.  Returns uint8, shape (height, width, 3).
    """
    chosen = np.atleast_1d(index)
    T, (B, A) = len(film.canvas) - 1, film.canvas.shape[3:]
    steps = min(steps, T)
    scale = scale or max(1, drawing.MAX_SIDE // max(len(chosen) * (B + 1), steps * (A + 1)))
    times = np.linspace(T, 1, steps).round().astype(int)[::-1]  # from T: has it if steps is 1
    stages = np.stack([_render_step(film, t, chosen, ("write",), scale) for t in times], axis=1)
    return tile(stages.reshape(-1, *stages.shape[2:]), columns=steps, gap=scale)


def _render_step(film, t, chosen, windows, scale):
    """Draw the chosen images' canvas ``t`` with its windows: (n, height, width, 3)."""
    means = 0.5 * (1 + np.tanh(0.5 * film.canvas[t, chosen]))  # the logistic, without overflow
    pictures = enlarge(to_pixels(means), scale)
    for name in windows:
        window, K = getattr(film, f"{name}_window"), getattr(film, f"{name}_size")
        if window is None:
            continue
        read = name == "read"
        style = {"dashed": read, "color": drawing.GREEN if read else drawing.VERMILION}
        for picture, i in zip(pictures, chosen, strict=True):
            outline_window(picture, window, (t - 1, i), K=K, scale=scale, **style)
    return pictures
