"""The same numbers, however the work is split."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from minidraw import kernels
from minidraw.datasets import Dataset, Split
from minidraw.datasets.base import central_crop
from minidraw.models import draw
from minidraw.randomness import BatchRandom, Purpose
from minidraw.training import workers
from minidraw.training.recipe import Recipe
from minidraw.training.trainer import Trainer
from minidraw.training.workers import Workers

CONFIG = draw.Config(height=7, width=5, glimpses=3, hidden=6, latent=4, write_size=3)
BATCH = 61  # an odd number, so that the shards are unequal
SHAPE = 3, BATCH, 2


def one_step(threads):
    """Costs and gradient of the first step of a run on so many threads."""
    levels = np.random.default_rng(0).integers(0, 256, (100, 1, 9, 8), np.uint8)
    data = Dataset("noise", Split(levels), Split(central_crop(levels, (7, 5))))  # crops of 9 x 8
    recipe = Recipe(batch=BATCH, clip=1e6)
    with Workers(threads) as workers:
        assert len(workers.shards(BATCH)) == threads
        trainer = Trainer(draw, CONFIG, recipe, data, 10, ops=kernels, workers=workers)
        row = trainer.step()
        first_mean = trainer.adam.mean.vector / (1 - recipe.beta1)  # Adam's, so the gradient
        return row, first_mean, trainer.validate()


@pytest.fixture(scope="module")
def alone():
    return one_step(1)


@pytest.mark.parametrize("threads", [2, 3, 4])
def test_shards_do_not_change_the_result(alone, threads):
    (row, gradient, bound), (row_1, gradient_1, bound_1) = one_step(threads), alone
    for key in "nll", "kl", "total", "grad_norm":
        assert row[key] == pytest.approx(row_1[key], rel=1e-6)
    assert np.abs(gradient - gradient_1).max() < 1e-6 * np.abs(gradient_1).max()
    assert bound.total == pytest.approx(bound_1.total, rel=1e-6)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_split_gives_the_same_bits(threads):
    (row, gradient, _), (again, gradient_again, _) = one_step(threads), one_step(threads)
    assert row["total"] == again["total"]
    np.testing.assert_array_equal(gradient, gradient_again)


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, BATCH), max_size=4), step=st.integers(0, 5))
def test_random_numbers_do_not_depend_on_the_split(cuts, step):
    edges = [0, *sorted(cuts), BATCH]
    parts = [(a, b) for a, b in zip(edges, edges[1:], strict=False) if a < b]
    whole = BatchRandom(7, step, 0, BATCH).noise(SHAPE, np.float32)
    joined = [BatchRandom(7, step, a, b).noise(SHAPE, np.float32) for a, b in parts]
    np.testing.assert_array_equal(np.concatenate(joined, axis=1), whole)
    means = np.random.default_rng(0).random((BATCH, 1, 3, 2), np.float32)
    coins = BatchRandom(7, step, 0, BATCH).binarize(means)
    joined = [BatchRandom(7, step, a, b).binarize(means[a:b]) for a, b in parts]
    np.testing.assert_array_equal(np.concatenate(joined), coins)


def test_random_numbers_depend_on_everything_else():
    keys = [
        (7, 0, Purpose.NOISE),
        (8, 0, Purpose.NOISE),
        (7, 1, Purpose.NOISE),
        (7, 0, Purpose.BINARIZATION),
    ]
    drawn = [
        BatchRandom(seed, step, 0, BATCH).noise(SHAPE, np.float32, purpose)
        for seed, step, purpose in keys
    ]
    assert len(np.unique(np.stack(drawn))) > 0.99 * 4 * np.prod(SHAPE)


def test_shares_cover_every_image_once():
    for threads in 1, 2, 3, 4, 7:
        with Workers(threads) as workers:
            for count in 1, 2, 5, 100:
                shares = workers.shards(count)
                assert [k for a, b in shares for k in range(a, b)] == list(range(count))
                assert max(b - a for a, b in shares) - min(b - a for a, b in shares) <= 1


def test_overlapping_pools_restore_the_threads_of_blas(monkeypatch):
    monkeypatch.setattr(workers, "_blas_limit", workers._BlasLimit())  # other tests' pools aside

    def count():
        return [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]

    with threadpool_limits(2, user_api="blas"):
        before = count()
        first, second = Workers(1), Workers(1)
        first.__exit__()
        assert count() == [1] * len(before)
        second.__exit__()
        assert count() == before
