"""Two digits on one image: whole, inside, added and clipped, and never from another split."""

import zlib

import numpy as np
import pytest

from minidraw.datasets import load
from minidraw.datasets.sets import two_digits
from minidraw.datasets.sets.two_digits import compose_two_digits


def marked(n, height=3, width=2):
    """Digits without black pixels that are told apart by their level, 1 to n."""
    return np.broadcast_to(
        np.arange(1, n + 1, dtype=np.uint8)[:, None, None, None], (n, 1, height, width)
    )


def test_the_same_seed_gives_the_same_images_and_another_gives_others():
    digits = load("digits").valid.images
    one, again, other = (compose_two_digits(digits, 50, seed=seed) for seed in (1, 1, 2))
    assert one.shape == (50, 1, 60, 60) and one.dtype == np.uint8
    np.testing.assert_array_equal(one, again)
    assert all((a != b).any() for a, b in zip(one, other, strict=True))
    np.testing.assert_array_equal(compose_two_digits(digits, 20, seed=1), one[:20])


def test_these_images_never_change():
    """Whatever the version of NumPy."""
    images = compose_two_digits(load("digits").train.images, 1000, seed=0)
    assert zlib.crc32(images) == 3503977128


def test_levels_are_added_and_clipped():
    """Beside sums of whole numbers, one image after the other."""
    digits = np.random.default_rng(0).integers(0, 256, (9, 1, 6, 5)).astype(np.uint8)
    side = 8  # so small that most digits overlap
    found = compose_two_digits(digits, 200, seed=3, side=side)
    drawn = np.random.PCG64(3).random_raw((200, 2, 3)) % np.array([9, 3, 4], np.uint64)
    expected = np.zeros((200, 1, side, side), int)
    for image, pair in zip(expected, drawn.tolist(), strict=True):
        for which, top, left in pair:
            image[:, top : top + 6, left : left + 5] += digits[which]
    assert (expected > 255).any(axis=(1, 2, 3)).mean() > 0.9
    np.testing.assert_array_equal(found, expected.clip(0, 255))


def test_digits_are_whole_inside_and_reach_every_place():
    images = compose_two_digits(marked(100), 4000, seed=0, side=6)[:, 0].astype(int)
    assert (images.sum(axis=(1, 2)) % 6 == 0).all()  # 3 x 2 pixels of each, none cut off
    apart = [image for image in images if (image > 0).sum() == 12]
    corners, digits = set(), set()
    for image in apart:
        for level in np.unique(image[image > 0]):
            rows, columns = np.nonzero(image == level)
            if len(rows) == 6:  # both may be the same digit
                assert np.ptp(rows) == 2 and np.ptp(columns) == 1
                corners.add((rows.min(), columns.min()))
                digits.add(level)
    assert corners == {(y, x) for y in range(4) for x in range(5)}
    assert digits == set(range(1, 101))


def test_digits_as_large_as_the_image_fill_it():
    images = compose_two_digits(marked(1, 6, 6), 3, seed=0, side=6)
    np.testing.assert_array_equal(images, np.full((3, 1, 6, 6), 2))


def test_splits_are_made_of_their_own_digits(monkeypatch):
    """The levels of the splits, and the sums of two, have nothing in common."""
    levels = {"train": (1, 10), "valid": (40, 49), "test": (130, 139)}
    splits = {
        name: two_digits.Split(marked(last)[first - 1 :]) for name, (first, last) in levels.items()
    }
    source = two_digits.Dataset("mnist", **splits)
    monkeypatch.setattr(two_digits, "load_mnist", lambda data_dir: source)
    monkeypatch.setattr(two_digits, "SPLIT_SIZES", {"train": 60, "valid": 40, "test": 30})
    data = load("two-digits")
    assert [len(split) for split in data.splits.values()] == [60, 40, 30]
    for name, (first, last) in levels.items():
        seen = set(np.unique(data.splits[name].images)) - {0}
        sums = {a + b for a in range(first, last + 1) for b in range(first, last + 1)}
        assert seen <= set(range(first, last + 1)) | sums
        assert len(seen & set(range(first, last + 1))) >= 8
    images = [split.images[:30] for split in data.splits.values()]
    places = [(split > 0).tobytes() for split in images]
    assert len(set(places)) == 3  # each split has a seed of its own


def test_real_digits(real_data):
    data = load("two-digits", data_dir=real_data)
    assert [len(split) for split in data.splits.values()] == [50_000, 5_000, 5_000]
    assert data.image_shape == (1, 60, 60) and not data.binary and data.train.labels is None
    mnist = load("mnist", data_dir=real_data)
    mean = 2 * mnist.train.images.mean() * (28 / 60) ** 2
    assert data.train.images.mean() == pytest.approx(mean, rel=0.05)  # some is clipped
    assert data.train.images.mean() < mean
