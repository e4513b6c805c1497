"""Mistakes in Python give one line that is a UserError, and what they were before."""

from pathlib import Path

import numpy as np
import pytest

import minidraw
from minidraw import Classifier, Draw
from minidraw.errors import UserError

SIZE = {"hidden": 4, "glimpses": 2, "batch": 9, "read_size": 2}
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 9, 8)).astype(np.uint8)
LABELS = np.arange(40) % 3


def fit(model, *data):
    return model.fit(*data, epochs=0.1, verbose=False)


@pytest.fixture(scope="module")
def draw():
    return fit(Draw(**SIZE, latent=2, write_size=2), IMAGES)


def test_numpys_numbers_are_numbers(draw):
    numbers = {name: np.int64(value) for name, value in SIZE.items()}
    model = Draw(**numbers, latent=np.int64(2), write_size=2, seed=np.int32(0), threads=np.int64(1))
    assert fit(model, IMAGES).sample(np.int64(2), seed=np.int64(1)).shape[0] == 2
    assert draw.score(IMAGES, seed=np.int64(1)) == draw.score(IMAGES, seed=1)


@pytest.mark.parametrize("seed, kind", [(-1, ValueError), ("a", TypeError), (1.5, TypeError)])
def test_seeds(draw, tmp_path, seed, kind):
    np.save(tmp_path / "a.npy", IMAGES)
    for call in (
        lambda: draw.score(IMAGES, seed=seed),
        lambda: draw.sample(2, seed=seed),
        lambda: draw.reconstruct(IMAGES, seed=seed),
        lambda: minidraw.load(tmp_path / "a.npy", seed=seed),
    ):
        with pytest.raises(UserError, match="seed") as caught:
            call()
        assert isinstance(caught.value, kind)


@pytest.mark.parametrize("count", [0, -1, 2.5, "3", None])
def test_counts(draw, count):
    for call in (draw.sample, draw.film):
        with pytest.raises(UserError, match="number of images"):
            call(count)


@pytest.mark.parametrize(
    "labels",
    [np.full(40, np.nan), np.full(40, np.inf), [[1], [2, 3]], [None] * 40, ["a", None] * 20, "abc"],
)
def test_labels(labels):
    with pytest.raises(UserError, match="labels"):
        fit(Classifier(**SIZE), IMAGES, labels)


@pytest.mark.parametrize("images", [[[1, 2], [3]], "x.npy", Path("x.npy"), None, [], IMAGES[0]])
def test_images(draw, images):
    for call in (lambda: fit(Draw(**SIZE), images), lambda: draw.score(images)):
        with pytest.raises(UserError, match="^(array|images): "):
            call()


def test_loading():
    for name in (None, 5, ["a"]):
        with pytest.raises(UserError, match="name or path") as caught:
            minidraw.load(name)
        assert isinstance(caught.value, TypeError)
    data = minidraw.datasets.from_array(IMAGES, LABELS.tolist())
    assert data.classes == 3
    with pytest.raises(UserError, match="labels are of type"):
        minidraw.datasets.from_array(IMAGES, ["a"] * 40)
