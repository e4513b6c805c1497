"""Pictures of many sizes in one .npz."""

import numpy as np
import pytest
from PIL import Image

from minidraw.datasets import load
from minidraw.datasets.own.ragged import MAX_SIDE_PIXELS

SIDES = [(3, 8), (6, 6), (9, 2), (6, 5), (1, 1), (4, 4)]


def parts(pictures):
    sizes = np.array([picture.shape for picture in pictures])
    return {
        "pixels": np.concatenate([picture.ravel() for picture in pictures]),
        "offsets": np.cumsum([0, *sizes.prod(axis=1)]),
        "heights": sizes[:, 0].astype(np.int16),
        "widths": sizes[:, 1].astype(np.int16),
    }


@pytest.fixture
def pictures():
    rng = np.random.default_rng(0)
    return [rng.integers(2, 256, sides).astype(np.uint8) for sides in SIDES]


@pytest.fixture
def saved(tmp_path):
    def save(arrays):
        np.savez(tmp_path / "numbers.npz", **arrays)
        return tmp_path / "numbers.npz"

    return save


def found(data):
    return sorted(image.tobytes() for split in data.splits.values() for image in split.images)


def test_labels_come_along(pictures, saved):
    data = load(saved(parts(pictures) | {"labels": np.arange(len(SIDES))}), size=(6, 5))
    split = data.train if 3 in data.train.labels else data.valid
    (row,) = split.images[split.labels == 3]
    assert row.tobytes() == pictures[3].tobytes()  # it has that size already


@pytest.mark.parametrize("stretch", [False, True])
def test_every_picture_is_brought_to_the_size_as_from_a_folder(pictures, saved, tmp_path, stretch):
    (tmp_path / "folder").mkdir()
    for i, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / "folder" / f"{i}.png")
    data = load(saved(parts(pictures)), size=(6, 5), stretch=stretch)
    assert data.image_shape == (1, 6, 5) and len(data.train) + len(data.valid) == len(SIDES)
    assert found(data) == found(load(tmp_path / "folder", size=(6, 5), stretch=stretch))
    assert pictures[3].tobytes() in found(data)  # it has that size already
    inverted = load(tmp_path / "numbers.npz", size=(6, 5), stretch=stretch, invert=True)
    assert (255 - pictures[3]).tobytes() in found(inverted)


def test_a_size_is_needed(pictures, saved, one_line_error):
    with one_line_error("numbers.npz", "many sizes", "--size"):
        load(saved(parts(pictures)))


@pytest.mark.parametrize(
    "name, change, reason",
    [
        ("pixels", lambda a: a[:-1], "don't match"),
        ("pixels", lambda a: np.append(a, a[:1]), "don't match"),
        ("pixels", lambda a: a.astype(float), "uint8"),
        ("pixels", lambda a: a[:, None], "shapes"),
        ("offsets", lambda a: a[:-1], "shapes"),
        ("offsets", lambda a: a + 1, "don't match"),
        ("offsets", lambda a: a[::-1], "don't match"),
        ("offsets", lambda a: a.astype(float), "integers"),
        ("heights", lambda a: a * 0, "sides from 0"),
        ("heights", lambda a: -a, "sides from -9"),
        ("heights", lambda a: np.append(a[:-1], 99), "don't match"),
        ("heights", lambda a: a[:-1], "shapes"),
        ("heights", lambda a: a[:0], "shapes"),
        ("widths", lambda a: np.append(a[:-1].astype(np.int64), 2**62), f"to {2**62}"),
        ("widths", lambda a: np.append(a[:-1].astype(np.int64), MAX_SIDE_PIXELS), "don't match"),
    ],
)
def test_parts_that_do_not_fit_together(pictures, saved, one_line_error, name, change, reason):
    arrays = parts(pictures)
    arrays[name] = change(arrays[name])
    with one_line_error("numbers.npz", reason):
        load(saved(arrays), size=6)


def test_sizes_are_bounded(pictures, saved, one_line_error):
    with one_line_error("numbers.npz", "4 GiB"):
        load(saved(parts(pictures)), size=2**15)
