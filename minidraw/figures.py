"""The paper's figures of digits: 1, 3, 4, 6 and 7.

Pictures are uint8 arrays, shape (height, width, 3), about 900 screen pixels wide.
"""

from pathlib import Path

import numpy as np

from minidraw import layers, viz
from minidraw.datasets import as_float
from minidraw.errors import UserError
from minidraw.models.base import Window
from minidraw.viz import GREEN, SIDE, _enlarge, _outline, _pixels

CHUNK = 500  # training images compared at a time
SPACE = 14  # screen pixels between panels, and around a page
# Figure 3, top to bottom: stride and sigma, both in strides of the grid from edge to edge.
SETTINGS = ((0.35, 0.55), (1.0, 0.15), (1.0, 0.8))
# Figure 4: where images lie on the canvas, as parts of the room they leave: down, across.
PLACES = ((0.05, 0.10), (0.12, 0.95), (0.50, 0.48), (0.95, 0.04), (0.90, 0.92))


def film_strip(network, *, rows=6, steps=12, seed=0):
    """Figure 1, and figure 7 for a network without attention: new images being painted.

    Parameters
    ----------
    network : minidraw.Draw
        Trained.
    rows : int
        Images, one row each.
    steps : int
        Canvases per row, spread evenly from the first step to the last; at most T.  Each shows
        the window it was written through, if there is one.
    seed : int
        Of the noise.

    Returns
    -------
    array of uint8, shape (height, width, 3)
    """
    film = network.film(rows, seed=seed)
    T, A = len(film.canvas) - 1, film.canvas.shape[-1]
    scale = max(1, round(SIDE / (min(steps, T) * (A + 1))))
    return viz.strip(film, index=range(rows), steps=steps, scale=scale)


def filters(image, *, K=12):
    """Figure 3: a grid of filters on an image, and the patches of three windows.

    Parameters
    ----------
    image : array, shape (C, B, A)
        uint8, or values in [0, 1].
    K : int
        Filters per axis (N in the paper), at least 2.

    Returns
    -------
    array of uint8, shape (height, width, 3)
        At the left the image, a dot at the centre of each filter, and the window's frame.  At the
        right three windows, wide borders standing for a large sigma, and beside each its patch:
        small stride and large variance (near and blurred), large stride and small variance (all
        of the image, coarsely), large stride and large variance.

    Raises
    ------
    ValueError
        If `K` is 1 or less.
    """
    image = as_float(image, np.float64)
    side = max(image.shape[1:])
    small = max(1, SIDE // (6 * side))
    rows = []
    for spread, blur in SETTINGS:
        window = _centred(image, spread, blur, K)
        patch, _ = look(image, window, K=K)
        row = _join([_framed(image, window, K, small), _shown(patch, side * small)], axis=1)
        rows.append(_captioned(row, _words(window)))
    right = _join(rows, axis=0)
    window = _centred(image, 0.6, 0.3, K)
    large = max(1, right.shape[0] // side)
    grid = _framed(image, window, K, large)
    _mark_centers(grid, window, K, large)
    left = _captioned(grid, f"{K} x {K} filters: {_words(window)}")
    return _page(_join([left, right], axis=1, gap=2 * SPACE))


def scene(images, *, height=75, width=100):
    """Lay five images out on a black canvas, for figure 4.

    Parameters
    ----------
    images : array, shape (5, C, B, A)
        uint8, or values in [0, 1].  Where they overlap they add, up to 1.
    height, width : int
        Size of the canvas in pixels; where the images are larger, theirs.

    Returns
    -------
    canvas : array, shape (C, height, width)
    (center_x, center_y) : floats
        Middle of the last image, in pixels counted from 0.
    """
    images = as_float(images, np.float64)
    C, B, A = images.shape[1:]
    height, width = max(height, B), max(width, A)
    canvas = np.zeros((C, height, width))
    for image, (down, across) in zip(images, PLACES, strict=True):
        top, left = round(down * (height - B)), round(across * (width - A))
        canvas[:, top : top + B, left : left + A] += image
    return canvas.clip(0, 1), (left + (A - 1) / 2, top + (B - 1) / 2)


def zoom(image, *, center_x=None, center_y=None, stride=None, var=None, K=12):
    """Figure 4: a window of an image read as a patch, and the patch written back.

    Parameters
    ----------
    image : array, shape (C, B, A)
        uint8, or values in [0, 1]; the paper's is 100 wide and 75 high.
    center_x, center_y : float, optional
        Middle of the window, in pixels counted from 0.  By default the image's.
    stride : float, optional
        Distance between neighbouring filters, in pixels.  By default the window takes 0.27 of the
        image's longer side.
    var : float, optional
        Variance of the filters, in pixels squared.  By default sigma is 0.4 strides.
    K : int
        Filters per axis (N in the paper), at least 2.

    Returns
    -------
    array of uint8, shape (height, width, 3)
        Above, the image with the window, the patch, and the patch written through the same
        filters; below, the first filter (it makes the patch's top left entry) and the last.
    """
    image = as_float(image, np.float64)
    B, A = image.shape[1:]
    center_x = (A - 1) / 2 if center_x is None else center_x
    center_y = (B - 1) / 2 if center_y is None else center_y
    stride = 0.27 * (max(B, A) - 1) / (K - 1) if stride is None else stride
    var = (0.4 * stride) ** 2 if var is None else var
    # An entry spreads over stride^2 pixels when it is written: gamma gives that brightness back.
    values = (center_x, center_y, stride, var, 1 / stride**2)
    window = Window(*(np.array([value], float) for value in values))
    patch, back = look(image, window, K=K)
    F_y, F_x = _banks(image, window, K)
    scale = max(1, SIDE // (3 * A))

    def filter_(k):
        F = np.outer(F_y[0, k], F_x[0, k])
        return _enlarge(_pixels((F / F.max())[None, None])[0], scale)

    above = (
        (_framed(image, window, K, scale), f"{A} x {B} image"),
        (_shown(patch, B * scale), f"{K} x {K} patch"),
        (_enlarge(_pixels(back[None])[0], scale), "patch written back"),
    )
    below = ((filter_(0), "first filter"), (filter_(-1), f"last of {K * K} filters"))
    rows = [_join([_captioned(*panel) for panel in row], axis=1) for row in (above, below)]
    return _page(_join(rows, axis=0))


def look(image, window, *, K):
    """Read a patch through a window and write it back through the same filters (eqs 27, 29).

    Parameters
    ----------
    image : array, shape (C, B, A)
    window : Window
        Of one step, each field (1,).  Its gamma divides what is written; nothing multiplies what
        is read, so that the patch has the image's brightness.
    K : int
        Filters per axis.

    Returns
    -------
    patch : array, shape (C, K, K)
    back : array, shape (C, B, A)
    """
    F_y, F_x = _banks(image, window, K)
    x, ones = image[None], np.ones_like(window.gamma)
    glimpse, _ = layers.read(np.zeros_like(x), F_y, F_x, ones, x=x)
    patch = glimpse[:, : len(image)]  # the error image's patch comes behind
    return patch[0], layers.write(patch, F_y, F_x, window.gamma)[0][0]


def nearest(images, training):
    """Find the training image nearest to each image: the Euclidean distance of their pixels.

    Parameters
    ----------
    images : array, shape (m, C, B, A)
        Values in [0, 1].
    training : array, shape (n, C, B, A)
        uint8, or values in [0, 1].  Memory beyond the arguments is a few MB, whatever `n` is.

    Returns
    -------
    array of float32, shape (m, C, B, A)
    """
    if images.shape[1:] != training.shape[1:] or not len(training):
        raise UserError(
            f"training images of shape {training.shape} beside images of shape {images.shape}"
        )
    points = as_float(images, np.float64).reshape(len(images), -1)
    least, found = np.full(len(points), np.inf), np.zeros(len(points), int)
    for start in range(0, len(training), CHUNK):
        others = as_float(training[start : start + CHUNK], np.float64).reshape(-1, points.shape[1])
        # |a - b|^2 less |a|^2, which is the same for every b
        distance = (others**2).sum(axis=1) - 2 * points @ others.T
        k = distance.argmin(axis=1)
        closest = distance[np.arange(len(k)), k]
        found = np.where(closest < least, start + k, found)
        least = np.minimum(closest, least)
    return as_float(training[found])


def samples_beside_nearest(network, training, *, rows=8, columns=9, seed=0):
    """Figure 6: new images, and the training images nearest to those of the last column.

    Parameters
    ----------
    network : minidraw.Draw
        Trained.
    training : array, shape (n, C, B, A)
        The images it was trained on: uint8, or values in [0, 1].
    rows, columns : int
        Of samples.
    seed : int
        Of the noise.

    Returns
    -------
    array of uint8, shape (height, width, 3)
    """
    samples = network.sample(rows * columns, seed=seed)
    scale = max(1, SIDE // ((columns + 1) * (samples.shape[-1] + 1)))
    beside = nearest(samples[columns - 1 :: columns], training)
    panels = ((samples, columns, "samples"), (beside, 1, "nearest"))
    sheets = [_captioned(viz.sheet(i, columns=c, scale=scale), words) for i, c, words in panels]
    return _page(_join(sheets, axis=1))


def draw_all(folder, attention, plain, training):
    """Save every figure as ``figure-1.png`` and so on.

    Parameters
    ----------
    folder : path-like
        Made if it isn't there.
    attention : minidraw.Draw
        The network of figures 1 and 6.
    plain : minidraw.Draw or None
        A network that writes without attention.  Without one, figure 7 is left out.
    training : array, shape (n, C, B, A)
        The images that `attention` was trained on: uint8, or values in [0, 1].

    Returns
    -------
    list of pathlib.Path
    """
    if plain is not None and plain.config_.write_attention:
        raise UserError("figure 7 needs a network without attention, and this one has it")
    five = training[np.arange(5) % len(training)]
    canvas, (center_x, center_y) = scene(five)
    pictures = {
        1: film_strip(attention),
        3: filters(training[0]),
        4: zoom(canvas, center_x=center_x, center_y=center_y),
        6: samples_beside_nearest(attention, training),
    }
    if plain is not None:
        pictures[7] = film_strip(plain)
    Path(folder).mkdir(parents=True, exist_ok=True)
    paths = [Path(folder) / f"figure-{number}.png" for number in pictures]
    for path, picture in zip(paths, pictures.values(), strict=True):
        viz.save_png(path, picture)
    return paths


def _centred(image, spread, blur, K):
    """A window in the image's middle; stride and sigma in strides of the grid edge to edge."""
    height, width = image.shape[1:]
    sigma = blur * (max(height, width) - 1) / (max(K, 2) - 1)
    raw = np.array([[0, 0, 2 * np.log(sigma), np.log(spread), 0]])
    return Window(*layers.window(raw, height=height, width=width, K=K)[0])


def _banks(image, window, K):
    """Both filterbanks of a window on an image (C, B, A): (1, K, B) and (1, K, A)."""
    B, A = image.shape[1:]
    F_y, _ = layers.filterbank(window.center_y, window.stride, window.var, K=K, A=B)
    F_x, _ = layers.filterbank(window.center_x, window.stride, window.var, K=K, A=A)
    return F_y, F_x


def _shown(patch, side):
    """A patch (C, K, K) as a picture of about ``side`` screen pixels."""
    return _enlarge(_pixels(patch[None])[0], max(1, side // patch.shape[-1]))


def _framed(image, window, K, scale):
    """An image (C, B, A) as a picture with the window on it."""
    picture = _enlarge(_pixels(image[None])[0], scale)
    _outline(picture, window, 0, K=K, scale=scale, dashed=True)
    return picture


def _mark_centers(picture, window, K, scale):
    """Draw a dot at each filter's centre, in place."""
    reach = (np.arange(K) - (K - 1) / 2) * window.stride  # eqs 19 and 20
    half = max(1, round(float(window.stride[0]) * scale / 8))
    for y in np.rint((window.center_y + reach + 0.5) * scale).astype(int):
        for x in np.rint((window.center_x + reach + 0.5) * scale).astype(int):
            picture[max(0, y - half) : y + half, max(0, x - half) : x + half] = GREEN


def _words(window):
    return f"stride {window.stride[0]:.2g}, sigma {np.sqrt(window.var[0]):.2g} pixels"


def _captioned(picture, words):
    """A picture with a line of text above it."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(15)
    width = max(picture.shape[1], round(font.getlength(words)) + 1)
    line = Image.new("RGB", (width, 22), "white")
    ImageDraw.Draw(line).text((0, 1), words, fill="black", font=font)
    return _join([np.asarray(line), picture], axis=0, gap=0)


def _join(pictures, *, axis, gap=SPACE):
    """Pictures below (axis 0) or beside (1) one another on white."""
    size = np.array([picture.shape[:2] for picture in pictures])
    shape = size.max(axis=0)
    shape[axis] = size[:, axis].sum() + gap * (len(pictures) - 1)
    page, at = np.full((*shape, 3), 255, np.uint8), [0, 0]
    for picture, (h, w) in zip(pictures, size, strict=True):
        page[at[0] : at[0] + h, at[1] : at[1] + w] = picture
        at[axis] += picture.shape[axis] + gap
    return page


def _page(picture):
    """A white margin around a picture."""
    return np.pad(picture, ((SPACE,) * 2, (SPACE,) * 2, (0, 0)), constant_values=255)
