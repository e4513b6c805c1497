import numpy as np
import pytest

from minidraw import kernels
from minidraw.datasets import from_array
from minidraw.models import draw
from minidraw.training.recipe import Recipe
from minidraw.training.trainer import Trainer
from minidraw.training.workers import Workers


@pytest.fixture(scope="session")
def images():
    """120 grey pictures of 7 x 6 pixels; a tenth becomes the validation set."""
    return np.random.default_rng(0).integers(0, 256, (120, 7, 6), np.uint8)


@pytest.fixture(scope="session")
def config():
    size = {"glimpses": 2, "hidden": 8, "latent": 3, "read_size": 2, "write_size": 3}
    return draw.Config(height=7, width=6, channels=1, **size)


@pytest.fixture
def trainer(images, config):
    """Make trainers of the smallest useful network; their threads end with the test."""
    opened = []

    def make(steps=10, threads=2, data=None, ops=kernels, params=None, **recipe):
        opened.append(Workers(threads))
        recipe = Recipe(**{"epochs": 1, "batch": 20} | recipe)
        data = data or from_array(images)
        options = {"ops": ops, "workers": opened[-1], "params": params}
        return Trainer(draw, config, recipe, data, steps, **options)

    yield make
    for workers in reversed(opened):
        workers.__exit__()


@pytest.fixture
def state():
    """Everything that a trainer's next step depends on, as one table of arrays."""

    def read(trainer):
        slots = {slot: getattr(trainer.adam, slot).vector.copy() for slot in trainer.adam.SLOTS}
        position = {"step": np.array(trainer.adam.step), "averaged": np.array(trainer.averaged)}
        return slots | position

    return read
