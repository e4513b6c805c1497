"""The bound over a set of images is the mean of what the model says of each."""

import numpy as np
import pytest

from minidraw import evaluation, kernels, layers
from minidraw.datasets import Scenes, Split, as_float
from minidraw.evaluation import Evaluation, ImportanceBound
from minidraw.models import draw
from minidraw.models.draw.costs import Bound
from minidraw.models.interface import Batch
from minidraw.randomness import BatchRandom, Purpose
from minidraw.training.workers import Workers

CONFIG = draw.Config(height=7, width=6, glimpses=2, hidden=8, latent=3, write_size=3)
LEVELS = np.random.default_rng(0).integers(0, 256, (230, 1, 7, 6), np.uint8)


@pytest.fixture(scope="module")
def params():
    return draw.init_params(CONFIG, np.random.default_rng(1), np.float32)


def evaluate(params, levels=LEVELS, *, threads=2, method="costs", samples=1, **settings):
    settings = {"config": CONFIG, "ops": kernels, "binarize": True, "protocol": "noise"} | settings
    with Workers(threads) as workers:
        made = Evaluation(draw, params, split=Split(levels), workers=workers, **settings)
        return getattr(made, method)(samples)


def measured(params, levels=LEVELS, **settings):
    return evaluate(params, levels, **settings)


def test_it_is_the_mean_over_all_images_in_one_piece(params):
    """Against the model called once, with the coins and the noise of the whole set."""
    x = BatchRandom(4, 0, 0, 230).binarize(as_float(LEVELS), Purpose.VALIDATION_BINARIZATION)
    noise = BatchRandom(4, 0, 0, 230).noise((2, 230, 3), np.float32, Purpose.VALIDATION_NOISE)
    costs = draw.costs(params, Batch(x), noise, CONFIG, layers)
    found = measured(params, seed=4)
    assert found.nll == pytest.approx(costs["nll"].mean(), rel=1e-5)
    assert found.kl == pytest.approx(costs["kl"].mean(), rel=1e-4)
    assert found.total == found.nll + found.kl
    assert found.standard_error == pytest.approx(costs["total"].std(ddof=1) / 230**0.5, rel=1e-4)
    assert (found.images, found.protocol) == (230, "noise")


def test_threads_and_chunks_make_no_difference(params, monkeypatch):
    whole = measured(params)
    assert measured(params) == whole
    for threads in (1, 3):
        assert measured(params, threads=threads) == whole  # chunks stay the same: every bit
    monkeypatch.setattr(evaluation, "CHUNK_IMAGES", 25)
    assert measured(params).total == pytest.approx(whole.total, rel=1e-6)


def test_the_first_images_only(params):
    first, asked = measured(params, LEVELS[:60]), measured(params, images=60)
    assert asked.images == 60 and asked.total == pytest.approx(first.total, rel=1e-6)


def test_seeds_coins_and_levels(params):
    assert measured(params, seed=1).total != measured(params, seed=2).total
    assert measured(params, binarize=False).nll != measured(params).nll
    black = (LEVELS > 127) * np.uint8(255)  # coins leave black and white alone
    assert measured(params, black, binarize=False) == measured(params, black, binarize=True)


def test_more_images_than_there_are_and_a_single_one(params):
    few, one = measured(params, LEVELS[:3], images=50), measured(params, LEVELS[:1])
    assert few.images == 3 and one.images == 1
    assert np.isfinite(one.total) and np.isnan(one.standard_error)


def test_several_samples_of_z(params):
    """Against the model called for each; the two errors are those of their definitions."""
    x = BatchRandom(0, 0, 0, 230).binarize(as_float(LEVELS), Purpose.VALIDATION_BINARIZATION)
    totals = []
    for k in range(3):
        noise = BatchRandom(0, k, 0, 230).noise((2, 230, 3), np.float32, Purpose.VALIDATION_NOISE)
        totals.append(draw.costs(params, Batch(x), noise, CONFIG, layers)["total"].astype(float))
    totals, found = np.array(totals), measured(params, samples=3)
    assert found.total == pytest.approx(totals.mean(), rel=1e-5) and found.samples == 3
    over_images = totals.mean(axis=0).std(ddof=1) / 230**0.5
    over_noise = (totals.var(axis=0, ddof=1).mean() / 3 / 230) ** 0.5
    assert found.standard_error == pytest.approx(over_images, rel=1e-4)
    assert found.z_standard_error == pytest.approx(over_noise, rel=1e-3)
    assert np.isnan(measured(params).z_standard_error)


def test_the_noise_error_foretells_the_spread_over_seeds(params):
    """Forty runs with other noise; with white images, so that the coins are always the same."""
    white = np.full_like(LEVELS[:50], 255)
    runs = [measured(params, white, samples=2, seed=seed) for seed in range(40)]
    spread = np.std([run.total for run in runs], ddof=1)
    foretold = np.mean([run.z_standard_error for run in runs])
    assert 0.7 < spread / foretold < 1.4  # of 40 draws the spread is known to about 11 %


def weighted(params, samples, levels=LEVELS, **settings):
    settings = {"binarize": False} | settings
    return evaluate(params, levels, method="importance_bound", samples=samples, **settings)


@pytest.fixture(scope="module")
def trained(params):
    """Weights whose q isn't p, so that weighting has something to win."""
    rng = np.random.default_rng(3)
    return {n: w + 0.3 * rng.standard_normal(w.shape).astype(w.dtype) for n, w in params.items()}


def test_with_one_sample_nothing_is_gained_on_average(trained):
    """The plain bound has the divergence in closed form, the weights have a draw of it."""
    gains = np.array([weighted(trained, 1, seed=seed).gain for seed in range(30)])
    assert abs(gains.mean()) < 4 * gains.std(ddof=1) / 30**0.5
    assert gains.std() > 0.01  # not the same thing computed twice
    found = weighted(trained, 1)
    assert abs(found.gain) < 4 * found.gain_standard_error


def test_the_plain_bound_within_is_the_plain_bound(trained):
    plain, found = measured(trained, samples=5, binarize=False), weighted(trained, 5)
    assert found.total + found.gain == pytest.approx(plain.total, rel=1e-6)
    assert found.images == plain.images == 230 and found.samples == 5
    assert found.z_standard_error > 0 and np.isnan(weighted(trained, 1).z_standard_error)


def test_the_mean_of_halves_is_never_below_the_whole(trained, monkeypatch):
    """Of the same weights, image by image: the logarithm is concave."""
    noise = np.random.default_rng(5).standard_normal((8, 2, 230, 3)).astype(np.float32)
    x = as_float(LEVELS)

    def bounds_of(part):
        weights = [draw.log_weights(trained, Batch(x), z, CONFIG, layers)[1] for z in part]
        return -(np.logaddexp.reduce(weights, axis=0) - np.log(len(part)))

    halves = (bounds_of(noise[:4]) + bounds_of(noise[4:])) / 2
    assert (halves >= bounds_of(noise) - 1e-9).all() and (halves > bounds_of(noise)).any()

    def given(random, shape, dtype, purpose):
        return noise[random.step, :, random.start : random.stop]

    monkeypatch.setattr(BatchRandom, "noise", given)  # and streamed, chunk by chunk
    assert weighted(trained, 8).total == pytest.approx(bounds_of(noise).mean(), rel=1e-6)


def test_the_weighted_bounds_noise_error_foretells_the_spread_over_seeds(trained):
    """Against 40 runs with other noise; the variance of the weights would foretell half of it."""
    for samples in (2, 8, 20):
        runs = [weighted(trained, samples, LEVELS[:50], seed=seed) for seed in range(40)]
        spread = np.std([run.total for run in runs], ddof=1)
        foretold = np.mean([run.z_standard_error for run in runs])
        assert 0.7 < spread / foretold < 1.4


def test_leaving_a_weight_out_by_hand():
    """Also where one weight is all of the sum, as in an untrained network."""
    for weights in (np.random.default_rng(0).normal(0, 3, (6, 4)), np.diag([0, 900.0, 50, 5])):
        bound, variance = evaluation._weigh(weights)
        assert np.allclose(-bound, np.logaddexp.reduce(weights) - np.log(len(weights)))
        left = [np.logaddexp.reduce(np.delete(weights, k, 0)) for k in range(len(weights))]
        assert np.allclose(variance, (len(weights) - 1) * np.var(left, axis=0))


def test_it_converges_to_the_integral_over_z():
    """T = Z = 1: p(x) by quadrature over the one latent number."""
    config = draw.Config(height=3, width=4, glimpses=1, hidden=5, latent=1, write_size=2)
    rng = np.random.default_rng(2)
    start = draw.init_params(config, rng, np.float32)
    params = {n: w + 0.5 * rng.standard_normal(w.shape).astype("f") for n, w in start.items()}
    params["latent.b"][1] = 0.8  # a q that is wide enough for its weights to have a variance
    levels = (rng.random((30, 1, 3, 4)) < 0.5) * np.uint8(255)
    z = np.linspace(-9, 9, 3001, dtype=np.float32)
    film = draw.generate(params, z[None, :, None], config, layers)
    logits = film.canvas[-1].reshape(len(z), -1).astype(float)
    x = as_float(levels).reshape(30, -1)
    log_p = x @ logits.T - np.logaddexp(0, logits).sum(axis=1)  # log p(x | z), (30, 3001)
    log_p += -0.5 * z.astype(float) ** 2 - 0.5 * np.log(2 * np.pi) + np.log(z[1] - z[0])
    exact = -np.logaddexp.reduce(log_p, axis=1).mean()
    found = weighted(params, 4000, levels, config=config)
    assert found.total == pytest.approx(exact, abs=0.01)
    assert weighted(params, 1, levels, config=config).total > exact + 0.02  # and one sample doesn't


def test_single_precision_is_good_to_a_hundredth_of_a_nat(trained):
    double = {name: weight.astype(np.float64) for name, weight in trained.items()}
    noise = np.random.default_rng(0).standard_normal((2, 230, 3))
    x = as_float(LEVELS, np.float64)
    costs, weights = draw.log_weights(double, Batch(x), noise, CONFIG, layers)
    single = trained, Batch(x.astype("f")), noise.astype("f"), CONFIG
    costs_32, weights_32 = draw.log_weights(*single, kernels)
    assert abs(costs_32["total"].mean(dtype=float) - costs["total"].mean()) < 0.01
    assert abs(weights_32.mean() - weights.mean()) < 0.01 and weights_32.dtype == np.float64


def test_nats_of_every_step_add_up(params):
    with Workers(2) as workers:
        options = {"ops": kernels, "workers": workers, "binarize": True}
        nats = Evaluation(draw, params, CONFIG, Split(LEVELS), **options).kl_per_step()
    assert nats.shape == (2,) and (nats > 0).all()
    assert nats.sum() == pytest.approx(measured(params).kl, rel=1e-5)


def test_in_words():
    found = Bound(80.126, 10.1, 500, "digits, dynamic binarisation", 0.456)
    expected = (
        "90.23 nats (80.13 image + 10.10 latent, standard error 0.46), 500 images,"
        " digits, dynamic binarisation"
    )
    assert str(found) == expected
    several = Bound(80.126, 10.1, 500, "digits", 0.456, 4, 0.0123)
    assert "error 0.46 over images, 0.012 over z), 500 images, 4 samples of z" in str(several)
    importance = ImportanceBound(78.123, 0.5, 2.04, 0.0312, 1000, 500, "digits")
    assert str(importance) == (
        "78.12 nats (standard error 0.50 over images), importance-weighted over 1000 samples of z"
        " per image; 2.04 below the plain bound (paired, standard error 0.031), 500 images, digits"
    )
    noisy = ImportanceBound(78.123, 0.5, 2.04, 0.0312, 1000, 500, "digits", 0.0456)
    assert "(standard error 0.50 over images, 0.046 over z)" in str(noisy)


@pytest.mark.parametrize("method", ["costs", "importance_bound"])
def test_how_far_grey_levels_are_above_their_floor(params, method):
    grey = evaluate(params, method=method, samples=2, binarize=False)
    x = as_float(LEVELS, np.float64)
    own, _ = layers.bernoulli_cost(np.log(x.clip(1e-9) / (1 - x).clip(1e-9)), x=x)
    assert grey.floor == pytest.approx(own.mean(), rel=1e-5)
    assert f", {grey.total - own.mean():.2f} above the grey levels' floor (stan" in str(grey)
    steps = np.repeat(np.arange(230) % 2, 42).reshape(LEVELS.shape)  # every second image is flat
    flat = evaluate(params, np.uint8(128 * steps), method=method, samples=2, binarize=False)
    assert flat.floor == pytest.approx(42 * np.log(2) / 2, rel=1e-4)
    assert 0 < flat.excess_standard_error != flat.standard_error
    drawn = evaluate(params, method=method, samples=2)
    assert drawn.floor == 0 and "floor" not in str(drawn)


def test_another_seed_draws_other_scenes(params):
    """Scene k shows the same source; seed 0 takes the scenes that indexing returns."""

    def make(sources, rows, numbers):
        return (sources[rows] + (100 * numbers).astype(np.uint8)).reshape(-1, 1, 7, 6)

    sources = np.random.default_rng(0).integers(0, 100, (230, 42), np.uint8)
    scenes = Scenes(sources, make, shape=(1, 7, 6), numbers=42, seed=0)
    settings = {"binarize": False, "threads": 1}
    assert measured(params, scenes, **settings) == measured(params, scenes[:], **settings)
    numbers = BatchRandom(3, 0, 0, 230).uniform(42, Purpose.VALIDATION_SCENES)
    drawn = scenes.sample_new(np.arange(230), numbers)
    assert (drawn != scenes[:]).any()
    found = measured(params, scenes, seed=3, **settings)
    assert found == measured(params, drawn, seed=3, **settings)


def test_costs_per_class(params):
    labels = np.random.default_rng(2).choice([0, 1, 3], 230)
    settings = {"config": CONFIG, "ops": kernels, "binarize": True, "seed": 4, "images": 210}
    with Workers(2) as workers:
        made = Evaluation(draw, params, split=Split(LEVELS, labels), workers=workers, **settings)
        mean, classes = made.costs_per_class(2)
        assert mean == made.costs(2)
        named = made.costs_per_class(2, ["zero", "one", "two", "three"])[1]
    x = BatchRandom(4, 0, 0, 230).binarize(as_float(LEVELS), Purpose.VALIDATION_BINARIZATION)
    totals = []
    for k in range(2):
        noise = BatchRandom(4, k, 0, 230).noise((2, 230, 3), np.float32, Purpose.VALIDATION_NOISE)
        totals.append(draw.costs(params, Batch(x), noise, CONFIG, layers)["total"][:210])
    totals, labels = np.mean(totals, axis=0), labels[:210]
    assert list(classes) == [0, 1, 3] and list(named) == ["zero", "one", "three"]
    for label, found in classes.items():
        assert found.total == pytest.approx(totals[labels == label].mean(), rel=1e-5)
        assert found.images == (labels == label).sum() and found.samples == 2
        assert found.protocol == f"class {label}"
