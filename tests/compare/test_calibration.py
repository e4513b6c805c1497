"""Every measure shown orders sets of digits whose right order is known."""

import os
from dataclasses import replace

import numpy as np
import pytest

from minidraw import datasets
from minidraw.compare.reference import Reference
from minidraw.errors import UserError

NEW, COPIES, ONE, *NOISE, SHUFFLED = (
    "training images",
    "copies of training images",
    "only the digit 3",
    "5% of the pixels flipped",
    "10% of the pixels flipped",
    "20% of the pixels flipped",
    "pixels shuffled",
)


@pytest.fixture(scope="module")
def digits():
    return Reference(datasets.load("digits"))


@pytest.fixture(scope="module", params=["digits", "mnist"])
def scores(request):
    if request.param == "mnist" and "MINIDRAW_DATA" not in os.environ:
        pytest.skip("MNIST is not at hand")
    data = datasets.load(request.param)
    reference = Reference(replace(data, train=data.train.take(slice(10_000))), limit=1000)
    return {name: reference.measure(images) for name, images in reference.calibration_sets()}


def test_the_sets_have_the_names_of_this_test(scores):
    assert list(scores) == [NEW, COPIES, ONE, *NOISE, SHUFFLED]


def test_frechet_distance_and_precision_and_recall_fall_with_noise(scores):
    growing = [NEW, *NOISE]
    for name, sign in ("frechet", 1), ("precision", -1), ("recall", -1):
        values = [sign * getattr(scores[row], name) for row in growing]
        assert values == sorted(values) and values[-1] != values[0], name
    shuffled = scores[SHUFFLED]
    assert shuffled.frechet > 5 * scores[NEW].frechet
    assert shuffled.precision < 0.1 and shuffled.recall < 0.1


def test_new_digits_and_copies_look_like_digits_to_these_three(scores):
    for row in NEW, COPIES:
        assert scores[row].frechet < scores[NOISE[0]].frechet / 1.5
        assert min(scores[row].precision, scores[row].recall) > 0.8


def test_one_class_keeps_precision_and_loses_recall_distance_and_entropy(scores):
    one, new = scores[ONE], scores[NEW]
    assert one.precision > 0.6 and one.recall < 0.5 * new.recall
    assert one.frechet > scores[NOISE[-1]].frechet
    assert one.entropy < 0.2 and np.isclose(new.entropy, np.log(10), atol=0.02)
    assert one.shares[3] > 0.95 and sum(one.shares) == pytest.approx(1)


def test_only_copies_are_found_to_be_copies(scores):
    others = [scores[row] for row in scores if row != COPIES]
    assert scores[COPIES].copied > 0.9 and max(other.copied for other in others) < 0.5
    assert scores[COPIES].duplicates > 15 and max(other.duplicates for other in others) <= 5


def test_a_collapsed_generator_is_found(digits):
    _, images = next(digits.calibration_sets())
    alike = 0.95 * images[:1] + 0.05 * images
    score = digits.measure(alike)
    assert score.duplicates == len(alike) * (len(alike) - 1) // 2
    assert score.recall < 0.1 and score.entropy < 0.5


def test_other_pictures_are_refused():
    with pytest.raises(UserError, match="needs digits of") as error:
        Reference(datasets.load("cluttered-digits"))
    assert "\n" not in str(error.value)
