"""Images that are made on the fly: new ones at every step, the same however the work is split."""

import numpy as np
import pytest

from minidraw.datasets import Dataset, Scenes, Split
from minidraw.models import draw


def make(sources, rows, numbers):
    """Pixel by pixel: the source, the random numbers; levels that can be read back."""
    scenes = np.repeat(sources[rows], 42, axis=1).reshape(-1, 1, 7, 6)
    scenes[:, 0, 1:3] = (250 * numbers[:, :12]).reshape(-1, 2, 6)
    return scenes


@pytest.fixture
def data():
    splits = {}
    for key, (name, levels) in enumerate({"train": (0, 100), "valid": (150, 190)}.items()):
        sources = np.arange(*levels, dtype=np.uint8)[:, None]
        splits[name] = Split(Scenes(sources, make, shape=(1, 7, 6), numbers=12, seed=key))
    return Dataset("made", **splits)


@pytest.fixture
def seen(monkeypatch):
    """The images of every call, of a batch in its order while one thread does all the work."""
    calls, real = [], draw.loss_and_grads

    def spy(params, batch, *rest):
        calls.append(np.rint(255 * batch.images).astype(int))
        return real(params, batch, *rest)

    monkeypatch.setattr(draw, "loss_and_grads", spy)
    return calls


def batch_of(trainer, seen, data, step, threads):
    """What the shards of a step see, joined."""
    seen.clear()
    made = trainer(data=data, batch=61, binarize="never", threads=threads, steps=10)
    weights, config = made.adam.weights.views, made._config_at(step)
    for number in range(len(made._shards)):
        made._add_shard(weights, step, config, number)
    return np.concatenate(seen)


@pytest.mark.parametrize("threads", [2, 3, 4])
@pytest.mark.parametrize("step", [0, 5])
def test_the_same_scenes_on_any_number_of_workers(trainer, seen, data, threads, step):
    alone = batch_of(trainer, seen, data, step, 1)
    assert len(seen) == 1 and alone.shape == (61, 1, 7, 6)
    np.testing.assert_array_equal(batch_of(trainer, seen, data, step, threads), alone)
    assert len(seen) == threads


def test_new_scenes_at_every_step_of_training_images_alone(trainer, seen, data):
    made = trainer(data=data, batch=25, binarize="never", threads=1, steps=12)
    for _ in range(8):
        made.step()
    images = np.concatenate(seen)
    assert images[:, 0, 0, 0].max() < 100  # no source of the validation's
    numbers = images[:, 0, 1:3].reshape(200, 12)
    assert len(np.unique(numbers, axis=0)) == 200
    for epoch in images[:100], images[100:]:  # each source once in every epoch
        assert sorted(epoch[:, 0, 0, 0]) == list(range(100))
    fixed = data.train.images[:][:, 0, 1:3].reshape(100, 12)
    assert not (numbers[:, None] == fixed).all(axis=2).any()


def test_validation_always_sees_the_same_scenes(trainer, data):
    made = trainer(data=data, batch=25, threads=2)
    first = made.validate()
    assert made.validate() == first and first.images == 40
    assert (made.pictures(5)["samples"] == made.pictures(5)["samples"]).all()
