"""The paper's figures as pictures, and `save_figures`, which writes them as PNG files.

A picture is an array of uint8, shape (height, width, 3).  Figure 5 is
`sheets.render_classification`, and `nearest.py` draws figures 6, 9 and 12.
"""

from itertools import product
from pathlib import Path

import numpy as np

from minidraw import datasets, layers
from minidraw.datasets import as_float
from minidraw.errors import UserError
from minidraw.models.interface import Window
from minidraw.pictures import drawing, films, labels, saving
from minidraw.pictures.drawing import MARGIN, MAX_SIDE, join
from minidraw.pictures.labels import add_caption, join_captioned, make_page
from minidraw.pictures.nearest import find_nearest, render_samples  # noqa: F401

# By data set: the paper's numbers of the film figure and of the samples figure.
FIGURE_NUMBERS = {"two-digits": (8, None), "cifar10": (None, 12)}
FIGURE_NUMBERS |= dict.fromkeys(("svhn", "svhn-no-extra", "svhn-digits"), (10, 9))
MNIST_FIGURE_NUMBERS = 1, 6
FIGURE_DIGITS = 18, 0, 13, 47, 22  # bundled training digits of figure 4; figure 3 has the first
STRIP_SIDE = 1200  # screen pixels across a film

# Stride and sigma of a window, in strides of a grid that reaches from edge to edge.
FIGURE_3_GRID = 0.6, 0.25
FIGURE_3_PATCHES = (0.35, 0.55), (1.0, 0.15), (1.0, 0.7)  # from top to bottom
FIGURE_3_PANEL = 170  # screen pixels
FIGURE_4_WINDOW = 0.27, 0.13
FIGURE_4_CENTER = 0.59, 0.49  # g_x~ and g_y~: on the scene's last digit
SCENE_PLACES = (0.05, 0.10), (0.12, 0.95), (0.50, 0.48), (0.95, 0.04), (0.90, 0.92)  # down, across


def save_figures(folder, network, training, *, name="", source="", without_attention=None):
    """Save a network's figures as ``figure-1.png`` and so on; return a list of their paths.

    Parameters
    ----------
    folder : path-like
        Created if it doesn't exist.
    network : minidraw.Draw
    training : array, shape (n, C, B, A)
        Images to search for the nearest: uint8, or values in [0, 1].
    name : str
        Name of their data set.  For two digits, house numbers and CIFAR-10 the paper shows
        figures 8 to 10 and 12; for any other set the figures are 1 and 6, with 3 and 4 beside.
    source : str
        Says in figure 6 what `training` is, as in `nearest.render_samples`.
    without_attention : minidraw.Draw, optional
        Network of figure 7.
    """
    film, samples = FIGURE_NUMBERS.get(name, MNIST_FIGURE_NUMBERS)
    figures = {film: render_film_strip(network)} if film else {}
    if name not in FIGURE_NUMBERS:
        digits = datasets.load("digits").train.images[list(FIGURE_DIGITS)]
        figures |= {3: render_filters(digits[0]), 4: render_zoom(compose_scene(digits))}
    if samples:
        figures[samples] = render_samples(network, training, source=source)
    if without_attention is not None:
        if without_attention.config_.write_attention:
            raise UserError("this network writes with attention; figure 7 needs one without")
        figures[7] = render_film_strip(without_attention)
    Path(folder).mkdir(parents=True, exist_ok=True)
    paths = [Path(folder) / f"figure-{number}.png" for number in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        saving.save_png(path, figure)
    return paths


def render_film_strip(network, *, rows=6, steps=10, seed=0):
    """Render images painted step by step: figure 1, 7 (no attention), 8 (two digits), 10 (numbers).

    A row shows ``steps`` canvases of one image (at most T), spread evenly from the first step to
    the last, with their whole write windows.  ``network`` is a trained `minidraw.Draw`.  Returns
    an array of uint8, shape (height, width, 3).
    """
    film, chosen = network.film(rows, seed=seed), range(rows)
    T, (B, A) = len(film.canvas) - 1, film.canvas.shape[3:]
    times = films.spread_steps(film, steps)
    margin = max(1, films.find_margin(film, ["write"], times - 1, chosen))  # 1 holds a grey line
    scale = drawing.choose_scale(len(times) * (A + 2), min(B, A), page=STRIP_SIDE)
    stages = films.render_stages(film, chosen, times, scale=scale, margin=margin)
    title = f"{rows} images painted in {T} steps: the canvas after some of them. "
    if film.write_window is None:
        title += "Without attention: each step paints on all of it"
    else:
        title += "Orange: the window that the step wrote through"
    return make_page(labels.arrange(stages, [f"step {t}" for t in times]), title)


def render_filters(image, *, K=12):
    """Render figure 3: a grid of filters on an image, and the patches of three windows.

    Parameters
    ----------
    image : array, shape (C, B, A)
        uint8, or values in [0, 1].
    K : int
        Filters per axis (N in the paper), at least 2.

    Returns
    -------
    array of uint8, shape (height, width, 3)
        Left: the image, a window, and a dot at each filter's centre.  Right: three windows, whose
        borders widen with sigma, and their patches: a blurred part, the whole image, and the
        whole image blurred.
    """
    image = as_float(image, np.float64)
    side, rows = max(image.shape[1:]), []
    scale = max(1, FIGURE_3_PANEL // side)
    for stride, sigma in FIGURE_3_PATCHES:
        window = _window(image, stride, sigma, K)
        patch = _to_picture(read_and_write_back(image, window, K=K)[0], max(1, side * scale // K))
        words = f"stride {window.stride[0]:.1f}, sigma {np.sqrt(window.var[0]):.1f} pixels"
        rows.append(add_caption(join([_outline_on(image, window, K, scale), patch], axis=1), words))
    right = join(rows, axis=0)
    window, scale = _window(image, *FIGURE_3_GRID, K), max(1, len(right) // side)
    thin = window._replace(var=np.zeros(1))  # so that its border hides no dots
    grid = _outline_on(image, thin, K, scale)
    middle = np.array([window.center_y, window.center_x])
    centers = middle + (np.arange(K) - (K - 1) / 2) * window.stride  # eqs 19 and 20
    half = max(1, round(window.stride[0] * scale / 6))
    for y, x in product(*np.rint((centers + 0.5) * scale).astype(int)):
        grid[max(0, y - half) : y + half, max(0, x - half) : x + half] = drawing.GREEN
    left = add_caption(grid, f"{K} x {K} filters, {window.stride[0]:.1f} pixels apart")
    title = "Left: the centres of a window's filters. Right: three windows and what they read"
    return make_page(join([left, right], axis=1, gap=2 * MARGIN), title)


def compose_scene(images, *, height=75, width=100):
    """Place five images (5, C, B, A) on black for figure 4; return (C, height, width).

    Values are uint8 or in [0, 1]; height and width, in pixels, are at least those of the images.
    Overlapping images are added and clipped at 1.
    """
    B, A = images.shape[2:]
    canvas = np.zeros((images.shape[1], max(height, B), max(width, A)), np.float32)
    for image, (down, across) in zip(as_float(images), SCENE_PLACES, strict=True):
        top, left = round(down * (canvas.shape[1] - B)), round(across * (canvas.shape[2] - A))
        canvas[:, top : top + B, left : left + A] += image
    return canvas.clip(0, 1)


def render_zoom(image, window=None, *, K=12):
    """Render figure 4: a window of an image read as a patch, and the patch written back.

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
    (B, A), scale = image.shape[1:], max(1, MAX_SIDE // (3 * image.shape[2]))
    window = window or _window(image, *FIGURE_4_WINDOW, K, at=FIGURE_4_CENTER)
    patch, back, F_y, F_x = read_and_write_back(image, window, K=K)
    first, last = (np.outer(F_y[k], F_x[k])[None] for k in (0, -1))
    panels = (
        (_outline_on(image, window, K, scale), f"{A} x {B} image"),
        (_to_picture(patch, max(1, B * scale // K)), f"{K} x {K} patch"),
        # Writing spreads an entry over stride^2 pixels: this gain restores its brightness.
        (_to_picture(back * window.stride**2, scale), "patch written back"),
        (_to_picture(first / first.max(), scale), "first filter"),
        (_to_picture(last / last.max(), scale), f"last of {K * K} filters"),
    )
    page = join([join_captioned(panels[:3]), join_captioned(panels[3:])], axis=0)
    return make_page(page, "A window is read as a patch, and the patch is written back")


def read_and_write_back(image, window, *, K):
    """Read an image (C, B, A) through one window (fields of shape (1,)), and write the patch back.

    Returns the patch, shape (C, K, K), eq 27; the patch written through the same filters, shape
    (C, B, A), eq 29; and the filters ``F_y``, shape (K, B), and ``F_x``, shape (K, A).
    """
    x, B, A = image[None], *image.shape[1:]
    F_y, _ = layers.filterbank(window.center_y, window.stride, window.var, K=K, A=B)
    F_x, _ = layers.filterbank(window.center_x, window.stride, window.var, K=K, A=A)
    glimpse, _ = layers.read(np.zeros_like(x), F_y, F_x, window.gamma, x=x)
    patch = glimpse[:, : len(image)]  # the error image's glimpse follows
    return patch[0], layers.write(patch, F_y, F_x, window.gamma)[0][0], F_y[0], F_x[0]


def _window(image, stride, sigma, K, *, at=(0, 0)):
    """Return a window on an image (C, B, A), from the numbers that a decoder emits (eqs 21-24)."""
    height, width = image.shape[1:]
    log_var = 2 * np.log(sigma * (max(height, width) - 1) / max(1, K - 1))
    theta = np.array([[*at, log_var, np.log(stride), 0]])
    return Window(*layers.window(theta, height=height, width=width, K=K)[0])


def _to_picture(image, scale):
    return drawing.enlarge(drawing.to_pixels(image[None])[0], scale)


def _outline_on(image, window, K, scale):
    """Render an image (C, B, A) with its read window."""
    picture = _to_picture(image, scale)
    drawing.outline_window(picture, window, 0, K=K, scale=scale, color=drawing.GREEN)
    return picture
