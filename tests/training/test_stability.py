"""The first updates of `minidraw train mnist --hours 1`, when gradients explode if they ever do."""

import os

import pytest

from minidraw import datasets, kernels
from minidraw.models import draw
from minidraw.presets import PRESETS
from minidraw.training.setup import make_config
from minidraw.training.trainer import Trainer
from minidraw.training.workers import Workers


@pytest.mark.slow
@pytest.mark.skipif("MINIDRAW_DATA" not in os.environ, reason="MNIST is not at hand")
def test_the_recipe_for_an_hour_does_not_explode():
    """With a warm-up of the latent cost, the norm was 1e11 or more within 800 updates."""
    preset, data = PRESETS["mnist"].for_hours(1), datasets.load("binarized-mnist")
    config = make_config(draw, data, preset.config)
    with Workers() as workers:
        options = {"ops": kernels, "workers": workers}
        trainer = Trainer(draw, config, preset.recipe, data, 49_000, **options)
        norms = [trainer.step()["grad_norm"] for _ in range(800)]
    assert max(norms) < 1000 * preset.recipe.clip
