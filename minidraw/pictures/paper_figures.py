"""The paper's figures, as uint8 arrays (height, width, 3); figure 5 is `sheets.glimpses`."""

from itertools import product
from pathlib import Path

import numpy as np

from minidraw import datasets, layers
from minidraw.datasets import as_float
from minidraw.errors import UserError
from minidraw.models.interface import Window
from minidraw.pictures import sheets
from minidraw.pictures.sheets import GREEN, SIDE, _enlarge, _outline, _pixels

CHUNK = 500  # training images compared at a time
GAP = 14  # screen pixels between panels, and around a page
PANEL = 170  # screen pixels of a small panel in figure 3
# Stride and sigma, where 1 is the stride of a grid from edge to edge of the image.
GRID = 0.6, 0.25  # figure 3, left
PATCHES = (0.35, 0.55), (1.0, 0.15), (1.0, 0.7)  # figure 3, right, from top to bottom
CLOSE = 0.27, 0.13  # figure 4: one digit of the scene
CLOSE_AT = 0.59, 0.49  # g_x~ and g_y~: on the last of these places, each down and across, 0 to 1
PLACES = (0.05, 0.10), (0.12, 0.95), (0.50, 0.48), (0.95, 0.04), (0.90, 0.92)
DIGITS = 18, 0, 13, 47, 22  # of the package's; the first is figure 3's too
# By data set: the paper's numbers of the films, and of the samples beside training images.
OTHER_SETS = {"two-digits": (8, None), "cifar10": (None, 12)}
OTHER_SETS |= dict.fromkeys(("svhn", "svhn-no-extra", "svhn-digits"), (10, 9))


def film_strip(network, *, rows=6, steps=12, seed=0):
    """Figure 1, or 7 without attention, 8 of two digits, 10 of numbers: images being painted.

    One image per row, ``steps`` canvases of each (at most T), spread evenly from the first step
    to the last, with the windows that they were written through.  ``network`` is a trained
    `minidraw.Draw`.  Returns an array of uint8, shape (height, width, 3).
    """
    film = network.film(rows, seed=seed)
    T, A = len(film.canvas) - 1, film.canvas.shape[-1]
    scale = max(1, round(SIDE / (min(steps, T) * (A + 1))))
    return sheets.strip(film, index=range(rows), steps=steps, scale=scale)


def filters(image, *, K=12):
    """Figure 3: a grid of filters on an image, and the patches that three windows give.

    Parameters
    ----------
    image : array, shape (C, B, A)
        uint8, or values in [0, 1].
    K : int
        Filters per axis (N in the paper), at least 2.

    Returns
    -------
    array of uint8, shape (height, width, 3)
        Left: the image, a window, a dot at each filter's centre.  Right: three windows, wide
        borders for large sigma, and their patches: a part, blurred; the whole; that blurred.
    """
    image = as_float(image, np.float64)
    side, rows = max(image.shape[1:]), []
    scale = max(1, PANEL // side)
    for stride, sigma in PATCHES:
        window = _window(image, stride, sigma, K)
        patch = _picture(read_and_write_back(image, window, K=K)[0], max(1, side * scale // K))
        words = f"stride {window.stride[0]:.1f}, sigma {np.sqrt(window.var[0]):.1f} pixels"
        rows.append(_captioned(_join([_framed(image, window, K, scale), patch], axis=1), words))
    right = _join(rows, axis=0)
    window, scale = _window(image, *GRID, K), max(1, len(right) // side)
    grid = _framed(image, window._replace(var=np.zeros(1)), K, scale)  # thin: it hides no dot
    middle = np.array([window.center_y, window.center_x])
    centers = middle + (np.arange(K) - (K - 1) / 2) * window.stride  # eqs 19 and 20
    half = max(1, round(window.stride[0] * scale / 6))
    for y, x in product(*np.rint((centers + 0.5) * scale).astype(int)):
        grid[max(0, y - half) : y + half, max(0, x - half) : x + half] = GREEN
    left = _captioned(grid, f"{K} x {K} filters, {window.stride[0]:.1f} pixels apart")
    return _page(_join([left, right], axis=1, gap=2 * GAP))


def scene(images, *, height=75, width=100):
    """Lay five images (5, C, B, A) out on black: the picture of figure 4, (C, height, width).

    Values are uint8 or in [0, 1], sizes in pixels, at least the images' own.  Images that
    overlap are added and clipped at 1.
    """
    B, A = images.shape[2:]
    canvas = np.zeros((images.shape[1], max(height, B), max(width, A)), np.float32)
    for image, (down, across) in zip(as_float(images), PLACES, strict=True):
        top, left = round(down * (canvas.shape[1] - B)), round(across * (canvas.shape[2] - A))
        canvas[:, top : top + B, left : left + A] += image
    return canvas.clip(0, 1)


def zoom(image, window=None, *, K=12):
    """Figure 4: a window of an image read as a patch, and the patch written back.

    Parameters
    ----------
    image : array, shape (C, B, A)
        uint8, or values in [0, 1]; the paper's is 100 wide and 75 high.
    window : Window, optional
        Each field (1,).  By default 0.27 of the image's longer side, towards the lower right.
    K : int
        Filters per axis (N in the paper), at least 2.

    Returns
    -------
    array of uint8, shape (height, width, 3)
        Above: the image and the window, the patch, and the patch written through the same
        filters.  Below: the filters of the patch's first entry, top left, and of its last.
    """
    image = as_float(image, np.float64)
    (B, A), scale = image.shape[1:], max(1, SIDE // (3 * image.shape[2]))
    window = window or _window(image, *CLOSE, K, at=CLOSE_AT)
    patch, back, F_y, F_x = read_and_write_back(image, window, K=K)
    first, last = (np.outer(F_y[k], F_x[k])[None] for k in (0, -1))
    panels = (
        (_framed(image, window, K, scale), f"{A} x {B} image"),
        (_picture(patch, max(1, B * scale // K)), f"{K} x {K} patch"),
        # An entry is spread over stride^2 pixels: as much brighter, it looks as it was read.
        (_picture(back * window.stride**2, scale), "patch written back"),
        (_picture(first / first.max(), scale), "first filter"),
        (_picture(last / last.max(), scale), f"last of {K * K} filters"),
    )
    above, below = ([_captioned(*panel) for panel in row] for row in (panels[:3], panels[3:]))
    return _page(_join([_join(above, axis=1), _join(below, axis=1)], axis=0))


def read_and_write_back(image, window, *, K):
    """Read an image (C, B, A) through a window of fields (1,), and write what was read.

    Returns the patch, shape (C, K, K), eq 27; the patch written through the same filters, shape
    (C, B, A), eq 29; and these filters, ``F_y``, shape (K, B), and ``F_x``, shape (K, A).
    """
    x, B, A = image[None], *image.shape[1:]
    F_y, _ = layers.filterbank(window.center_y, window.stride, window.var, K=K, A=B)
    F_x, _ = layers.filterbank(window.center_x, window.stride, window.var, K=K, A=A)
    glimpse, _ = layers.read(np.zeros_like(x), F_y, F_x, window.gamma, x=x)
    patch = glimpse[:, : len(image)]  # behind it is the error image's
    return patch[0], layers.write(patch, F_y, F_x, window.gamma)[0][0], F_y[0], F_x[0]


def nearest(images, training):
    """Find the training image nearest to each image, by the Euclidean distance of their pixels.

    Parameters
    ----------
    images : array, shape (m, C, B, A)
    training : array, shape (n, C, B, A)
        Both uint8, or values in [0, 1].  Memory doesn't grow with ``n``.

    Returns
    -------
    array of float32, shape (m, C, B, A)
    """
    if images.shape[1:] != training.shape[1:] or not len(training):
        raise UserError(f"images of shape {images.shape}, training images of {training.shape}")
    points = as_float(images, np.float64).reshape(len(images), -1)
    least, found = np.full(len(points), np.inf), np.zeros(len(points), int)
    for start in range(0, len(training), CHUNK):
        others = as_float(training[start : start + CHUNK], np.float64).reshape(-1, points.shape[1])
        # |a - b|^2 without |a|^2, which is the same for every b
        distances = (others**2).sum(axis=1) - 2 * points @ others.T
        k, closest = distances.argmin(axis=1), distances.min(axis=1)
        found = np.where(closest < least, start + k, found)
        least = np.minimum(closest, least)
    return as_float(training[found])


def samples_beside_nearest(network, training, *, rows=8, columns=9, seed=0):
    """Figures 6, 9, 12: new mean images, and training images nearest to those of the last column.

    ``training``, shape (n, C, B, A), uint8 or values in [0, 1], is what the network was trained
    on; ``rows`` and ``columns`` count new images.  Returns what `film_strip` returns.
    """
    samples = network.sample(rows * columns, seed=seed)
    beside = nearest(samples[columns - 1 :: columns], training)
    scale = max(1, SIDE // ((columns + 1) * (samples.shape[-1] + 1)))
    left = _captioned(sheets.sheet(samples, columns=columns, scale=scale), "samples")
    right = _captioned(sheets.sheet(beside, columns=1, scale=scale), "nearest training image")
    return _page(_join([left, right], axis=1))


def draw_all(folder, network, training, *, name="", plain=None):
    """Save the figures of a network as ``figure-1.png`` and so on; returns a list of their paths.

    Parameters
    ----------
    folder : path-like
        Made if need be.
    network : minidraw.Draw
    training : array, shape (n, C, B, A)
        What `network` was trained on: uint8, or values in [0, 1].
    name : str
        Of that data set.  Of two digits, house numbers and CIFAR-10 the paper shows figures 8 to
        10 and 12; of any other set they are 1 and 6, and with them come 3 and 4.
    plain : minidraw.Draw, optional
        The network without attention of figure 7.
    """
    film, samples = OTHER_SETS.get(name, (1, 6))
    figures = {film: film_strip(network)} if film else {}
    if name not in OTHER_SETS:
        digits = datasets.load("digits").train.images[list(DIGITS)]
        figures |= {3: filters(digits[0]), 4: zoom(scene(digits))}
    if samples:
        figures[samples] = samples_beside_nearest(network, training)
    if plain:
        if plain.config_.write_attention:
            raise UserError("figure 7 is of a network without attention: this one writes with it")
        figures[7] = film_strip(plain)
    Path(folder).mkdir(parents=True, exist_ok=True)
    paths = [Path(folder) / f"figure-{number}.png" for number in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        sheets.save_png(path, figure)
    return paths


def _window(image, stride, sigma, K, *, at=(0, 0)):
    """A window on an image (C, B, A) from the numbers that a decoder would emit (eqs 21-24)."""
    height, width = image.shape[1:]
    log_var = 2 * np.log(sigma * (max(height, width) - 1) / max(1, K - 1))
    theta = np.array([[*at, log_var, np.log(stride), 0]])
    return Window(*layers.window(theta, height=height, width=width, K=K)[0])


def _picture(image, scale):
    """An image (C, B, A) as a picture."""
    return _enlarge(_pixels(image[None])[0], scale)


def _framed(image, window, K, scale):
    """An image (C, B, A) as a picture, with the window on it: green, for it is read."""
    picture = _picture(image, scale)
    _outline(picture, window, 0, K=K, scale=scale, color=GREEN)
    return picture


def _captioned(picture, words):
    """A picture with a line of text above it."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(15)
    width = max(picture.shape[1], round(font.getlength(words)) + 1)
    line = Image.new("RGB", (width, 22), "white")
    ImageDraw.Draw(line).text((0, 1), words, fill="black", font=font)
    return _join([np.asarray(line), picture], axis=0, gap=0)


def _join(pictures, *, axis, gap=GAP):
    """Pictures below (axis 0) or beside (1) one another on white."""
    rest = max(picture.shape[1 - axis] for picture in pictures)
    room = np.zeros((len(pictures), 3, 2), int)  # to add: of picture, along axis, before or after
    room[:, 1 - axis, 1] = [rest - picture.shape[1 - axis] for picture in pictures]
    room[:-1, axis, 1] = gap
    padded = [np.pad(*both, constant_values=255) for both in zip(pictures, room, strict=True)]
    return np.concatenate(padded, axis)


def _page(picture):
    """A white margin around a picture."""
    return np.pad(picture, ((GAP, GAP), (GAP, GAP), (0, 0)), constant_values=255)
