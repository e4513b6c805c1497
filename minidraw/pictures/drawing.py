"""Building blocks of pictures: colours, enlarged pixels, grids, margins, window outlines.

A picture is an array of uint8, shape (height, width, 3).
"""

import math

import numpy as np

# Okabe and Ito's colours: colour-blind readers tell them apart too.  In grey, they contrast with
# black and with white by more than 3 to 1, and dashes tell the read window from the write window.
VERMILION = (213, 94, 0)  # the write window, as in figure 1
GREEN = (0, 158, 115)  # the read window
BLUE = (0, 114, 178)
GREY = (128, 128, 128)  # between pictures: visible beside black and beside white
MAX_SIDE = 900  # screen pixels on the longer side of a sheet, by default
MIN_IMAGE_SIDE = 84  # screen pixels on the shorter side of an image, by default
MIN_BORDER = 3  # screen pixels, of a window on a large picture
MARGIN = 14  # screen pixels between panels, and around a page


def to_pixels(images):
    """Convert values in [0, 1], shape (n, C, B, A), to colours: uint8, shape (n, B, A, 3)."""
    pixels = np.rint(np.clip(np.moveaxis(images, 1, 3), 0, 1) * 255).astype(np.uint8)
    return np.broadcast_to(pixels, (*pixels.shape[:3], 3))


def choose_scale(side, image_side, *, page=MAX_SIDE):
    """Return the whole factor that enlarges a page whose longer side is `side` image pixels.

    The page gets at most `page` screen pixels; up to twice as many where `image_side`, the shorter
    side of one of its images, would get fewer than 84.
    """
    return max(1, page // side, min(math.ceil(MIN_IMAGE_SIDE / image_side), 2 * page // side))


def enlarge(pictures, scale):
    """Repeat each pixel of (..., height, width, 3) ``scale`` times in both directions."""
    return pictures.repeat(scale, axis=-3).repeat(scale, axis=-2)


def surround(pictures, margin):
    """Add a white margin, in screen pixels, to pictures (n, height, width, 3).

    A grey line separates it from the picture, which may be white too.
    """
    for width, level in ((min(1, margin), GREY[0]), (max(0, margin - 1), 255)):
        sides = (width, width)
        pictures = np.pad(pictures, ((0, 0), sides, sides, (0, 0)), constant_values=level)
    return pictures


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


def outline_window(picture, window, at, *, K, scale, margin=0, color=VERMILION, dashed=False):
    """Draw a window's border on a picture, in place.

    The border runs through the outermost of the K x K filter centres and widens with the filters'
    sigma.  ``at`` is the index of the window in the fields of ``window``; ``margin`` is the width
    of the margin around the image, in image pixels.
    """
    height, width, _ = picture.shape  # distances instead of corners need no clipping
    corner = margin + 0.5
    x = np.abs(np.arange(width) + 0.5 - (float(window.center_x[at]) + corner) * scale)
    y = np.abs(np.arange(height) + 0.5 - (float(window.center_y[at]) + corner) * scale)[:, None]
    reach = (K - 1) / 2 * float(window.stride[at]) * scale  # to the last filter, eqs 19 and 20
    side = min(height, width) / scale - 2 * margin
    thickness = max(2, round(float(_border_width(window.var[at], side, scale))))
    outside = np.maximum(x, y) - reach
    border = (-thickness / 2 < outside) & (outside <= thickness / 2)
    if dashed:  # the smaller distance runs along the edge; a dash lies on each corner
        along = (np.minimum(x, y) - reach) / max(scale, 1.5 * thickness)
        border &= np.floor(along + 0.5) % 2 == 0
    picture[border] = color


def find_margin(window, *, K, height, width):
    """Return the margin, in image pixels, that an image's windows need to be drawn whole.

    The fields of `window` have any shape.  A window that would need a margin wider than the
    image's longer side doesn't count: it is cut.
    """
    x, y, stride, var = (np.asarray(part, float) for part in window[:4])
    reach = (K - 1) / 2 * stride
    beyond_x = np.abs(x - (width - 1) / 2) + reach - width / 2
    beyond_y = np.abs(y - (height - 1) / 2) + reach - height / 2
    border = _border_width(var, min(height, width))
    needed = np.ceil(np.maximum(beyond_x, beyond_y) + border / 2 + 1)  # 1: borders are rounded
    return int(max(0, needed.max(where=needed <= max(height, width), initial=0)))


def _border_width(var, side, scale=1):
    """Return the width of a window's border in screen pixels.

    ``side`` is the image's shorter side in image pixels.  Less than a sixtieth of it, or three
    screen pixels, is hard to see; more than a sixteenth would hide the picture.
    """
    width, side = scale * (0.25 + np.sqrt(var) / 4), scale * side
    return np.clip(width, min(side / 60, MIN_BORDER), side / 16)


def join(pictures, *, axis, gap=MARGIN):
    """Join pictures vertically (axis 0) or horizontally (axis 1), on white."""
    longest = max(picture.shape[1 - axis] for picture in pictures)
    padding = np.zeros((len(pictures), 3, 2), int)  # of picture, along axis, before or after
    padding[:, 1 - axis, 1] = [longest - picture.shape[1 - axis] for picture in pictures]
    padding[:-1, axis, 1] = gap
    padded = [np.pad(*both, constant_values=255) for both in zip(pictures, padding, strict=True)]
    return np.concatenate(padded, axis)
