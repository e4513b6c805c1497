"""Save pictures as PNG and GIF files, completely or not at all."""

from pathlib import Path

import numpy as np

from minidraw.atomic_write import write_atomically
from minidraw.pictures.drawing import GREEN, VERMILION
from minidraw.pictures.films import render_film
from minidraw.pictures.labels import make_page
from minidraw.pictures.sheets import render_classification, render_sheet

PALETTE_COLOURS = 254  # a GIF has 256; two are the windows'


def save_picture(stem, picture):
    """Save one of a model's pictures; return its path, `stem` plus a suffix.

    A `Film` becomes a .gif file.  A `Scanpath` or painted images (n, C, B, A) in [0, 1] become a
    .png file.
    """
    path = Path(f"{stem}.gif" if hasattr(picture, "canvas") else f"{stem}.png")
    if hasattr(picture, "canvas"):
        save_gif(path, render_film(picture))
    elif hasattr(picture, "glimpses"):
        save_png(path, render_classification(picture))
    else:
        title = f"{len(picture)} painted images: the probability of each pixel"
        save_png(path, make_page(render_sheet(picture), title))
    return path


def save_png(path, array):
    """Save an array of uint8, shape (height, width, 3), as a PNG file."""
    from PIL import Image

    with write_atomically(path) as file:
        Image.fromarray(array).save(file, format="PNG")


def save_gif(path, frames, *, fps=10, hold=1.5):
    """Save frames as an animated GIF that repeats for ever.

    Parameters
    ----------
    path : path-like
    frames : list of arrays of uint8, each (height, width, 3)
        All of one size.  Pillow merges equal consecutive frames and adds their times.
    fps : float
        Frames per second; GIF rounds the time of a frame to hundredths of a second.
    hold : float
        Seconds that the last frame stays.
    """
    from PIL import Image

    # All frames share one palette, or unchanged pixels would flicker.  The windows matter but have
    # few pixels, so their colours are added to the palette of every fourth pixel.  There, each
    # grey counts once: otherwise the page would use up the palette with shades of white.
    colours = np.concatenate([frame[::4, ::4].reshape(-1, 3) for frame in frames])
    grey = (colours[:, :1] == colours).all(axis=1)
    greys = np.unique(colours[grey, 0]).repeat(3).reshape(-1, 3)
    colours = np.concatenate([greys, colours[~grey]])
    palette = Image.fromarray(colours[None]).quantize(PALETTE_COLOURS).getpalette()
    shared = Image.new("P", (1, 1))
    shared.putpalette([*palette, *VERMILION, *GREEN])
    no = Image.Dither.NONE
    first, *others = [Image.fromarray(f).quantize(palette=shared, dither=no) for f in frames]
    times = [1000 / fps] * len(others) + [1000 * hold]
    with write_atomically(path) as file:
        first.save(file, "GIF", save_all=True, append_images=others, duration=times, loop=0)
