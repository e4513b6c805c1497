"""SVHN's house numbers: cut out by their boxes, from archives like the official ones."""

import hashlib
import io
import json
import os
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from matlab_struct import write_boxes
from PIL import Image

from minidraw.datasets import load
from minidraw.datasets.sets import svhn
from minidraw.datasets.sets.svhn import cut_number, read_numbers

h5py = pytest.importorskip("h5py")


def picture(height, width, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    return Image.fromarray(pixels)


def numbers(count, seed):
    """Pictures by name with the boxes of one to three digits, in an order of their own."""
    rng, made = np.random.default_rng(seed), {}
    for i in rng.permutation(count).tolist():
        height, width = rng.integers(20, 50, 2).tolist()
        digits = [
            (*rng.integers(1, 12, 2).tolist(), *rng.integers(2, 9, 2).tolist(), 1 + k)
            for k in range(rng.integers(1, 4))
        ]
        made[f"{i + 1}.png"] = picture(height, width, seed=i), digits
    return made


def as_png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def archive(tmp_path):
    """Write an official archive of ``numbers``, with changes to its files."""

    def write(part, made, changes=None, boxes=None):
        write_boxes(
            tmp_path / "boxes", boxes or {name: digits for name, (_, digits) in made.items()}
        )
        files = {f"{part}/{name}": as_png(image) for name, (image, _) in made.items()}
        files = {f"{part}/see_bboxes.m": b"%", **files}
        files[f"{part}/digitStruct.mat"] = (tmp_path / "boxes").read_bytes()
        (tmp_path / "boxes").unlink()
        with tarfile.open(tmp_path / f"{part}.tar.gz", "w:gz") as tar:
            for name, content in (files | (changes or {})).items():
                if content is not None:
                    info = tarfile.TarInfo(name)
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
        return tmp_path / f"{part}.tar.gz"

    return write


@pytest.fixture
def official(archive, monkeypatch):
    """Three small archives that the loader takes for the official ones."""
    parts = {part: numbers(n, seed=n) for part, n in (("train", 9), ("extra", 12), ("test", 5))}
    for part, made in parts.items():
        content = archive(part, made).read_bytes()
        monkeypatch.setitem(svhn.MD5, part, "md5:" + hashlib.md5(content).hexdigest())
        monkeypatch.setitem(svhn.PICTURE_COUNTS, part, len(made))
    monkeypatch.setattr(svhn, "VALIDATION_IMAGES", 4)
    return {part: expected(made) for part, made in parts.items()}


def expected(made):
    """What the loader should make of them, written another way."""
    found = []
    for image, digits in made.values():
        left, top, width, height, _ = np.array(digits, float).T
        x0, x1 = left.min() - 1, (left + width).max() - 1  # MATLAB counts from 1
        y0, y1 = top.min() - 1, (top + height).max() - 1
        x0, x1 = x0 - 0.15 * (x1 - x0), x1 + 0.15 * (x1 - x0)
        y0, y1 = y0 - 0.15 * (y1 - y0), y1 + 0.15 * (y1 - y0)
        rows = np.asarray(image)[max(0, round(y0)) : round(y1), max(0, round(x0)) : round(x1)]
        number = Image.fromarray(rows).resize((64, 64), Image.Resampling.BICUBIC)
        found.append(np.asarray(number).transpose(2, 0, 1))
    return np.stack(found)


def keys(images):
    return [image.tobytes() for image in images]


def test_numbers_are_cut_out_by_their_boxes_in_their_order(archive):
    made = numbers(20, seed=3)
    np.testing.assert_array_equal(read_numbers(archive("train", made), "train"), expected(made))


def test_load(official, tmp_path):
    data = load("svhn", data_dir=tmp_path)
    assert [len(split) for split in data.splits.values()] == [17, 4, 5]
    assert data.image_shape == (3, 54, 54) and data.train.images.shape[1:] == (3, 64, 64)
    assert data.train.labels is None and "not a compression cost" in data.protocol()
    rows = {
        key: i for i, key in enumerate(keys(np.concatenate([official["train"], official["extra"]])))
    }
    train = [rows[key] for key in keys(data.train.images)]
    assert len(set(train)) == 17 and train == sorted(train)
    held = sorted(set(range(21)) - set(train))
    whole = np.concatenate([official["train"], official["extra"]])
    np.testing.assert_array_equal(data.valid.images, whole[held][:, :, 5:59, 5:59])
    np.testing.assert_array_equal(data.test.images, official["test"][:, :, 5:59, 5:59])


def test_without_the_extra_numbers(official, tmp_path):
    (tmp_path / "extra.tar.gz").unlink()
    data = load("svhn-no-extra", data_dir=tmp_path)
    assert [len(split) for split in data.splits.values()] == [5, 4, 5]
    assert set(keys(data.train.images)) < set(keys(official["train"]))


def test_they_are_prepared_once(official, tmp_path, monkeypatch, one_line_error):
    first = load("svhn", data_dir=tmp_path)
    for part in ("train", "extra", "test"):
        (tmp_path / f"{part}.tar.gz").unlink()
    monkeypatch.setitem(sys.modules, "h5py", None)  # not needed any more
    again = load("svhn", data_dir=tmp_path)
    assert first.checksum == again.checksum
    np.testing.assert_array_equal(first.train.images, again.train.images)
    for array in (official["extra"][:-1], official["extra"] / 255, official["extra"][:, :1]):
        np.save(tmp_path / "extra_numbers_64x64.npy", array)
        with one_line_error("extra_numbers_64x64.npy", "Delete it"):
            load("svhn", data_dir=tmp_path)


def test_nothing_is_kept_where_nothing_can_be(official, tmp_path, monkeypatch):
    for part in ("train", "extra", "test"):  # a folder of that name can't be replaced by a file
        (tmp_path / f"{part}_numbers_64x64.npy").mkdir()
    assert len(load("svhn", data_dir=tmp_path).train) == 17
    assert all(path.is_dir() for path in tmp_path.glob("*.npy"))


def test_without_h5py_nothing_is_fetched(tmp_path, server, mirrors, monkeypatch, one_line_error):
    mirrors("svhn", server.url + "/")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with one_line_error("h5py", "pip install"):
        load("svhn", data_dir=tmp_path)
    assert server.asked == []


def test_a_changed_archive_is_refused(official, tmp_path, one_line_error):
    content = bytearray((tmp_path / "train.tar.gz").read_bytes())
    content[100] ^= 1
    (tmp_path / "train.tar.gz").write_bytes(content)
    with one_line_error("train.tar.gz", "MD5", "Move it away"):
        load("svhn", data_dir=tmp_path)


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"train/digitStruct.mat": None}, "lacks train/digitStruct.mat"),
        ({"train/digitStruct.mat": b"no HDF5"}, "not an HDF5 file"),
        ({"train/3.png": None}, "lacks train/3.png"),
        ({"train/3.png": b"no PNG"}, "train/3.png is no picture"),
        ({"train/3.png": as_png(picture(30, 30))[:-500]}, "train/3.png is not a readable picture"),
    ],
)
def test_damaged_archives(archive, one_line_error, changes, reason):
    path = archive("train", numbers(5, seed=1), changes)
    with one_line_error(path, reason):
        read_numbers(path, "train")


def test_a_cut_archive(archive, one_line_error):
    path = archive("train", numbers(5, seed=1))
    content = path.read_bytes()
    for keep in (0.3, 0.8):
        path.write_bytes(content[: int(keep * len(content))])
        with one_line_error(path):
            read_numbers(path, "train")


@pytest.mark.parametrize("name", ["../1.png", "/etc/passwd", "1.png/../../x", "1.gif", ".png", "x"])
def test_only_pictures_are_named(archive, one_line_error, name):
    path = archive(
        "train", numbers(3, seed=1), boxes={"1.png": [(1, 1, 5, 5, 1)], name: [(1, 1, 5, 5, 1)]}
    )
    with one_line_error(path, "expected names like 1.png"):
        read_numbers(path, "train")


@pytest.mark.parametrize(
    "box", [(31, 1, 5, 5), (1, 21, 5, 5), (-9, 1, 5, 5), (1, -9, 5, 5), (1e9, 1e9, 5, 5)]
)
def test_boxes_outside_the_picture(archive, one_line_error, box):
    made = {"1.png": (picture(20, 30), [(1, 1, 9, 9, 1)]), "2.png": (picture(20, 30), [(*box, 2)])}
    path = archive("test", made)
    with one_line_error(path, "box of test/2.png", "outside"):
        read_numbers(path, "test")


def test_a_box_may_reach_beyond_the_edge():
    """As some of the official ones do; the part then ends where the picture does."""
    image = picture(20, 30)
    pixels = np.asarray(image).transpose(2, 0, 1)
    whole = cut_number(image, (-3, -2, 1e12, 25), "it")
    resized = image.resize((64, 64), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(whole, np.asarray(resized).transpose(2, 0, 1))
    inside = cut_number(
        picture(100, 100), (20, 40, 60, 60), "it"
    )  # 40 x 20, so 6 and 3 more each way
    part = picture(100, 100).crop((14, 37, 66, 63)).resize((64, 64), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(inside, np.asarray(part).transpose(2, 0, 1))
    one = cut_number(image, (4, 5, 5, 6), "it")  # a box of one pixel is that pixel
    assert (one == pixels[:, 5, 4][:, None, None]).all()


def test_a_box_too_small_for_a_pixel():
    with pytest.raises(ValueError, match="smaller than a pixel"):
        cut_number(picture(20, 30), (4.1, 5, 4.2, 9), "it")


def test_colours_stay_in_their_order():
    image = Image.new("RGB", (30, 20), (10, 20, 30))
    assert cut_number(image, (3, 3, 9, 9), "it")[:, 30, 30].tolist() == [10, 20, 30]


def test_real_numbers():
    """512 real pictures with their boxes, beside what others made of them."""
    folder = Path(os.environ.get("MINIDRAW_DATA", ".")) / "svhn"
    packed = folder / "svhn_fullnumber_512_color_png.tar"
    if not packed.is_file():
        pytest.skip("needs 512 pictures of SVHN: set MINIDRAW_DATA to the folder that holds them")
    prepared = np.load(folder / "svhn_derived_512x64x64_color.npz")["images"]
    with tarfile.open(packed) as tar:
        boxes = json.load(tar.extractfile("boxes.json"))
        for (name, found), other in zip(boxes.items(), prepared, strict=True):
            digits = found["digits"]
            sides = [
                [digit[side] for digit in digits] for side in ("left", "top", "right", "bottom")
            ]
            box = min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])
            image = Image.open(io.BytesIO(tar.extractfile(name).read())).convert("RGB")
            np.testing.assert_array_equal(cut_number(image, box, name), other.transpose(2, 0, 1))
