"""`read_folder` and `read_picture` read PNG and JPEG files and resize them."""

import warnings
from collections import Counter
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np

from minidraw.datasets.readers.array_files import to_one_line
from minidraw.errors import UserError
from minidraw.regular_files import MAX_ARRAY_BYTES, limit_unpacked, open_regular

SUFFIXES = (".png", ".jpg", ".jpeg")
MAX_SIZES_LISTED = 5  # in an error message
PROPOSED_SIDES = 8, 64  # limits of the proposed --size; larger pictures would train for days
EXIF_ORIENTATION = 0x0112
MAX_PIXELS = 50 * 10**6  # of a picture; unpacking one takes some ten bytes per pixel


def read_folder(folder, size=None, invert=False, stretch=False):
    """Read all PNG and JPEG files in a folder and its subfolders, sorted by path.

    Parameters
    ----------
    folder : path
    size : (B, A), optional
        Height and width that every picture is resized to; needed if sizes differ.
    invert : bool
        Swap light and dark, for dark ink on white paper.
    stretch : bool
        Fill ``size`` instead of keeping the proportions.

    Returns
    -------
    array, uint8, shape (n, C, B, A)
        C is 1 if all pixels are grey (even in colour files), else 3.

    Raises
    ------
    UserError
        If there are no pictures, one can't be read, their sizes differ and ``size`` is None,
        or there are too many.
    """
    paths = sorted(
        path
        for path in Path(folder).rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not paths:
        raise UserError(f"{folder}: no PNG or JPEG files in this folder or its subfolders")
    height, width = size or _find_common_size(paths, folder)
    if len(paths) * height * width > limit_unpacked(sum(path.stat().st_size for path in paths)):
        raise UserError(
            f"{folder}: {len(paths):,} pictures of {width}x{height} need too much memory. "
            "Choose a smaller size, such as --size 64."
        )
    pictures = [_read_levels(path, (height, width), invert, stretch) for path in paths]
    channels = max(len(picture) for picture in pictures)
    return np.stack([np.broadcast_to(p, (channels, height, width)) for p in pictures])


def read_picture(path, shape, invert=False, enlarge=True):
    """Read a PNG or JPEG file as an image of the shape that a network needs.

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
    """
    channels, height, width = shape
    picture = _read_levels(path, (height, width), invert, enlarge=enlarge) / np.float32(255)
    if channels == 1:
        picture = picture.mean(axis=0, keepdims=True)
    return np.broadcast_to(picture, shape)[None].copy()


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


def _find_common_size(paths, folder):
    """Return the common size (B, A); if sizes differ, raise an error that proposes one."""
    sizes = Counter()
    for path in paths:
        with open_picture(path) as image:
            swapped = image.getexif().get(EXIF_ORIENTATION, 1) >= 5
            sizes[image.size[::-1] if swapped else image.size] += 1
    if len(sizes) == 1:
        width, height = next(iter(sizes))
        return height, width
    listed = [f"{w}x{h}: {count:,}" for (w, h), count in sizes.most_common(MAX_SIZES_LISTED)]
    if len(sizes) > MAX_SIZES_LISTED:
        listed.append(f"{len(sizes) - MAX_SIZES_LISTED:,} more")
    longer = sorted(max(size) for size in sizes.elements())
    low, high = PROPOSED_SIDES
    raise UserError(
        f"{folder}: pictures have {len(sizes):,} sizes, width x height ({', '.join(listed)}); "
        f"expected one. Add --size {min(max(longer[len(longer) // 2], low), high)} to resize them."
    )


def _read_levels(path, size, invert, stretch=False, enlarge=True):
    """Read a picture as uint8 (1 or 3, B, A), rotated by its EXIF tag and made opaque."""
    from PIL import Image, ImageOps

    with open_picture(path) as image:
        transparent = image.has_transparency_data
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):  # 16 bits, which convert() would cut off at 255
            image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
        if transparent:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        image = fit_picture(image.convert("RGB"), size, stretch, enlarge)
        picture = np.asarray(image).transpose(2, 0, 1)
    if (picture == picture[:1]).all():
        picture = picture[:1]
    return 255 - picture if invert else picture


def fit_picture(image, size, stretch=False, enlarge=True):
    """Resize a Pillow picture to ``size`` (B, A), padded to keep its proportions.

    The padding has the median colour of the picture's edge.
    """
    from PIL import Image, ImageOps

    if stretch:
        return image.resize(size[::-1], Image.Resampling.LANCZOS)
    pixels = np.asarray(image)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    median = np.median(edge.reshape(len(edge), -1), axis=0).astype(int).tolist()
    color = tuple(median) if len(median) > 1 else median[0]
    if not enlarge and image.height <= size[0] and image.width <= size[1]:
        padded = Image.new(image.mode, size[::-1], color)
        padded.paste(image, ((size[1] - image.width) // 2, (size[0] - image.height) // 2))
        return padded
    return ImageOps.pad(image, size[::-1], Image.Resampling.LANCZOS, color=color)


@contextmanager
def open_picture(path, file=None):
    """Open a picture from a path or an open file; every error becomes a UserError."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with (
                nullcontext(file) if file else open_regular(path) as content,
                Image.open(content, formats=("PNG", "JPEG")) as image,
            ):
                if image.width * image.height > MAX_PIXELS:
                    found = f"it has {image.width:,} x {image.height:,} pixels"
                    raise ValueError(f"{found}; expected at most {MAX_PIXELS:,}")
                yield image
        except Exception as error:  # Pillow's decoders raise a dozen kinds on damaged files
            reason = to_one_line(getattr(error, "strerror", None) or error)
            raise UserError(f"{path} is not a readable PNG or JPEG picture: {reason}") from error
