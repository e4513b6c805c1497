import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from minidraw.datasets.own.collection import load_own_pictures
from minidraw.datasets.own.picture_folder import list_files, read_picture_folder
from minidraw.datasets.own.pictures import fit_images, read_picture
from minidraw.errors import UserError


@pytest.fixture
def save(tmp_path):
    """Save an array, or a Pillow picture, in the folder of pictures; gives the folder."""

    def save(name, picture, **settings):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(picture, np.ndarray):
            picture = Image.fromarray(picture)
        picture.save(path, **settings)
        return tmp_path

    return save


def read_folder(folder, *settings, **named):
    """The images of a folder without validation pictures."""
    return read_picture_folder(folder, list_files(folder)[0], *settings, **named).images["train"]


def grey(height, width, level=200):
    return np.full((height, width), level, np.uint8)


def test_grey_folder_is_read_recursively_in_order(save, tmp_path):
    for name, level in (("b.png", 202), ("a/z.PNG", 201), ("c/d/e.png", 203)):
        save(name, grey(5, 4, level))
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / ".hidden.png").write_text("no picture")
    out = read_folder(tmp_path)
    assert out.shape == (3, 1, 5, 4) and out.dtype == np.uint8
    assert out[:, 0, 0, 0].tolist() == [201, 202, 203]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA", "I;16"])
def test_grey_whatever_the_file_says(save, mode):
    if mode == "I;16":
        image = Image.fromarray(np.full((5, 4), 65535, np.uint16))
    else:
        image = Image.fromarray(grey(5, 4, 255)).convert(mode)
    out = read_folder(save("a.png", image))
    assert out.shape == (1, 1, 5, 4)
    assert (out == 255).all()


def test_sixteen_bits_keep_their_levels(save):
    levels = np.array([[0, 257, 25700, 65535]], np.uint16)
    assert read_folder(save("a.png", levels)).ravel().tolist() == [0, 1, 100, 255]


def test_one_colour_picture_makes_all_colour(save, tmp_path):
    colour = np.zeros((5, 4, 3), np.uint8)
    colour[1, 2] = 10, 20, 230
    save("b.png", colour)
    save("a.png", grey(5, 4, 7))
    out = read_folder(tmp_path)
    assert out.shape == (2, 3, 5, 4)
    assert (out[0] == 7).all()
    assert out[1, :, 1, 2].tolist() == [10, 20, 230]


def test_jpeg(save):
    out = read_folder(save("a.JPEG", grey(8, 8, 200), quality=95))
    assert out.shape == (1, 1, 8, 8)
    assert abs(int(out[0, 0, 4, 4]) - 200) < 3


def test_exif_orientation(save, tmp_path):
    upright = grey(8, 16, 0)
    upright[:, 8:] = 255  # the right half is light
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its left side
    lying = np.rot90(upright)
    out = read_folder(save("a.png", np.ascontiguousarray(lying), exif=exif))
    np.testing.assert_array_equal(out[0, 0], upright)
    # counted among the sizes as it will stand
    save("b.png", upright)
    assert read_folder(tmp_path).shape == (2, 1, 8, 16)


def test_mixed_sizes_say_what_to_do(save, tmp_path, one_line_error):
    for i in range(5):
        save(f"{i}.png", grey(28, 28))
    save("x.png", grey(20, 30))
    save("y.png", grey(20, 30))
    save("z.png", grey(10, 40))
    with one_line_error(tmp_path, "28x28: 5, 30x20: 2, 40x10: 1", "--size 28 "):
        read_folder(tmp_path)


def test_many_sizes_are_cut_off_and_the_proposal_is_bounded(save, tmp_path):
    for i in range(9):
        save(f"{i}.png", grey(300 + i, 300))
    with pytest.raises(UserError, match="9 sizes.*300x304: 1, 4 more.*--size 64 ") as caught:
        read_folder(tmp_path)
    assert "300x305" not in str(caught.value)


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("paper, ink", [(250, 50), (0, 200)])
def test_size_keeps_the_proportions_and_pads_with_the_picture_s_own_background(
    save, mode, invert, paper, ink
):
    pixels = grey(10, 20, paper)
    pixels[2:8, 4:16] = ink
    pixels[0, :6] = ink  # a stroke that reaches the edge changes nothing
    picture = Image.fromarray(pixels).convert(mode)
    out = read_folder(save("a.png", picture), size=(20, 20), invert=invert)
    assert out.shape[1] == 1
    paper, ink = (255 - paper, 255 - ink) if invert else (paper, ink)
    assert (out[0, 0, :5] == paper).all() and (out[0, 0, 15:] == paper).all()
    assert (out[0, 0, 8:12, 6:14] == ink).all()


@pytest.mark.parametrize("invert, around", [(False, 255), (True, 0)])
def test_transparency_is_flattened_onto_white(save, invert, around):
    pixels = np.zeros((6, 6, 4), np.uint8)  # black, fully transparent
    pixels[2:4, 2:4] = 0, 0, 0, 255  # opaque ink
    out = read_folder(save("a.png", pixels), invert=invert)[0, 0]
    assert (out[:2] == around).all() and (out[2:4, 2:4] == 255 - around).all()


def test_transparent_palette(save):
    image = Image.fromarray(np.array([[0, 1]], np.uint8), mode=None).convert("P")
    image.putpalette([0, 0, 0, 40, 40, 40] + [0] * 762)
    out = read_folder(save("a.png", image, transparency=0))
    assert out.ravel().tolist() == [255, 40]


def test_size_may_be_oblong_and_extreme(save):
    folder = save("a.png", grey(3, 1000))
    assert read_folder(folder, size=(12, 20)).shape == (1, 1, 12, 20)


def test_invert(save):
    out = read_folder(save("a.png", grey(5, 4, 200)), invert=True)
    assert (out == 55).all()


def png_claiming(width, height):
    def chunk(kind, body):
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99))


def gif():
    file = io.BytesIO()
    Image.fromarray(grey(50, 50)).save(file, "GIF")
    return file.getvalue()


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "is no picture but an empty file"),
        (b"no picture at all", "is no picture but a text file"),
        (gif()[:20], "format is unknown"),
        (b"<!DOCTYPE html><p>404", "an HTML page"),
        (b"\x89PNG\r\n\x1a\nnonsense", "format is unknown"),
        (png_claiming(10_000, 10_000), "decompression bomb"),  # of which Pillow only warns
        (png_claiming(60_000, 60_000), "decompression bomb"),
        (png_claiming(50, 50), ""),  # cut short
    ],
)
@pytest.mark.parametrize("size", [None, (28, 28)])
def test_hostile_pictures(save, tmp_path, one_line_error, content, reason, size):
    save("a.png", grey(50, 50))
    (tmp_path / "bad.png").write_bytes(content)
    with one_line_error(tmp_path / "bad.png", reason):
        read_folder(tmp_path, size)


def test_truncated_jpeg(save, tmp_path, one_line_error):
    save("a.jpg", np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8))
    content = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(content[: len(content) // 2])
    with one_line_error("a.jpg", "truncated"):
        read_folder(tmp_path)


def test_folder_without_pictures(tmp_path, one_line_error):
    with one_line_error(tmp_path, "no pictures (PNG, JPEG, WebP"):
        load_own_pictures(tmp_path)
    (tmp_path / "a.txt").write_text("hello")
    with one_line_error(tmp_path, "no pictures", "found a.txt"):
        load_own_pictures(tmp_path)


def test_too_much_for_memory(save, one_line_error):
    with one_line_error("too much memory", "--size 64"):
        read_folder(save("a.png", grey(2, 2)), size=(100_000, 100_000))
    with one_line_error("4 GiB"):
        fit_images(np.zeros((1, 1, 2, 2), np.uint8), (100_000, 100_000))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("invert", [False, True])
def test_fit_images(dtype, invert):
    scale = 1 if dtype == np.uint8 else np.float32(1 / 255)
    images = np.full((2, 3, 10, 20), 51 * scale, dtype)
    images[1, 2] = 0
    images[:, :, 3:7, 5:15] = 153 * scale
    out = fit_images(images, (20, 20), invert)
    assert out.shape == (2, 3, 20, 20) and out.dtype == np.uint8
    out = 255 - out if invert else out
    assert (out[0, :, :5] == 51).all() and (out[1, 2, :5] == 0).all()
    assert (out[:, :, 9:11, 7:13] == 153).all()


def test_fit_images_of_the_right_size_are_only_inverted():
    images = np.array([0, 0.25, 1, 0.5], np.float32).reshape(1, 1, 2, 2)
    np.testing.assert_array_equal(fit_images(images, (2, 2)), images)
    out = fit_images(images, None, invert=True)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, 1 - images)


@pytest.mark.parametrize("suffix", ["webp", "bmp", "tif", "gif", "ppm", "pgm", "png", "dat"])
def test_what_pillow_reads_safely_is_read_whatever_its_name(save, tmp_path, suffix):
    settings = {"webp": {"lossless": True}, "dat": {"format": "TIFF"}}.get(suffix, {})
    save(f"a.{suffix}", Image.fromarray(grey(6, 5, 200)), **settings)
    (tmp_path / f"a.{suffix}").rename(tmp_path / "b.jpg")  # misnamed
    save("c.png", grey(6, 5, 100))
    assert read_folder(tmp_path)[:, 0, 3, 3].tolist() == [200, 100]


def test_other_files_are_counted_and_named(save, tmp_path):
    for name in ("a.png", "b.png"):
        save(name, grey(6, 5))
    frames = [Image.fromarray(grey(6, 5, level)) for level in (200, 100)]
    save("c.gif", frames[0], save_all=True, append_images=frames[1:])
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (tmp_path / ".DS_Store").write_bytes(b"hidden")
    data = load_own_pictures(tmp_path)
    assert len(data.train) + len(data.valid) == 3
    assert data.notes == (
        "uses only the first picture of 1 files (c.gif)",
        "skipped 2 files of other kinds (notes.txt, photo.heic)",
    )


def test_masks_of_0_and_1_are_black_and_white(save, tmp_path):
    for full, levels in ((255, np.uint8), (65535, np.uint16)):
        mask = np.zeros((8, 8), levels)
        mask[2:6, 2:6] = 1
        folder = save(f"{full}/a.png", mask).joinpath(str(full))
        for size in (None, (16, 16)):
            out = read_folder(folder, size)
            assert (out.min(), out.max()) == (0, 255)
        assert read_picture(folder / "a.png", (1, 8, 8)).max() == 1
    assert (read_folder(save("255/b.png", np.zeros((8, 8), np.uint8)) / "255")[0] == 255).any()


@pytest.mark.parametrize("peak, dtype", [(16, "u1"), (100, "u1"), (255, "u2"), (4095, "u2")])
def test_levels_of_another_scale_are_refused(save, one_line_error, peak, dtype):
    levels = np.full((8, 8), peak, dtype)
    folder = save("a.png", levels)
    full = f"{2 ** (8 * levels.itemsize) - 1:,}"
    with one_line_error(folder, f"no value is above {peak:,} of {full}", "Multiply"):
        read_folder(folder)
    with one_line_error(folder / "a.png", "Multiply"):
        read_picture(folder / "a.png", (1, 8, 8))
    save("b.png", np.full((8, 8), 2 ** (8 * levels.itemsize) - 1, dtype))
    assert read_folder(folder)[1].max() == 255  # some may be dark


def test_white_ink_on_nothing_is_laid_on_black(save):
    pixels = np.zeros((6, 6, 4), np.uint8)
    pixels[2:4, 2:4] = 255
    out = read_folder(save("a.png", pixels))[0, 0]
    assert out[0, 0] == 0 and out[3, 3] == 255


def test_bits_palettes_and_print_colours(save, tmp_path):
    shades = Image.fromarray(np.arange(0, 256, 4, dtype=np.uint8).reshape(8, 8))
    for mode, tolerance in (("1", 255), ("P", 0), ("LA", 0), ("RGBA", 0), ("CMYK", 8)):
        folder = save(f"{mode}/a.{'jpg' if mode == 'CMYK' else 'png'}", shades.convert(mode))
        out = read_folder(folder / mode)
        difference = np.abs(out[0, 0].astype(int) - np.asarray(shades))
        assert out.shape[2:] == (8, 8) and difference.max() <= tolerance


def test_32_bit_pictures_are_refused(save, one_line_error):
    with one_line_error("a.tif", "32-bit"):
        read_folder(save("a.tif", np.ones((8, 8), np.float32)))
    with one_line_error("b.tif", "100,000"):
        read_picture(save("b.tif", np.full((8, 8), 100_000, np.int32)) / "b.tif", (1, 8, 8))


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


LONG = b"x" * 3_000_000


@pytest.mark.parametrize(
    "chunk",
    [
        png_chunk(b"tEXt", b"key\0" + LONG),
        png_chunk(b"zTXt", b"key\0\0" + zlib.compress(LONG)),
        png_chunk(b"iTXt", b"key\0\1\0\0\0" + zlib.compress(LONG)),
        png_chunk(b"iCCP", b"name\0\0" + zlib.compress(LONG)),
        png_chunk(b"eXIf", LONG),
        png_chunk(b"eXIf", b"MM\0*\0\0\0\x08\xff\xff"),
        png_chunk(b"gAMA", b""),
        png_chunk(b"pHYs", b"\0"),
        png_chunk(b"tEXt", b"key\0value")[:-1] + b"?",  # a wrong checksum
    ],
)
def test_odd_metadata_of_a_png_do_not_matter(save, tmp_path, chunk):
    content = (save("a.png", grey(8, 8)) / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(content[:33] + chunk + content[33:])
    assert (read_folder(tmp_path) == 200).all()


@pytest.mark.parametrize(
    "marker, body",
    [
        (0xE1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"),
        (0xE1, b"Exif\0\0nonsense"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + LONG[:60_000]),
        (0xE2, b"MPF\0nonsense"),
        (0xE2, b"ICC_PROFILE\0\1\2abc"),
        (0xED, b"Photoshop 3.0\0"),
        (0xEE, b"Adobe\0"),
        (0xFE, b"\xff" * 60_000),
    ],
)
def test_odd_metadata_of_a_jpeg_do_not_matter(save, tmp_path, marker, body):
    content = (save("a.jpg", grey(8, 8)) / "a.jpg").read_bytes()
    segment = b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body
    (tmp_path / "a.jpg").write_bytes(content[:2] + segment * 3 + content[2:])
    assert abs(read_folder(tmp_path).astype(int) - 200).max() < 3


def test_subfolders_are_classes(save, tmp_path):
    for name, level in (("a/1.png", 201), ("b/x/1.png", 202), ("b/2.png", 203), ("a/2.png", 204)):
        save(name, grey(6, 5, level))
    data = load_own_pictures(tmp_path, valid=1)
    assert data.class_names == ("a", "b") and data.classes == 2
    found = {
        int(image.max()): label
        for split in (data.train, data.valid)
        for image, label in zip(split.images, split.labels, strict=True)
    }
    assert found == {201: 0, 204: 0, 203: 1, 202: 1}
    save("loose.png", grey(6, 5))
    assert load_own_pictures(tmp_path).train.labels is None


@pytest.mark.parametrize("names", [("train", "test"), ("Training", "Testing"), ("train", "t10k")])
def test_subfolders_for_tests_are_never_trained_on(save, tmp_path, names, one_line_error):
    for i in range(4):
        save(f"{names[0]}/{'ab'[i % 2]}/{i}.png", grey(6, 5, 200 + i))
        save(f"{names[1]}/{'ab'[i % 2]}/{i}.png", grey(6, 5, 210 + i))
    data = load_own_pictures(tmp_path)
    assert {k: len(split) for k, split in data.splits.items()} == dict(train=3, valid=1, test=4)
    assert data.test.images.min() == 210 and data.class_names == ("a", "b")
    assert data.test.labels.tolist() == [0, 0, 1, 1]
    for i in range(4):
        (tmp_path / names[0] / "ab"[i % 2] / f"{i}.png").unlink()
    with one_line_error(tmp_path, "no training pictures"):
        load_own_pictures(tmp_path)
