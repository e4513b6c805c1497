"""Read a folder of PNG and JPEG files, and bring pictures to one size."""

import warnings
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from minidraw.datasets.base import MAX_BYTES
from minidraw.datasets.readers.arrays import one_line
from minidraw.errors import UserError

SUFFIXES = (".png", ".jpg", ".jpeg")
SIZES_SHOWN = 5


def read_folder(folder, size=None, invert=False, stretch=False):
    """All PNG and JPEG files in a folder and below it, in the order of their paths.

    Parameters
    ----------
    folder : path
    size : (B, A), optional
        Height and width to bring every picture to; needed if they differ.
    invert : bool
        Swap light and dark, for dark ink on white paper.
    stretch : bool
        Fill ``size`` whatever a picture's proportions are.

    Returns
    -------
    array, uint8, shape (n, C, B, A)
        C is 1 if every picture is grey (whatever its file says), else 3.

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
        raise UserError(f"{folder} holds no PNG or JPEG files")
    height, width = size or _common_size(paths, folder)
    if len(paths) * height * width * 3 > MAX_BYTES:
        raise UserError(
            f"{folder}: {len(paths):,} pictures of {width}x{height} don't fit into 4 GiB; "
            "choose a smaller size, such as --size 64"
        )
    pictures = [_read(path, (height, width), invert, stretch) for path in paths]
    channels = max(len(picture) for picture in pictures)
    return np.stack([np.broadcast_to(p, (channels, height, width)) for p in pictures])


def one_picture(path, shape, invert=False, enlarge=True):
    """One PNG or JPEG file as an image that a network of this shape can read.

    Parameters
    ----------
    path : path
    shape : (C, B, A)
        Colour is turned to grey where C is 1.
    invert : bool
        Swap light and dark.
    enlarge : bool
        Whether a smaller picture is enlarged, or only gets a margin.

    Returns
    -------
    array, float32, shape (1, C, B, A), in [0, 1]
    """
    channels, height, width = shape
    picture = _read(path, (height, width), invert, enlarge=enlarge) / np.float32(255)
    if channels == 1:
        picture = picture.mean(axis=0, keepdims=True)
    return np.broadcast_to(picture, shape)[None].copy()


def fit_images(images, size, invert=False, stretch=False):
    """Images (n, C, B, A) inverted and brought to ``size``: uint8 if resized, else as they were."""
    if size is not None and images.shape[2:] != size:
        from PIL import Image

        if images.dtype != np.uint8:
            images = np.rint(images * 255).astype(np.uint8)
        if len(images) * images.shape[1] * size[0] * size[1] > MAX_BYTES:
            raise UserError(f"{len(images):,} images of {size[1]}x{size[0]} don't fit into 4 GiB")
        planes = images.reshape(-1, *images.shape[2:])
        fitted = [np.asarray(fit(Image.fromarray(p), size, stretch)) for p in planes]
        images = np.stack(fitted).reshape(*images.shape[:2], *size)
    return (1 if images.dtype != np.uint8 else np.uint8(255)) - images if invert else images


def _common_size(paths, folder):
    """(B, A) that all pictures share; if they share none, the error says what to do."""
    sizes = Counter()
    for path in paths:
        with opened(path) as image:
            turned = image.getexif().get(0x0112, 1) >= 5  # EXIF orientations that swap the axes
            sizes[image.size[::-1] if turned else image.size] += 1
    if len(sizes) == 1:
        width, height = next(iter(sizes))
        return height, width
    listed = [f"{w}x{h}: {count:,}" for (w, h), count in sizes.most_common(SIZES_SHOWN)]
    if len(sizes) > SIZES_SHOWN:
        listed.append(f"{len(sizes) - SIZES_SHOWN:,} more")
    longer = sorted(max(size) for size in sizes.elements())
    proposal = min(max(longer[len(longer) // 2], 8), 64)  # larger than 64 would train for days
    raise UserError(
        f"{folder} holds pictures of {len(sizes):,} sizes, width x height "
        f"({', '.join(listed)}): add --size {proposal} to bring them to one"
    )


def _read(path, size, invert, stretch=False, enlarge=True):
    """One picture, uint8 (1 or 3, B, A), turned as its EXIF says, on its own background."""
    from PIL import Image, ImageOps

    with opened(path) as image:
        clear = image.has_transparency_data
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):  # 16 bits, which convert() would cut off at 255
            image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
        if clear:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        image = fit(image.convert("RGB"), size, stretch, enlarge)
        picture = np.asarray(image).transpose(2, 0, 1)
    if (picture == picture[:1]).all():
        picture = picture[:1]
    return 255 - picture if invert else picture


def fit(image, size, stretch=False, enlarge=True):
    """The whole picture, enlarged or reduced, in the middle of more of its background (B, A).

    The background is what most of the picture's edge looks like; none is needed where the
    picture may be stretched.
    """
    from PIL import Image, ImageOps

    if stretch:
        return image.resize(size[::-1], Image.Resampling.LANCZOS)

    pixels = np.asarray(image)
    edge = [*pixels[0], *pixels[-1], *pixels[:, 0], *pixels[:, -1]]
    color = tuple(
        np.median(np.atleast_2d(edge).reshape(len(edge), -1), axis=0).astype(int).tolist()
    )
    color = color if len(color) > 1 else color[0]
    if not enlarge and image.height <= size[0] and image.width <= size[1]:
        margins = Image.new(image.mode, size[::-1], color)
        margins.paste(image, ((size[1] - image.width) // 2, (size[0] - image.height) // 2))
        return margins
    return ImageOps.pad(image, size[::-1], Image.Resampling.LANCZOS, color=color)


@contextmanager
def opened(path, file=None):
    """Open a picture, perhaps from an open file.

    Whatever goes wrong while it is used is a UserError that names the path.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(file or path, formats=("PNG", "JPEG")) as image:
                yield image
        except Exception as error:  # Pillow's decoders raise a dozen kinds on damaged files
            reason = one_line(error)
            raise UserError(f"{path} is no readable PNG or JPEG picture: {reason}") from error
