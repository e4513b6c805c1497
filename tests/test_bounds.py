"""The bound over a set of images is the mean of what the model says of each."""

import numpy as np
import pytest

from minidraw import bounds, kernels, layers
from minidraw.bounds import Bound, bound
from minidraw.datasets import Split, as_float
from minidraw.models import draw
from minidraw.models.base import Batch
from minidraw.training import draws
from minidraw.training.workers import Workers

CONFIG = draw.Config(height=7, width=6, glimpses=2, hidden=8, latent=3, write_size=3)
LEVELS = np.random.default_rng(0).integers(0, 256, (230, 1, 7, 6), np.uint8)


@pytest.fixture(scope="module")
def params():
    return draw.init_params(CONFIG, np.random.default_rng(1), np.float32)


def measured(params, levels=LEVELS, *, threads=2, ops=kernels, **settings):
    settings = {"fresh": True, "words": "noise"} | settings
    with Workers(threads) as workers:
        return bound(draw, params, Split(levels), CONFIG, ops=ops, workers=workers, **settings)


def test_it_is_the_mean_over_all_images_in_one_piece(params):
    """Against the model called once, with the coins and the noise of the whole set."""
    x = draws.binarize(as_float(LEVELS), 0, 230, 4, 0, draws.VALID_COINS)
    noise = draws.noise((2, 230, 3), 0, 230, np.float32, 4, 0, draws.VALID_NOISE)
    costs = draw.costs(params, Batch(x), noise, CONFIG, layers)
    found = measured(params, seed=4)
    assert found.nll == pytest.approx(costs["nll"].mean(), rel=1e-5)
    assert found.kl == pytest.approx(costs["kl"].mean(), rel=1e-4)
    assert found.total == found.nll + found.kl
    assert found.error == pytest.approx(costs["total"].std(ddof=1) / 230**0.5, rel=1e-4)
    assert (found.images, found.protocol) == (230, "noise")


def test_threads_and_chunks_make_no_difference(params, monkeypatch):
    whole = measured(params)
    assert measured(params) == whole
    for threads in (1, 3):
        assert measured(params, threads=threads) == whole  # chunks stay the same: every bit
    monkeypatch.setattr(bounds, "CHUNK", 25)
    assert measured(params).total == pytest.approx(whole.total, rel=1e-6)


def test_the_first_images_only(params):
    first, asked = measured(params, LEVELS[:60]), measured(params, images=60)
    assert asked.images == 60 and asked.total == pytest.approx(first.total, rel=1e-6)


def test_seeds_coins_and_levels(params):
    assert measured(params, seed=1).total != measured(params, seed=2).total
    assert measured(params, fresh=False).nll != measured(params).nll
    black = (LEVELS > 127) * np.uint8(255)  # coins leave black and white alone
    assert measured(params, black, fresh=False) == measured(params, black, fresh=True)


def test_more_images_than_there_are_and_a_single_one(params):
    with Workers(1) as workers:
        settings = {"ops": kernels, "workers": workers, "fresh": True, "words": ""}
        few = bound(draw, params, Split(LEVELS[:3]), CONFIG, images=50, **settings)
        one = bound(draw, params, Split(LEVELS[:1]), CONFIG, **settings)
    assert few.images == 3 and one.images == 1
    assert np.isfinite(one.total) and np.isnan(one.error)


def test_in_words():
    found = Bound(80.126, 10.1, 500, "digits, fresh binarisation", 0.456)
    expected = (
        "90.23 nats (80.13 image + 10.10 latent, standard error 0.46), 500 images,"
        " digits, fresh binarisation"
    )
    assert str(found) == expected
