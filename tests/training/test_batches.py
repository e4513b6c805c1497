"""Choices of the recipe that change which images a step sees: `shift` and `train_on`."""

import json

import numpy as np
import pytest

from minidraw.datasets import Dataset, Scenes, Split, as_float
from minidraw.errors import UserError
from minidraw.training.batches import Batches

DOT = np.zeros((60, 1, 7, 9), np.uint8)
DOT[:, 0, 3, 4] = 255


def dots(images=DOT):
    return Dataset("dots", Split(images), Split(DOT[:4]))


def places(batches, steps):
    """Return the row and column of the dot in every image of a run's steps."""
    images = [batches.shard(step, 0, 60).images for step in range(steps)]
    assert all((image.sum(axis=(1, 2, 3)) == 1).all() for image in images)
    return np.argwhere(np.concatenate(images)[:, 0])[:, 1:]


@pytest.mark.parametrize("shift", [0, 1, 2])
def test_all_shifts_are_equally_likely(shift):
    found = places(Batches(dots(), 60, binarize=False, seed=0, shift=shift), 100)
    offsets, counts = np.unique(found - [3, 4], axis=0, return_counts=True)
    width = 2 * shift + 1
    expected = np.argwhere(np.ones((width, width))) - shift
    np.testing.assert_array_equal(offsets, expected)
    mean = 6000 / width**2
    assert abs(counts - mean).max() < 4.5 * np.sqrt(mean) + 1e-9  # four and a half deviations


def test_what_comes_into_view_is_the_edge():
    light = np.full((60, 1, 7, 9), 200, np.uint8)
    batches = Batches(dots(light), 60, binarize=False, seed=0, shift=3)
    np.testing.assert_array_equal(batches.shard(0, 0, 60).images, as_float(light))


def test_scenes_are_shifted_too():
    def make(sources, rows, numbers):
        return sources[rows]

    scenes = Scenes(DOT, make, shape=(1, 7, 9), numbers=1, seed=0)
    found = places(Batches(dots(scenes), 60, binarize=False, seed=0, shift=1), 5)
    assert len(np.unique(found, axis=0)) == 9


@pytest.mark.parametrize("middle", [25, 37])
def test_shifts_do_not_depend_on_the_shards(middle):
    batches = Batches(dots(), 60, binarize=False, seed=3, shift=2)
    parts = [batches.shard(7, *ends).images for ends in ((0, middle), (middle, 60))]
    np.testing.assert_array_equal(np.concatenate(parts), batches.shard(7, 0, 60).images)


def levels(low, high):
    images = np.arange(low, high, dtype=np.uint8)[:, None, None, None]
    return Split(np.broadcast_to(images, (high - low, 1, 4, 3)).copy(), np.arange(low, high) % 3)


def test_all_images_are_those_of_both_splits():
    train, valid = levels(0, 5), levels(5, 9)
    data = Dataset("levels", train, valid).train_on_all()
    np.testing.assert_array_equal(data.train.images[:, 0, 0, 0], np.arange(9))
    np.testing.assert_array_equal(data.train.labels, np.arange(9) % 3)
    assert data.valid is valid and len(train) == 5
    assert "learned from the validation images" in data.protocol()
    assert (
        Dataset("x", Split(train.images), Split(valid.images)).train_on_all().train.labels is None
    )


def test_all_scenes_are_those_of_both_splits():
    def make(sources, rows, numbers):
        return (sources[rows] + 100 * (numbers > 0.5)).astype(np.uint8).reshape(-1, 1, 1, 1)

    parts = [Scenes(np.arange(*ends)[:, None], make, shape=(1, 1, 1), numbers=1, seed=ends[0])
             for ends in ((0, 30), (30, 50))]  # fmt: skip
    both = Dataset("scenes", *map(Split, parts)).train_on_all().train.images
    assert len(both) == 50 and both.shape == (50, 1, 1, 1)
    np.testing.assert_array_equal(both[:], np.concatenate([part[:] for part in parts]))
    assert len(parts[0]) == 30


def test_crops_of_larger_images_cannot_be_joined():
    with pytest.raises(UserError, match="leave out train_on"):
        dots(np.zeros((60, 1, 9, 9), np.uint8)).train_on_all()


def test_a_run_on_all_images_resumes(minidraw, here):
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    np.savez("mine.npz", images=images)
    sizes = ("--glimpses", 2, "--hidden", 4, "--latent", 2, "--read-size", 2, "--write-size", 2)
    choices = ("--train-on", "all", "--shift", 1, "--weight-decay", 0.1, "--batch", 20)
    settings = ("--data", "mine.npz", "--ops", "layers", "--threads", 1, "--run", "r")
    status, out, err = minidraw("train", "quick", *sizes, *choices, *settings, "--epochs", 2)
    assert status in (0, None), err
    meta = json.loads((here / "r" / "config.json").read_text())
    assert meta["steps"] == 6  # twice 60 images, of which 54 are the training images
    assert "learned from the validation images too" in meta["protocol"] and meta["protocol"] in out
    assert minidraw("train", "--resume", "r")[0] in (0, None)
