"""Choices of a run: what is refused, and the learning rate's path."""

import math
from dataclasses import fields

import pytest

from minidraw.training.parsing import parse_record
from minidraw.training.recipe import Recipe


@pytest.mark.parametrize(
    "name, value",
    [
        ("minutes", -1),
        ("minutes", math.nan),
        ("epochs", math.inf),
        ("batch", 0),
        ("rate", 0),
        ("rate", math.nan),
        ("final_rate", -1e-5),
        ("warmup", -1),
        ("clip", 0),
        ("clip", math.inf),
        ("beta1", 1),
        ("beta2", -0.1),
        ("average", 1.0),
        ("average", math.nan),
        ("kl_warmup", 1.0),
        ("kl_warmup", -0.1),
        ("kl_warmup", math.nan),
        ("grow", "16"),
        ("grow", "16:0.4;32:0.7"),
        ("grow", "16:0.4,"),
        ("grow", "0:0.4"),
        ("grow", "00:0.4"),
        ("grow", "8:0.2,0:0.4"),
        ("grow", "16:0.7,32:0.4"),
        ("grow", "16:1.5"),
        ("grow", "16:0"),
        ("weight_decay", -0.1),
        ("weight_decay", math.nan),
        ("weight_decay", 501.0),  # at the usual rate of 2e-3 a step would turn the signs round
        ("shift", -1),
        ("shift", 101),
        ("train_on", "test"),
        ("binarize", "Fresh"),
        ("validate", -1),
        ("valid_images", 0),
        ("seed", -1),
    ],
)
def test_values_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        Recipe(**{name: value})


def test_every_field_is_checked_above():
    cases = test_values_out_of_range_are_refused_by_name.pytestmark[0].args[1]
    assert {name for name, _ in cases} == {field.name for field in fields(Recipe)}


def test_rate_rises_in_equal_steps_then_falls_along_a_cosine():
    recipe = Recipe(rate=1.0, final_rate=0.2, warmup=4)
    rates = [recipe.learning_rate_at(step, 104) for step in range(105)]
    assert rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rates[54] == pytest.approx(0.6)  # halfway: the mean of first and last
    assert rates[29] == pytest.approx(0.2 + 0.8 * (0.5 + 0.5 * math.cos(math.pi / 4)))
    assert rates[104] == pytest.approx(0.2)
    assert all(a > b for a, b in zip(rates[4:], rates[5:], strict=False))


def test_the_weight_of_the_latent_cost_rises_from_a_tenth_to_one():
    recipe = Recipe(kl_warmup=0.3)
    weights = [recipe.kl_weight_at(step, 100) for step in range(100)]
    assert weights[0] == 0.1 and weights[15] == pytest.approx(0.55)
    assert weights[29] == pytest.approx(0.97) and set(weights[30:]) == {1.0}
    assert {Recipe().kl_weight_at(step, 100) for step in range(100)} == {1.0}
    assert recipe.kl_weight_at(5, 10**9) == pytest.approx(0.1)  # of minutes, before the first plan


def test_warmup_takes_a_tenth_of_a_short_run_at_most():
    recipe = Recipe(rate=1.0, warmup=300)
    rates = [recipe.learning_rate_at(step, 50) for step in range(50)]
    assert max(rates) == rates[5] == 1.0
    assert recipe.learning_rate_at(0, 1) == 1.0  # a run of one step uses it


def test_parsing_takes_each_field_in_its_own_type_only():
    assert parse_record(Recipe, {"batch": 3, "rate": 1}) == Recipe(batch=3, rate=1.0)
    for name, value in [
        ("batch", 3.0),
        ("batch", True),
        ("batch", "3"),
        ("rate", "0.1"),
        ("rate", False),
        ("binarize", 1),
        ("seed", None),
        ("seed", [1]),
        ("nonsense", 1),
    ]:
        with pytest.raises(TypeError, match=name):
            parse_record(Recipe, {name: value})
    for name in ("rate", "seed", "warmup"):
        with pytest.raises(ValueError, match=f"{name} is 1000"):
            parse_record(Recipe, {name: 10**400})


def test_films_grow_where_the_recipe_says():
    recipe = Recipe(grow="4:0.25,8:.5")
    lengths = [recipe.glimpses_at(step, 40, 10) for step in range(41)]
    assert lengths == [4] * 10 + [8] * 10 + [10] * 21
    assert recipe.shares(10) == [(4, 0.25), (8, 0.25), (10, 0.5)]
    assert {Recipe().glimpses_at(step, 40, 10) for step in range(41)} == {10}
    assert Recipe().shares(10) == [(10, 1.0)]
    assert [recipe.glimpses_at(step, 40, 5) for step in (0, 10, 20)] == [4, 5, 5]  # never beyond T
