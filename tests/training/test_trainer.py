"""One step after another: which images, which numbers, and when to stop."""

import warnings

import numpy as np
import pytest

from minidraw import layers
from minidraw.datasets import Dataset, Split, from_array
from minidraw.errors import UserError
from minidraw.models import draw
from minidraw.models.draw.costs import Bound
from minidraw.randomness import BatchRandom, Purpose
from minidraw.training import trainer as trainer_module
from minidraw.training.trainer import Diverged
from minidraw.training.workers import MIN_SHARD_IMAGES, Workers, count_cores


def numbered(count):
    """Images that can be told apart by their mean, as a data set without chance."""
    grey = np.arange(count, dtype=np.float32) / count
    return from_array(np.broadcast_to(grey[:, None, None], (count, 7, 6)).copy())


def test_every_image_of_an_epoch_is_used_at_most_once(trainer, monkeypatch):
    made = trainer(data=numbered(120), batch=25, binarize="never", steps=8, threads=1)
    seen = []  # by this process, which does all of the work

    def costs(params, batch, noise, config, ops):
        seen.extend(batch.images.mean(axis=(1, 2, 3)).tolist())
        return real(params, batch, noise, config, ops)

    real = draw.loss_and_grads
    monkeypatch.setattr(draw, "loss_and_grads", costs)
    epochs = []
    for _ in range(2):
        for _ in range(len(made.data.train) // 25):
            made.step()
        epochs.append(sorted(seen))
        seen.clear()
    assert [len(epoch) for epoch in epochs] == [100, 100]  # of 108: the odd end is left out
    assert all(len(set(epoch)) == 100 for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_a_batch_may_be_the_whole_set_but_not_more(trainer):
    made = trainer(batch=108)
    assert made.step()["step"] == 1
    with pytest.raises(UserError, match="108 training images, .* batch of 109: give --batch 108"):
        trainer(batch=109)


def test_training_sees_random_parts_of_larger_images(trainer, monkeypatch):
    larger = np.random.default_rng(0).integers(0, 256, (20, 1, 10, 8), np.uint8)
    data = Dataset("larger", Split(larger), Split(larger[:4, :, 1:8, 1:7]))
    made = trainer(data=data, batch=20, binarize="never", threads=1)
    seen, real = [], draw.loss_and_grads

    def spy(params, batch, noise, config, ops):
        seen.append(batch.images)
        return real(params, batch, noise, config, ops)

    monkeypatch.setattr(draw, "loss_and_grads", spy)
    for step in range(3):
        made.step()
        rows = made.batches.rows(step)
        expected = BatchRandom(made.recipe.seed, step, 0, 20).crop(larger[rows], (7, 6))
        np.testing.assert_array_equal(seen[step], expected / np.float32(255))
    assert not np.array_equal(np.sort(seen[0], axis=0), np.sort(seen[1], axis=0))
    assert made.validate().images == 4 and made.pictures(4)["samples"].shape == (4, 1, 7, 6)


def test_the_latent_cost_counts_less_at_first_in_the_gradient_only(trainer, monkeypatch):
    made, plain = trainer(kl_warmup=0.2, warmup=0), trainer(warmup=0)
    weights, real = [], draw.loss_and_grads

    def spy(params, batch, *rest):
        weights.append(batch.kl_weight)
        return real(params, batch, *rest)

    monkeypatch.setattr(draw, "loss_and_grads", spy)
    row, plain_row = made.step(), plain.step()
    assert {key: row[key] for key in ("nll", "kl", "total")} == {
        key: plain_row[key] for key in ("nll", "kl", "total")
    }
    assert not np.array_equal(made.adam.mean.vector, plain.adam.mean.vector)
    for _ in range(3):
        made.step()
    threads = 2
    expected = [0.1, 1, 0.55, 1, 1]  # the plain trainer's step is the second
    assert weights == pytest.approx(np.repeat(expected, threads))


def test_the_row_of_a_step_has_means_over_the_batch_in_nats(trainer, monkeypatch):
    made = trainer(batch=20)
    costs = []
    real = draw.loss_and_grads

    def spy(*arguments):
        result = real(*arguments)
        costs.append(result[0])
        return result

    monkeypatch.setattr(draw, "loss_and_grads", spy)
    row = made.step()
    for key in ("nll", "kl", "total"):
        assert row[key] == pytest.approx(np.concatenate([c[key] for c in costs]).mean(), rel=1e-6)
    assert row["total"] == pytest.approx(row["nll"] + row["kl"], rel=1e-6)
    assert row["step"] == 1 and row["seconds"] > 0 and row["grad_norm"] > 0
    assert row["rate"] == made.recipe.learning_rate_at(0, made.steps)


def test_the_gradient_is_that_of_the_mean_loss(trainer, state):
    """Against one call for the whole batch, by NumPy, with the numbers of the same step."""
    made = trainer(batch=30, threads=3, warmup=0)
    rows = made.batches.rows(0)
    before = {name: view.copy() for name, view in made.adam.weights.views.items()}
    made.step()
    mean = made.adam.mean.vector / (1 - made.recipe.beta1)
    x = trainer_module.as_float(made.data.train.images[rows])
    x = BatchRandom(0, 0, 0, 30).binarize(x, Purpose.BINARIZATION)
    noise = BatchRandom(0, 0, 0, 30).noise((2, 30, 3), np.float32, Purpose.NOISE)
    _, grads = draw.loss_and_grads(before, trainer_module.Batch(x), noise, made.config, layers)
    expected = np.concatenate([grads[name].ravel() for name in before]) / 30
    assert np.abs(mean - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_a_run_by_rounding_only(trainer, state, threads):
    two, other = trainer(threads=2), trainer(threads=threads)
    for _ in range(5):
        row, other_row = two.step(), other.step()
    assert other_row["total"] == pytest.approx(row["total"], rel=1e-5)
    np.testing.assert_allclose(state(other)["weights"], state(two)["weights"], rtol=1e-3, atol=1e-5)
    assert other.validate().total == pytest.approx(two.validate().total, rel=1e-5)


def test_same_seed_same_bits_another_seed_other_numbers(trainer, state):
    runs = [trainer(seed=seed) for seed in (0, 0, 1)]
    for made in runs:
        made.step()
    first, again, other = map(state, runs)
    assert all((first[key] == again[key]).all() for key in first)
    assert (first["weights"] != other["weights"]).mean() > 0.5


def test_it_learns(trainer):
    made = trainer(data=numbered(300), steps=150, batch=50, rate=0.02, warmup=10)
    first = made.validate().total
    for _ in range(150):
        made.step()
    assert made.validate().total < first - 2


@pytest.mark.parametrize("name", ["patch.b", "encoder.W"])
def test_a_loss_that_is_not_finite_names_step_and_costs(trainer, state, name):
    made = trainer()
    made.step()
    made.adam.weights.views[name].flat[0] = np.nan
    before = state(made)
    with pytest.raises(Diverged) as caught:
        made.step()
    message = str(caught.value)
    for part in ("step 2:", "nll", "more", "--rate", "--clip", "--warmup"):
        assert part in message
    assert all(np.array_equal(state(made)[key], before[key], equal_nan=True) for key in before)


def test_a_gradient_that_is_not_finite_stops_too(trainer, state, monkeypatch):
    made = trainer()
    real = draw.loss_and_grads

    def broken(*arguments):
        costs, grads = real(*arguments)
        grads["latent.W"].flat[3] = np.inf
        return costs, grads

    monkeypatch.setattr(draw, "loss_and_grads", broken)
    before = state(made)
    with pytest.raises(Diverged, match=r"step 1: no longer finite: latent\.W\. Try"):
        made.step()
    assert all((state(made)[key] == before[key]).all() for key in before)


def test_a_gradient_whose_norm_overflows_stops_too(trainer, monkeypatch):
    made = trainer()
    real = draw.loss_and_grads

    def huge(*arguments):
        costs, grads = real(*arguments)
        grads["latent.W"].flat[3] = 1e30
        return costs, grads

    monkeypatch.setattr(draw, "loss_and_grads", huge)
    with pytest.raises(Diverged, match="the norm of the gradient"):
        made.step()


def test_gradients_that_explode_are_told_once(trainer, monkeypatch):
    real, factor = draw.loss_and_grads, 1

    def exploding(*arguments):
        costs, grads = real(*arguments)
        return costs, {name: factor * grad for name, grad in grads.items()}

    monkeypatch.setattr(draw, "loss_and_grads", exploding)
    made = trainer(steps=8, kl_warmup=0.5)
    clip = made.recipe.clip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        norm = made.step()["grad_norm"]
        factor = 1e4 * clip / norm  # a network recovers from this
        made.step()
        factor = 1e6 * clip / norm
        with pytest.raises(RuntimeWarning, match=r"^step 3: .* explode, norm .*Try --kl-warmup 0"):
            made.step()
        made.step()
    made = trainer(steps=8)
    with pytest.warns(RuntimeWarning, match="Try a smaller --rate"):
        made.step()


def test_validations_of_all_seeds_use_the_same_coins_and_noise(trainer):
    """Else 2,000 images alone part the curves of two seeds by a few tenths of a nat."""
    one, two = trainer(seed=1, steps=0), trainer(seed=2, steps=0)
    assert one.validate().total != two.validate().total  # other weights
    two.adam.weights.vector[:] = one.adam.weights.vector
    two.adam.average.vector[:] = one.adam.average.vector
    assert one.validate().total == two.validate().total


def test_a_validation_bound_that_is_not_finite_stops_before_it_can_be_saved(trainer):
    made = trainer()
    made.step()
    made.adam.weights.views["patch.b"][:] = np.inf
    with pytest.raises(Diverged, match="step 1: .*validation bound"):
        made.validate()


@pytest.mark.parametrize("raw, averaged", [(10.0, 9.0), (9.0, 10.0), (9.0, 9.0), (9.0, np.nan)])
def test_the_averaged_weights_count_once_they_are_better(trainer, monkeypatch, raw, averaged):
    made = trainer()
    made.step()

    def costs(evaluation):
        value = raw if evaluation.params is made.adam.weights.views else averaged
        return Bound(value, 0.0, 12, evaluation.protocol, 0.1)

    monkeypatch.setattr(trainer_module.Evaluation, "costs", costs)
    better = averaged < raw
    assert made.validate().nll == (averaged if better else raw)
    assert made.params is (made.adam.average if better else made.adam.weights).views


def test_the_first_weights_can_be_given(trainer, config):
    params = draw.init_params(config, np.random.default_rng(5), np.float32)
    made = trainer(params=params)
    assert all((made.params[name] == params[name]).all() for name in params)
    assert all((made.adam.average.views[name] == params[name]).all() for name in params)


@pytest.mark.parametrize(
    "levels, binarize, fresh, words",
    [
        ("grey", "auto", True, "dynamic binarisation"),
        ("grey", "fresh", True, "dynamic binarisation"),
        ("grey", "never", False, "grey levels as probabilities; not a compression cost"),
        ("colour", "auto", False, "grey levels as probabilities; not a compression cost"),
        ("colour", "fresh", True, "dynamic binarisation"),
        ("binary", "auto", False, "static binarisation"),
        ("binary", "fresh", False, "static binarisation"),
    ],
)
def test_protocol(trainer, images, config, monkeypatch, levels, binarize, fresh, words):
    arrays = {
        "grey": images,
        "colour": np.stack([images] * 3, axis=1),
        "binary": (images > 127) * np.uint8(255),
    }
    if levels == "colour":
        monkeypatch.setattr(draw, "init_params", lambda *a: {"x": np.zeros(1, np.float32)})
    made = trainer(data=from_array(arrays[levels]), binarize=binarize)
    assert made.binarize is fresh
    assert made.protocol == f"array, {words}"


def test_pictures_are_painted_from_the_same_noise_however_many(trainer):
    made = trainer()
    first, again, few = made.pictures(30), made.pictures(30), made.pictures(5)
    assert first["samples"].shape == (30, 1, 7, 6)
    assert (first["samples"] == again["samples"]).all()
    np.testing.assert_allclose(few["samples"], first["samples"][:5], rtol=1e-5)
    assert first["film"].canvas.shape[:2] == (3, 9)


def test_workers_refuse_less_than_one_thread():
    for threads in (0, -2):
        with pytest.raises(UserError, match="threads must be at least 1"):
            Workers(threads)
    with Workers() as workers:
        assert workers.threads == count_cores() >= 1
        assert workers.map(lambda k: k * k, range(20)) == [k * k for k in range(20)]


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_shards_cover_the_batch_in_order(threads):
    with Workers(threads) as workers:
        for count in (1, 2, 5, 50):
            shards = workers.shards(count)
            assert [k for a, b in shards for k in range(a, b)] == list(range(count))
            assert len(shards) == max(1, min(threads, count // MIN_SHARD_IMAGES))


def test_films_grow_during_a_run(trainer, monkeypatch):
    """Costs and bounds of every step are those of its own number of glimpses."""
    made = trainer(grow="1:0.5", steps=4, threads=1, warmup=0)
    seen, real = [], draw.loss_and_grads

    def spy(params, batch, noise, config, ops):
        seen.append((config.glimpses, len(noise)))
        return real(params, batch, noise, config, ops)

    monkeypatch.setattr(draw, "loss_and_grads", spy)
    kl = []
    for _ in range(4):
        kl.append(made.validate().kl)
        made.step()
    assert seen == [(1, 1), (1, 1), (2, 2), (2, 2)]
    assert kl[2] > 1.5 * kl[1]  # a step more writes about as much again
    assert made.pictures(4)["film"].canvas.shape[0] == 3
