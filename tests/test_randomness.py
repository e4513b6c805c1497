"""Random numbers depend on what they are for, and on nothing else."""

import numpy as np
import pytest

from minidraw import randomness
from minidraw.randomness import BatchRandom, Purpose, epoch_order

PURPOSES = (
    Purpose.BINARIZATION,
    Purpose.NOISE,
    Purpose.VALIDATION_BINARIZATION,
    Purpose.VALIDATION_NOISE,
    Purpose.PICTURES,
)
CUTS = [(0, 70), (0, 25), (25, 50), (0, 1), (24, 26), (13, 61), (69, 70)]


def noise(start=0, stop=70, seed=1, step=2, purpose=Purpose.NOISE, dtype=np.float32):
    return BatchRandom(seed, step, start, stop).noise((3, stop - start, 4), dtype, purpose)


def coins(means, start=0, stop=70, seed=1, step=2, purpose=Purpose.BINARIZATION):
    return BatchRandom(seed, step, start, stop).binarize(means[start:stop], purpose)


@pytest.mark.parametrize("start, stop", CUTS)
def test_a_part_of_a_batch_gets_the_numbers_it_gets_in_the_whole(start, stop):
    assert (noise(start, stop) == noise()[:, start:stop]).all()
    means = np.random.default_rng(0).random((70, 1, 3, 2), np.float32)
    assert (coins(means, start, stop) == coins(means)[start:stop]).all()


def test_seed_step_purpose_and_block_each_change_every_number():
    blocks = [noise()[:, k * 25 : k * 25 + 20] for k in range(3)]
    others = [noise(seed=2), noise(step=3), noise(seed=2, step=1)]
    others += [noise(purpose=p) for p in PURPOSES if p != Purpose.NOISE]
    parts = blocks + [other[:, :20] for other in others]
    for k, one in enumerate(parts):
        assert all((one != other).all() for other in parts[:k])


def test_orders_are_permutations_of_their_own():
    orders = [epoch_order(40, seed, epoch) for seed in (0, 1) for epoch in (0, 1, 2)]
    assert all((np.sort(order) == np.arange(40)).all() for order in orders)
    assert len({tuple(order) for order in orders}) == 6
    assert (epoch_order(40, 1, 2) == orders[5]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_is_standard_normal(dtype):
    found = BatchRandom(0, 0, 0, 500).noise((40, 500, 5), dtype, Purpose.NOISE)
    assert found.dtype == dtype and found.shape == (40, 500, 5)
    assert abs(found.mean()) < 0.02 and abs(found.std() - 1) < 0.02  # 100,000: 6 deviations


def test_coins_show_1_as_often_as_the_means_say_and_leave_0_and_1():
    means = np.tile(np.array([0, 0.2, 0.7, 1], np.float32), (20_000, 1, 1, 1))
    found = BatchRandom(0, 0, 0, len(means)).binarize(means, Purpose.BINARIZATION)
    assert found.dtype == np.float32 and set(np.unique(found)) == {0, 1}
    assert found.mean(axis=(0, 1, 2)) == pytest.approx([0, 0.2, 0.7, 1], abs=0.02)
    assert (found[..., 0] == 0).all() and (found[..., 3] == 1).all()


def numbered(n, C=3, height=9, width=8):
    """Images in which every pixel has a number of its own."""
    return np.arange(n * C * height * width).reshape(n, C, height, width)


def crops(images, size, start=0, stop=None, seed=1, step=2):
    stop = stop or len(images)
    return BatchRandom(seed, step, start, stop).crop(images[start:stop], size)


@pytest.mark.parametrize("start, stop", CUTS)
def test_a_part_of_a_batch_is_cropped_as_in_the_whole(start, stop):
    images = numbered(70)
    part = crops(images, (5, 6), start, stop)
    assert part.shape == (stop - start, 3, 5, 6)
    assert (part == crops(images, (5, 6))[start:stop]).all()


def test_crops_are_parts_of_their_image_and_reach_every_place_alike():
    images = numbered(25 * 80, C=2)
    parts = crops(images, (5, 6))
    found = {}
    for image, part in zip(images, parts, strict=True):
        [(y, x)] = np.argwhere(image[0] == part[0, 0, 0])
        assert (part == image[:, y : y + 5, x : x + 6]).all()  # all channels from one place
        found[y, x] = found.get((y, x), 0) + 1
    assert sorted(found) == [(y, x) for y in range(5) for x in range(3)]
    expected = len(images) / 15
    assert sum((n - expected) ** 2 / expected for n in found.values()) < 36  # chi^2_14: p 0.001


def test_crops_change_with_step_seed_and_block():
    images = np.repeat(numbered(1, height=64, width=64), 100, axis=0)
    parts = [crops(images, (54, 54), **key)[:, 0, 0, 0] for key in ({}, {"step": 3}, {"seed": 2})]
    blocks = parts[0].reshape(4, 25)
    for one, other in [(parts[0], parts[1]), (parts[0], parts[2]), (blocks[0], blocks[1])]:
        assert (one == other).mean() < 0.2
    assert (crops(images, (54, 54))[:, 0, 0, 0] == parts[0]).all()


def test_images_of_the_right_size_are_left_alone():
    images = numbered(30)
    assert BatchRandom(1, 2, 0, 30).crop(images, (9, 8)) is images


def test_crops_have_a_purpose_of_their_own():
    assert Purpose.CROPS not in PURPOSES + (Purpose.ORDER, Purpose.INITIAL_WEIGHTS)


def test_a_black_pixel_stays_black_when_the_coin_is_0(monkeypatch):
    """NumPy's random numbers can be 0, one time in 17 million."""

    class Zeros:
        def random(self, shape, dtype):
            return np.zeros(shape, dtype)

    monkeypatch.setattr(randomness.np.random, "default_rng", lambda key: Zeros())
    black = np.zeros((3, 1, 2, 2), np.float32)
    assert (BatchRandom(0, 0, 0, 3).binarize(black, Purpose.BINARIZATION) == 0).all()
