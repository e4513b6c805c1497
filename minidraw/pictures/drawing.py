"""Building blocks of pictures: colours, enlarged pixels, grids, window outlines, captions.

A picture is an array of uint8, shape (height, width, 3).
"""

import math

import numpy as np

# Okabe and Ito's colours: colour-blind readers tell them apart too.
VERMILION = (213, 94, 0)  # the write window, as in figure 1
GREEN = (0, 158, 115)  # the read window
BLUE = (0, 114, 178)
GREY = (128, 128, 128)  # between pictures: visible beside black and beside white
MAX_SIDE = 900  # screen pixels on the longer side of a sheet, by default
MARGIN = 14  # screen pixels between panels, and around a page
CAPTION_FONT = 15  # screen pixels
CAPTION_HEIGHT = 22  # screen pixels


def to_pixels(images):
    """Convert values in [0, 1], shape (n, C, B, A), to colours: uint8, shape (n, B, A, 3)."""
    pixels = np.rint(np.clip(np.moveaxis(images, 1, 3), 0, 1) * 255).astype(np.uint8)
    return np.broadcast_to(pixels, (*pixels.shape[:3], 3))


def enlarge(pictures, scale=None):
    """Repeat each pixel of (..., height, width, 3) ``scale`` times in both directions."""
    scale = scale or max(1, MAX_SIDE // max(pictures.shape[-3:-1]))
    return pictures.repeat(scale, axis=-3).repeat(scale, axis=-2)


def tile(pictures, *, columns=None, gap=1, background=GREY):
    """Arrange pictures of one shape in a grid, row by row, nearly square by default."""
    n, (h, w, _) = len(pictures), pictures[0].shape
    columns = columns or min(n, math.ceil(math.sqrt(n * h / w)))
    grid = np.empty((math.ceil(n / columns) * (h + gap) - gap, columns * (w + gap) - gap, 3), "u1")
    grid[:] = background
    for k, picture in enumerate(pictures):
        top, left = k // columns * (h + gap), k % columns * (w + gap)
        grid[top : top + h, left : left + w] = picture
    return grid


def outline_window(picture, window, at, *, K, scale, color=VERMILION, dashed=False):
    """Draw a window's border on a picture, in place.

    The border runs through the outermost of the K x K filter centres and widens with the filters'
    sigma.  ``at`` is the index of the window in the fields of ``window``.
    """
    height, width, _ = picture.shape  # distances instead of corners need no clipping
    x = np.abs(np.arange(width) + 0.5 - (float(window.center_x[at]) + 0.5) * scale)
    y = np.abs(np.arange(height) + 0.5 - (float(window.center_y[at]) + 0.5) * scale)[:, None]
    reach = (K - 1) / 2 * float(window.stride[at]) * scale  # to the last filter, eqs 19 and 20
    thickness = scale * (0.25 + math.sqrt(window.var[at]) / 4)
    # more than a sixteenth would hide the picture
    thickness = max(1, round(min(thickness, min(height, width) / 16)))
    outside = np.maximum(x, y) - reach
    border = (-thickness / 2 < outside) & (outside <= thickness / 2)
    if dashed:  # the smaller distance runs along the edge; a dash lies on each corner
        along = (np.minimum(x, y) - reach) / max(scale, 1.5 * thickness)
        border &= np.floor(along + 0.5) % 2 == 0
    picture[border] = color


def add_caption(picture, words):
    """Return the picture with a line of text above it."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(CAPTION_FONT)
    width = max(picture.shape[1], round(font.getlength(words)) + 1)
    line = Image.new("RGB", (width, CAPTION_HEIGHT), "white")
    ImageDraw.Draw(line).text((0, 1), words, fill="black", font=font)
    return join([np.asarray(line), picture], axis=0, gap=0)


def join(pictures, *, axis, gap=MARGIN):
    """Join pictures vertically (axis 0) or horizontally (axis 1), on white."""
    longest = max(picture.shape[1 - axis] for picture in pictures)
    padding = np.zeros((len(pictures), 3, 2), int)  # of picture, along axis, before or after
    padding[:, 1 - axis, 1] = [longest - picture.shape[1 - axis] for picture in pictures]
    padding[:-1, axis, 1] = gap
    padded = [np.pad(*both, constant_values=255) for both in zip(pictures, padding, strict=True)]
    return np.concatenate(padded, axis)


def add_margin(picture):
    """Return the picture with a white margin around it."""
    return np.pad(picture, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), constant_values=255)
