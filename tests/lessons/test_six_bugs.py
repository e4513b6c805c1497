"""Bugs made on purpose: each is the one that its name says, and passes the gradient check."""

import numpy as np
import pytest
from minidraw.lessons import six_bugs

from minidraw import gradcheck, layers
from minidraw.models import draw

CASE = gradcheck.model_cases(np.random.default_rng(0))[0][2:]


@pytest.mark.parametrize("variant", ["right", "A", "B"])
def test_wrong_models_have_right_gradients(variant):
    found = gradcheck.check_model(draw, *CASE, six_bugs.VARIANTS[variant].make_ops())
    assert max(error for _, _, error in found.values()) < gradcheck.MODEL_LIMIT


@pytest.mark.parametrize("variant", six_bugs.VARIANTS)
def test_only_a_wrong_layer_changes_costs(variant):
    costs = draw.costs(*CASE, six_bugs.VARIANTS[variant].make_ops())["total"]
    same = np.allclose(costs, draw.costs(*CASE, layers)["total"], rtol=1e-12)
    assert same == (variant not in ("A", "B"))


def test_starts_and_noise():
    mean = np.full((1, 28, 28), 0.2)
    right, grey, corner = (
        start(np.random.default_rng(0), mean)
        for start in (six_bugs.init_usual, six_bugs.init_grey, six_bugs.init_corner)
    )
    assert not grey["canvas_0"].any() and right["canvas_0"].any()
    assert not corner["write_window.b"].any() and right["write_window.b"].any()
    noise = six_bugs.sample_shared_noise(np.random.default_rng(0), (3, 4, 5))
    assert (noise == noise[0]).all() and len(np.unique(noise)) == 20


def test_every_variant_has_results():
    assert list(six_bugs.RESULTS) and set(six_bugs.RESULTS) == set(six_bugs.VARIANTS)
    for found in six_bugs.RESULTS.values():
        assert len(found["printed"]) == len(found["honest"]) == len(six_bugs.SEEDS)
        assert len(found["curve"].split()) == six_bugs.STEPS // six_bugs.STEPS_PER_POINT


def test_a_training_learns():
    _, curve = six_bugs.train("right", 0, steps=100)
    assert curve[1] < curve[0]
