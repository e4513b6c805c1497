"""What the generator of cluttered digits promises."""

import tracemalloc
import zlib
from itertools import product

import numpy as np
import pytest

from minidraw.datasets import Dataset, Split, load
from minidraw.datasets.sets import cluttered
from minidraw.datasets.sets.cluttered import (
    NUMBERS_PER_SCENE,
    PIECE_SIDE,
    PIECES,
    SCENE_SIDE,
    clutter,
)
from minidraw.randomness import BatchRandom, Purpose

ALMOST_1 = 1 - 2.0**-53


def random_numbers(m, seed=0):
    """Uniform ones, then the smallest and the largest there are."""
    rng = np.random.default_rng(seed)
    ends = np.array([np.zeros(NUMBERS_PER_SCENE), np.full(NUMBERS_PER_SCENE, ALMOST_1)])
    return np.concatenate([rng.random((m - 2, NUMBERS_PER_SCENE)), ends])


def two_levels(n=6, B=28, A=28):
    """Digit 2 has levels of 16 and more, all others are 1 everywhere: their sums don't mix."""
    digits = np.ones((n, 1, B, A), np.uint8)
    digits[2] = 16 * np.random.default_rng(1).integers(1, 8, (1, B, A))
    return digits


@pytest.mark.parametrize("B, A", [(28, 28), (20, 31)])
def test_the_digit_is_whole_and_inside(B, A):
    digits, places = two_levels(B=B, A=A), set()
    scenes = clutter(digits, np.full(300, 2), random_numbers(300))
    assert scenes.shape == (300, 1, SCENE_SIDE, SCENE_SIDE) and scenes.dtype == np.uint8
    for scene in scenes[:, 0] & 0xF0:
        down, across = (np.flatnonzero(scene.any(axis=axis)) for axis in (1, 0))
        top, left = down[0], across[0]
        np.testing.assert_array_equal(scene[top : top + B, left : left + A], digits[2, 0])
        assert (scene > 0).sum() == B * A
        places.add((top, left))
    assert {place[0] for place in places} >= {0, SCENE_SIDE - B} and len(places) > 250
    assert {place[1] for place in places} >= {0, SCENE_SIDE - A}


def test_there_are_eight_distractors_of_8_x_8_from_other_digits():
    scenes = clutter(two_levels(), np.full(300, 2), random_numbers(300)) & 0x0F
    np.testing.assert_array_equal(scenes.sum(axis=(1, 2, 3), dtype=int), 8 * 64)
    apart = [scene[0] for scene in scenes if scene.max() == 1]  # none lies on another
    assert len(apart) > 50
    for scene in apart:
        corners = 0
        for y, x in np.argwhere(scene):
            if not scene[max(0, y - 1) : y + 1, max(0, x - 1) : x + 1].sum() > 1:
                assert scene[y : y + PIECE_SIDE, x : x + PIECE_SIDE].all()
                corners += 1
        assert corners <= PIECES


def test_every_other_digit_serves_for_distractors_and_never_the_whole_one():
    """Digit k has level k + 1; a piece that lies alone shows whose it is."""
    levels = np.arange(1, 6)
    digits = np.broadcast_to(levels[:, None, None, None].astype(np.uint8), (5, 1, 28, 28))
    rows = np.arange(500) % 5
    scenes = clutter(digits, rows, random_numbers(500))
    for row in range(5):
        total = scenes[rows == row].sum(axis=(1, 2, 3), dtype=int) - 784 * levels[row]
        whose, piece = total / 64, 8 * np.delete(levels, row)
        assert whose.min() >= piece.min() and whose.max() <= piece.max()
        expected = piece.mean()  # uniform over the four others
        assert abs(whose.mean() - expected) < 4 * whose.std() / np.sqrt(len(whose))
    twos = np.array([[[[1]]], [[[2]]]], np.uint8).repeat(28, axis=2).repeat(28, axis=3)
    for row, other in ((0, 2), (1, 1)):  # of two digits there is only one other
        total = clutter(twos, np.full(50, row), random_numbers(50)).sum(axis=(1, 2, 3), dtype=int)
        np.testing.assert_array_equal(total - 784 * (row + 1), 512 * other)


def test_by_the_words_of_its_description():
    """Once more, in plain loops, with digits of which no two pieces are alike."""
    rng, digits = np.random.default_rng(3), np.random.default_rng(4).integers(0, 90, (7, 1, 28, 30))
    digits, rows, numbers = digits.astype(np.uint8), rng.integers(0, 7, 20), random_numbers(20)
    scenes = clutter(digits, rows, numbers)
    for scene, row, u in zip(scenes, rows, numbers, strict=True):
        expected = np.zeros((100, 100))
        top, left = int(u[0] * 73), int(u[1] * 71)
        for y, x in product(range(28), range(30)):
            expected[top + y, left + x] += digits[row, 0, y, x]
        for k in range(8):
            which, y0, x0, down, across = u[2 + 5 * k : 7 + 5 * k]
            other = (row + 1 + int(which * 6)) % 7
            y0, x0, down, across = int(y0 * 21), int(x0 * 23), int(down * 93), int(across * 93)
            for y, x in product(range(8), range(8)):
                expected[down + y, across + x] += digits[other, 0, y0 + y, x0 + x]
        np.testing.assert_array_equal(scene[0], np.minimum(expected, 255))


def test_sums_are_clipped_at_one():
    digits = np.full((3, 1, 28, 28), 255, np.uint8)
    scenes = clutter(digits, np.arange(100) % 3, random_numbers(100))
    assert set(np.unique(scenes)) == {0, 255}
    halves = clutter(digits // 2, np.arange(100) % 3, random_numbers(100))
    assert set(np.unique(halves)) >= {0, 127, 254, 255}
    assert ((scenes > 0) == (halves > 0)).all()


def test_the_same_scenes_every_time_however_they_are_asked_for():
    one, two = (load("cluttered-digits") for _ in range(2))
    images = one.valid.images[:60]
    np.testing.assert_array_equal(two.valid.images[:60], images)
    np.testing.assert_array_equal(one.valid.images[10:60:7], images[10:60:7])
    some = np.array([3, 59, 3])
    np.testing.assert_array_equal(one.valid.images[some], images[some])
    np.testing.assert_array_equal(one.valid.take(some).images, images[some])
    assert zlib.crc32(images) == 3_427_820_079, "not the scenes that figures were measured on"


def test_splits_have_their_own_digits_and_places():
    """Levels tell the splits apart: all that is made of 3s is a multiple of 3."""
    levels = {"train": 2, "valid": 3, "test": 5}
    digits = {
        name: Split(np.full((40, 1, 28, 28), level, np.uint8), np.arange(40) % 10)
        for name, level in levels.items()
    }
    data = cluttered._build_dataset("x", Dataset("y", **digits))
    covered = []
    for name, level in levels.items():
        images = data.splits[name].images[:]
        assert (images % level == 0).all() and images.max() >= level
        assert data.splits[name].labels is digits[name].labels
        covered.append(images > 0)
    assert all((a != b).any() for a, b in zip(covered, covered[1:], strict=False))
    anew = data.train.images.sample_new(
        np.arange(40), np.random.default_rng(0).random((40, NUMBERS_PER_SCENE))
    )
    assert (anew % 2 == 0).all()


def test_the_digits_of_a_split_are_that_splits():
    digits, scenes = load("digits"), load("cluttered-digits")
    assert list(scenes.splits) == ["train", "valid"] and scenes.classes == 10
    for name, split in scenes.splits.items():
        np.testing.assert_array_equal(split.labels, digits.splits[name].labels)
        rows = np.arange(0, len(split), 97)
        for row, scene in zip(rows, split.images[rows], strict=True):
            places = split.images.fixed_numbers[row, :2] * 73
            top, left = places.astype(int)
            found = scene[:, top : top + 28, left : left + 28]
            assert (found >= digits.splits[name].images[row]).all()


def test_of_mnist(real_data):
    data = load("cluttered", data_dir=real_data)
    assert {name: len(split) for name, split in data.splits.items()} == {
        "train": 50_000,
        "valid": 10_000,
        "test": 10_000,
    }
    assert data.image_shape == (1, 100, 100) and data.classes == 10
    mnist = load("mnist", data_dir=real_data)
    for name, split in data.splits.items():
        np.testing.assert_array_equal(split.images.sources, mnist.splits[name].images)
    assert zlib.crc32(data.test.images[:500]) == 114_445_122


def test_memory_stays_bounded():
    tracemalloc.start()
    data = load("cluttered-digits")
    held = tracemalloc.get_traced_memory()[0]
    for start in range(0, 2000, 100):
        data.train.images[start : start + 100]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 10e6 and peak < 25e6  # all 4,500 scenes together are 45 MB


def test_as_a_data_set():
    data = load("cluttered-digits")
    mean = data.mean_image
    assert mean.shape == (1, 100, 100) and 0.02 < mean.mean() < 0.05
    assert data.central_crops is data.train.images  # none is made before it is asked for
    assert data.checksum == load("cluttered-digits").checksum
    other = Dataset("x", data.valid, data.train)
    assert other.checksum != data.checksum


def test_numbers_of_a_step_do_not_depend_on_the_split_of_the_work():
    whole = BatchRandom(5, 3, 0, 61).uniform(NUMBERS_PER_SCENE, Purpose.SCENES)
    assert whole.shape == (61, NUMBERS_PER_SCENE) and 0 <= whole.min() and whole.max() < 1
    for cuts in ([0, 61], [0, 30, 61], [0, 1, 25, 26, 60, 61]):
        parts = [
            BatchRandom(5, 3, a, b).uniform(NUMBERS_PER_SCENE, Purpose.SCENES)
            for a, b in zip(cuts, cuts[1:], strict=False)
        ]
        np.testing.assert_array_equal(np.concatenate(parts), whole)
    for seed, step, purpose in (
        (6, 3, Purpose.SCENES),
        (5, 4, Purpose.SCENES),
        (5, 3, Purpose.BINARIZATION),
    ):
        assert (BatchRandom(seed, step, 0, 61).uniform(NUMBERS_PER_SCENE, purpose) != whole).all()
