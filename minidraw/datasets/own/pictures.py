"""`read_picture` and `read_levels` read a picture file and resize it."""

import io
import warnings
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from minidraw.datasets.readers.array_files import to_one_line
from minidraw.datasets.readers.file_kinds import ARRAY_KINDS, HEAD_BYTES, identify_head, is_picture
from minidraw.datasets.readers.metadata import strip_metadata
from minidraw.errors import UserError
from minidraw.regular_files import MAX_ARRAY_BYTES, read_regular

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
ORIENTATION = 0x0112  # EXIF's tag
MAX_FILE_BYTES = 2**28
MAX_PIXELS = 50 * 10**6  # of a picture; unpacking one takes some ten bytes per pixel
MAX_SIDE = 2**16  # pixels; Pillow keeps a pointer for every row


class Levels(NamedTuple):
    """A picture, and the range of the values in its file."""

    picture: np.ndarray  # uint8 (1 or 3, B, A)
    peak: int  # largest value of any colour
    full: int  # largest value that the format allows, 255 or 65,535
    first_of_many: bool  # whether the file holds more pictures

    @property
    def is_mask(self):
        """Return True if no value is above 1: 0 and 1 then stand for black and white."""
        return self.peak == 1

    @property
    def is_dark(self):
        return 1 < self.peak <= self.full // 2


def read_picture(path, shape, invert=False, enlarge=True):
    """Read a picture file as an image of the shape that a network needs.

    Parameters
    ----------
    path : path
    shape : (C, B, A)
        Colours become grey if C is 1.
    invert : bool
        Swap light and dark.
    enlarge : bool
        Enlarge a smaller picture; otherwise it only gets a margin.

    Returns
    -------
    array, float32, shape (1, C, B, A), in [0, 1]

    Raises
    ------
    UserError
        If the file can't be read, or a grey picture's values are those of another scale.
    """
    channels, height, width = shape
    settings = {"invert": invert, "enlarge": enlarge}
    levels = read_levels(path, (height, width), **settings)
    if levels.is_mask:
        levels = read_levels(path, (height, width), masks=(levels.full,), **settings)
    if levels.is_dark and channels == 1:
        raise UserError(explain_dark(path, levels.peak, levels.full))
    picture = levels.picture / np.float32(255)
    if channels == 1:
        picture = picture.mean(axis=0, keepdims=True)
    return np.broadcast_to(picture, shape)[None].copy()


def explain_dark(path, peak, full):
    """Return the error's text for pictures of 16 grey levels or the like."""
    return (
        f"{path}: no value is above {peak:,} of {full:,}; expected pictures that use the whole "
        f"range. Multiply the values by {full / peak:.3g} first."
    )


def fit_images(images, size, invert=False, stretch=False):
    """Resize images (n, C, B, A) to ``size``, which makes them uint8, and invert them."""
    if size is not None and images.shape[2:] != size:
        from PIL import Image

        if images.dtype != np.uint8:
            images = np.rint(images * 255).astype(np.uint8)
        if len(images) * images.shape[1] * size[0] * size[1] > MAX_ARRAY_BYTES:
            found = f"{len(images):,} images of {size[1]}x{size[0]} exceed 4 GiB"
            raise UserError(f"{found}. Reduce the size.")
        planes = images.reshape(-1, *images.shape[2:])
        fitted = [np.asarray(fit_picture(Image.fromarray(p), size, stretch)) for p in planes]
        images = np.stack(fitted).reshape(*images.shape[:2], *size)
    return (1 if images.dtype != np.uint8 else np.uint8(255)) - images if invert else images


def read_levels(path, size, invert=False, stretch=False, enlarge=True, masks=()):
    """Read the first picture of a file, rotated by its EXIF tag and made opaque.

    Parameters
    ----------
    path : path
    size : (B, A)
    invert, stretch, enlarge : bool
        As in `datasets.load` and `read_picture`.
    masks : tuple of int
        Full scales, 255 or 65,535, at which 1 stands for white.

    Returns
    -------
    Levels
    """

    full = 255
    with open_picture(path) as image:
        first_of_many = getattr(image, "is_animated", False)
        transparent = image.has_transparency_data
        image = _turn_upright(image)
        if image.mode.startswith("I"):
            image, peak, full = _reduce_to_bytes(image, path, masks)
        elif image.mode == "F":
            raise UserError(f"{path}: 32-bit values; expected 8 or 16 bits per colour")
        image = (_flatten(image) if transparent else image).convert("RGB")
        if full == 255:
            peak = max(high for _, high in image.getextrema())
            if full in masks:
                image = image.point(lambda level: 255 * min(level, 1))
        image = fit_picture(image, size, stretch, enlarge)
        picture = np.asarray(image).transpose(2, 0, 1)
    if (picture == picture[:1]).all():
        picture = picture[:1]
    return Levels(255 - picture if invert else picture, peak, full, first_of_many)


def read_size(path):
    """Return a picture's upright (width, height) without unpacking it."""
    with open_picture(path) as image:
        return image.size[::-1] if _get_orientation(image) >= 5 else image.size


def _get_orientation(image):
    """Return EXIF's number from 1 to 8; 1 if the metadata are damaged."""
    try:
        number = image.getexif().get(ORIENTATION, 1)
    except Exception:  # as many kinds as there are ways to damage metadata
        return 1
    return number if number in range(1, 9) else 1


def _turn_upright(image):
    from PIL import Image

    flip = Image.Transpose
    turns = {2: flip.FLIP_LEFT_RIGHT, 3: flip.ROTATE_180, 4: flip.FLIP_TOP_BOTTOM}
    turns |= {5: flip.TRANSPOSE, 6: flip.ROTATE_270, 7: flip.TRANSVERSE, 8: flip.ROTATE_90}
    turn = turns.get(_get_orientation(image))
    return image if turn is None else image.transpose(turn)


def _reduce_to_bytes(image, path, masks):
    """Return a picture of 16 bits, which convert() would cut off, with its peak and scale."""
    from PIL import Image

    values, full = np.asarray(image), 2**16 - 1
    peak = int(values.max())
    if values.min() < 0 or peak > full:
        found = f"values range from {values.min():,} to {peak:,}"
        raise UserError(f"{path}: {found}; expected 0 to {full:,}. Rescale them first.")
    values = values * 255 if full in masks else values // 257
    return Image.fromarray(values.astype(np.uint8)), peak, full


def _flatten(image):
    """Lay a transparent picture on white, or on black if nothing would be seen on white."""
    from PIL import Image

    image = image.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if all(low == 255 for low, _ in flat.getextrema()):
        flat = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    return flat


def fit_picture(image, size, stretch=False, enlarge=True):
    """Resize a Pillow picture to ``size`` (B, A), padded to keep its proportions.

    The padding has the median colour of the picture's edge.
    """
    from PIL import Image, ImageOps

    if stretch:
        return image.resize(size[::-1], Image.Resampling.LANCZOS)
    color = _find_edge_color(image)
    if not enlarge and image.height <= size[0] and image.width <= size[1]:
        padded = Image.new(image.mode, size[::-1], color)
        padded.paste(image, ((size[1] - image.width) // 2, (size[0] - image.height) // 2))
        return padded
    return ImageOps.pad(image, size[::-1], Image.Resampling.LANCZOS, color=color)


def _find_edge_color(image):
    """Return the median of each colour along the edge; histograms stay small for any picture."""
    width, height = image.size
    sides = (0, 0, width, 1), (0, height - 1, width, height)
    sides += (0, 0, 1, height), (width - 1, 0, width, height)
    counts = sum(np.array(image.crop(side).histogram()) for side in sides).reshape(-1, 256)
    number = 2 * (width + height)
    middle = np.array([(number - 1) // 2, number // 2])  # one value, or the two around the middle
    ranks = counts.cumsum(axis=1)[:, None] > middle[:, None]
    color = tuple((ranks.argmax(axis=2).sum(axis=1) // 2).tolist())
    return color if len(color) > 1 else color[0]


@contextmanager
def open_picture(path, file=None):
    """Open a picture from a path or an open file; every error becomes a UserError."""
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd metadata
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        content = None
        try:
            content = file.read() if file else read_regular(path, MAX_FILE_BYTES)
            content = strip_metadata(content)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
                    found = f"it has {image.width:,} x {image.height:,} pixels"
                    limit = f"{MAX_PIXELS:,}, and {MAX_SIDE:,} on a side"
                    raise ValueError(f"{found}; expected at most {limit}")
                yield image
        except UserError:
            raise
        except Exception as error:  # Pillow's decoders raise a dozen kinds on damaged files
            kind = identify_head(content[:HEAD_BYTES]) if content is not None else None
            if kind and not is_picture(kind):
                kind = f"a .{kind} file" if kind in ARRAY_KINDS.values() else kind
                raise UserError(f"{path} is no picture but {kind}") from error
            reason = to_one_line(getattr(error, "strerror", None) or error)
            if isinstance(error, UnidentifiedImageError):
                reason = "its format is unknown or its header damaged"
            raise UserError(f"{path} is not a readable picture: {reason}") from error
