"""Mistakes in public DRAW implementations, each tested by a known answer.

A gradient check finds almost none of them: a wrong model may have correct gradients.
"""

import inspect
import types

import numpy as np
import pytest

from minidraw import kernels, layers
from minidraw.datasets import Dataset, Split
from minidraw.gradcheck import MODEL_LIMIT, check_model
from minidraw.models import draw
from minidraw.models.interface import Batch
from minidraw.randomness import BatchRandom, Purpose
from minidraw.training.recipe import Recipe
from minidraw.training.trainer import Trainer
from minidraw.training.workers import Workers

CONFIG = draw.Config(height=7, width=5, glimpses=3, hidden=6, latent=4, read_size=2, write_size=3)


def network(config=CONFIG, n=4):
    """Return random weights and biases, images and noise."""
    rng = np.random.default_rng(0)
    shapes = draw.param_shapes(config).items()
    params = {name: 0.4 * rng.standard_normal(shape) for name, shape in shapes}
    batch = Batch(rng.random((n, *config.image_shape)))
    return params, batch, rng.standard_normal(draw.noise_shape(config, n))


def window_theta(center_x, center_y, stride, var, gamma=1.0, *, height, width, K):
    """Return theta (1, 5) of a window given in pixels."""
    full = (max(height, width) - 1) / (K - 1)
    centers = (center_x + 1) / ((width + 1) / 2) - 1, (center_y + 1) / ((height + 1) / 2) - 1
    return np.array([[*centers, np.log(var), np.log(stride / full), np.log(gamma)]])


SHARP = 1e-4  # variance of a filter that covers a single pixel


def test_pitfall_01_kl_constant(ops):
    """The KL divergence of the prior is exactly 0, none is negative, and sampling agrees."""
    (_, nats), _ = ops.latent(np.zeros((3, 10)), noise=np.ones((3, 5)))
    np.testing.assert_array_equal(nats, 0)
    params, batch, noise = network()
    params["latent.W"][:], params["latent.b"][:] = 0, 0
    np.testing.assert_array_equal(draw.costs(params, batch, noise, CONFIG, ops)["kl"], 0)
    rng = np.random.default_rng(0)
    posterior = np.concatenate([rng.standard_normal((1000, 8)) * s for s in (1e-9, 1e-4, 1)])
    (_, nats), _ = ops.latent(posterior, noise=np.zeros((3000, 4)))
    assert nats.min() >= -1e-12
    mu, log_sigma, eps = 0.8, -0.5, rng.standard_normal((100_000, 1))
    (z, nats), _ = ops.latent(np.full((100_000, 2), [mu, log_sigma]), noise=eps)
    sampled = (-(eps**2) / 2 - log_sigma + z**2 / 2)[:, 0]  # log q(z) - log p(z)
    assert abs(sampled.mean() - nats[0]) < 4 * sampled.std() / np.sqrt(len(sampled))


def test_pitfall_02_log_sigma_or_log_variance(ops):
    """A sharp window with stride 1 is the identity; a row of filters has the given variance."""
    rng, size = np.random.default_rng(0), {"height": 6, "width": 8, "K": 6}
    x = rng.random((1, 1, 6, 8))
    theta = window_theta(3.5, 2.5, 1, SHARP, **size)  # pixels 1 to 6 across, 0 to 5 down
    glimpse, _ = ops.read_attention(np.zeros_like(x), theta, x=x, K=6)
    np.testing.assert_allclose(glimpse[0, :36].reshape(6, 6), x[0, 0, :, 1:7], rtol=1e-12)
    patch = rng.standard_normal((1, 36))
    out, _ = ops.write_attention(patch, theta, **size)
    np.testing.assert_allclose(out[0, 0, :, 1:7].ravel(), patch[0], rtol=1e-12)
    np.testing.assert_allclose(out[0, 0, :, [0, 7]], 0, atol=1e-12)
    a, x = np.arange(37), np.zeros((1, 1, 37, 37))
    for sigma in (1, 2, 37 / 12):
        theta = np.array([[0, 0, 2 * np.log(sigma), -2, 0]])
        _, cache = ops.read_attention(x, theta, x=x, K=3)
        row = cache.F_x[0, 1]
        assert (row * (a - 18) ** 2).sum() == pytest.approx(sigma**2, rel=1e-5)
    (z, _), _ = ops.latent(np.array([[0, np.log(3)]]), noise=np.ones((1, 1)))
    assert z[0, 0] == pytest.approx(3)  # but the latent layer's is log sigma


INDEPENDENT_NOISE = BatchRandom.noise


def share_over_steps(random, shape, *args):
    """Return one step's noise for all steps, the mistake of row 3."""
    return np.repeat(INDEPENDENT_NOISE(random, (1, *shape[1:]), *args), shape[0], axis=0)


def train_toy(monkeypatch, noise):
    """Train on 16 equally probable images; return the bound and the last row of the log."""
    images = np.random.default_rng(0).random((16, 1, 5, 4)) < 0.5
    drawn = Split(np.tile(images.astype(np.uint8) * 255, (250, 1, 1, 1)))
    data = Dataset("toy", drawn, drawn, binary=True)
    size = {"height": 5, "width": 4, "glimpses": 3, "hidden": 24, "latent": 3}
    config = draw.Config(**size, read_attention=False, write_attention=False)
    recipe = Recipe(batch=64, rate=0.03, final_rate=1e-3, warmup=20, average=0.99, clip=20)
    monkeypatch.setattr(BatchRandom, "noise", noise)
    with Workers(1) as workers:
        trainer = Trainer(draw, config, recipe, data, 1200, ops=kernels, workers=workers)
        log = [trainer.step() for _ in range(1200)]
        return trainer.validate(), log[-1]


@pytest.fixture(scope="module")
def toy():
    """The right network, and the one whose steps share their noise."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        right = train_toy(monkeypatch, INDEPENDENT_NOISE)
        return right, train_toy(monkeypatch, share_over_steps)


def test_pitfall_03_shared_noise(ops):
    """noise[t, i] affects image i only, from step t on."""
    params, batch, noise = network()
    changed = noise.copy()
    changed[1, 2] += 1
    before, after = (
        draw.reconstruct(params, batch, eps, CONFIG, ops).canvas for eps in (noise, changed)
    )
    moved = (before != after).any(axis=(2, 3, 4))  # (T + 1, n): canvas 2 comes after step 1
    expected = np.zeros((4, 4), bool)
    expected[2:, 2] = True
    np.testing.assert_array_equal(moved, expected)


def test_pitfall_03_noise_of_the_loop_is_independent():
    """The model gets T n Z independent samples, new ones at every step."""
    seen = []

    def loss_and_grads(params, batch, noise, config, ops):
        seen.append(noise)
        return draw.loss_and_grads(params, batch, noise, config, ops)

    spy = types.SimpleNamespace(**{**vars(draw), "loss_and_grads": loss_and_grads})
    split = Split(np.zeros((60, 1, 7, 5), np.uint8))
    data = Dataset("black", split, split, binary=True)
    with Workers(1) as workers:
        trainer = Trainer(spy, CONFIG, Recipe(batch=60), data, 2, ops=kernels, workers=workers)
        trainer.step()
        trainer.step()
    noise = np.stack(seen).astype(float)  # (2, T, n, Z)
    assert noise.shape == (2, 3, 60, 4)
    assert len(np.unique(noise)) == noise.size
    for axis in range(4):
        rows = np.moveaxis(noise, axis, 0).reshape(noise.shape[axis], -1)
        between = np.corrcoef(rows)[np.triu_indices(len(rows), 1)]
        assert np.abs(between).max() < 5 / np.sqrt(rows.shape[1])
    assert abs(noise.std() - 1) < 0.1


def test_pitfall_03_bound_stays_above_the_truth(toy):
    """16 equally probable images cost at least ln 16 nats, except with noise shared over steps."""
    (right, _), (mutant, _) = toy
    assert right.images == 16 * 250
    assert np.log(16) - 4 * right.standard_error < right.total < 5
    assert mutant.total < 1


def test_pitfall_04_pixels_and_filters_from_zero(ops):
    """theta = 0 puts the filters on pixels 0 to A - 1 along the longer side."""
    for height, width, K, expected in (
        (28, 28, 5, [0, 6.75, 13.5, 20.25, 27]),
        (75, 100, 12, np.arange(0, 100, 9)),
        (28, 28, 2, [0, 27]),
    ):
        (center_x, _, stride, _, _), _ = ops.window(
            np.zeros((1, 5)), height=height, width=width, K=K
        )
        np.testing.assert_allclose(center_x + (np.arange(K) - (K - 1) / 2) * stride, expected)
    sharp = np.array([[0, 0, -12.0, 0, 0]])
    x = np.random.default_rng(0).random((1, 1, 5, 9))
    glimpse, cache = ops.read_attention(x, sharp, x=x, K=5)
    np.testing.assert_allclose(cache.F_x[0], np.eye(9)[::2], atol=1e-12)


def test_pitfall_05_read_and_write_windows_are_two(ops):
    """The parameter table has both, and only the write window affects `generate`."""
    params, _, noise = network()
    assert {"read_window.W", "read_window.b", "write_window.W", "write_window.b"} <= set(params)
    painted = draw.generate(params, noise, CONFIG, ops).canvas
    for name, same in ("read_window", True), ("write_window", False):
        changed = params | {f"{name}.b": params[f"{name}.b"] + 0.3}
        again = draw.generate(changed, noise, CONFIG, ops).canvas
        assert (again[-1] == painted[-1]).all() == same


def test_pitfall_06_each_axis_has_its_own_centers(ops):
    """A window off the diagonal of a non-square image reads and writes at its own position."""
    size = {"height": 9, "width": 6, "K": 2}
    theta = window_theta(3.5, 6.5, 1, SHARP, **size)  # columns 3 and 4, rows 6 and 7
    x = np.random.default_rng(0).random((1, 1, 9, 6))
    glimpse, _ = ops.read_attention(np.zeros_like(x), theta, x=x, K=2)
    np.testing.assert_allclose(glimpse[0, :4].reshape(2, 2), x[0, 0, 6:8, 3:5], rtol=1e-12)
    out, _ = ops.write_attention(np.array([[1.0, 2, 3, 4]]), theta, **size)
    expected = np.zeros((9, 6))
    expected[6:8, 3:5] = [[1, 2], [3, 4]]
    np.testing.assert_allclose(out[0, 0], expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pitfall_07_window_outside_the_image(ops, dtype):
    """Rows sum to 1 even 1000 pixels outside, and every gradient is finite."""
    size = {"height": 9, "width": 6, "K": 3}
    places = [(-1000, 4), (1000, 4), (3, -1000), (3, 1000), (-1000, 1000)]
    theta = [window_theta(*place, 1, var, **size)[0] for place in places for var in (0.01, 1, 100)]
    theta, x = np.array(theta, dtype), np.full((15, 1, 9, 6), 0.7, dtype)
    glimpse, read_cache = ops.read_attention(x, theta, x=x, K=3)
    out, write_cache = ops.write_attention(np.ones((15, 9), dtype), theta, **size)
    np.testing.assert_allclose(glimpse[:, :9], 0.7, rtol=1e-5)
    np.testing.assert_allclose(out.sum(axis=(1, 2, 3)), 9, rtol=1e-5)
    for cache in read_cache, write_cache:
        for F in cache.F_x, cache.F_y:
            np.testing.assert_allclose(F.sum(axis=2), 1, rtol=1e-5)
    gradients = (
        *ops.read_attention_backward(np.ones_like(glimpse), read_cache),
        *ops.write_attention_backward(np.ones_like(out), write_cache),
    )
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_pitfall_08_one_filter_divides_by_zero(ops):
    """K = 1 raises an error with the reason, in the layers and in Config."""
    x = np.zeros((1, 1, 4, 5))
    with pytest.raises(ValueError, match="eq 24 divides by K - 1"):
        ops.read_attention(x, np.zeros((1, 5)), x=x, K=1)
    with pytest.raises(ValueError, match="eq 24 divides by K - 1"):
        ops.write_attention(np.zeros((1, 1)), np.zeros((1, 5)), height=4, width=5, K=1)
    for name in "read_size", "write_size":
        with pytest.raises(ValueError, match=f"{name} must be at least 2.*eq 24"):
            draw.Config(**{name: 1})


def test_pitfall_09_gamma_once_and_inverted_on_write(ops):
    """Reading multiplies by gamma, writing divides by it."""
    rng, size = np.random.default_rng(0), {"height": 7, "width": 5, "K": 3}
    x, patch = rng.random((1, 1, 7, 5)), rng.standard_normal((1, 9))
    one, three = (window_theta(2, 3, 1.3, 0.8, gamma, **size) for gamma in (1, 3))
    read_one, read_three = (ops.read_attention(x, theta, x=x, K=3)[0] for theta in (one, three))
    write_one, write_three = (
        ops.write_attention(patch, theta, **size)[0] for theta in (one, three)
    )
    np.testing.assert_allclose(read_three, 3 * read_one, rtol=1e-12)
    np.testing.assert_allclose(write_three, write_one / 3, rtol=1e-12)


def test_pitfall_10_image_axes(ops):
    """The model accepts images 100 wide and 75 high; x runs along the last axis."""
    config = draw.Config(height=75, width=100, channels=3, glimpses=2, hidden=3, latent=2)
    params, batch, noise = network(config, n=2)
    costs, grads = draw.loss_and_grads(params, batch, noise, config, ops)
    assert costs["total"].shape == (2,) and grads["canvas_0"].shape == (3, 75, 100)
    film = draw.reconstruct(params, batch, noise, config, ops)
    assert film.canvas.shape == (3, 2, 3, 75, 100)
    x = np.zeros((1, 1, 75, 100))
    x[0, 0, 20, 90] = 1
    theta = window_theta(89.5, 19.5, 1, SHARP, height=75, width=100, K=2)
    glimpse, cache = ops.read_attention(np.zeros_like(x), theta, x=x, K=2)
    assert cache.F_y.shape == (1, 2, 75) and cache.F_x.shape == (1, 2, 100)
    np.testing.assert_allclose(glimpse[0, :4], [0, 0, 0, 1], atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pitfall_11_cost_from_logits(ops, dtype):
    """The cost is exact at logits of +-1000, and its gradient is sigmoid(c) - x."""
    logits = np.array([-1000, -1000, 1000, 1000, 0.3, -2], dtype).reshape(6, 1, 1, 1)
    x = np.array([0, 1, 0, 1, 0.25, 1], dtype).reshape(6, 1, 1, 1)
    nll, cache = ops.bernoulli_cost(logits, x=x)
    np.testing.assert_array_equal(nll[:4], [0, 1000, 1000, 0])
    gradient = ops.bernoulli_cost_backward(np.ones(6, dtype), cache)
    expected = 1 / (1 + np.exp(-logits.astype(float).clip(-700, 700))) - x
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_pitfall_12_samples_need_no_image(ops):
    """`generate` uses no image and no encoder; the last canvas gives the probability images."""
    params, batch, noise = network()
    needed = ["params", "noise", "config", "ops", "labels"]
    assert list(inspect.signature(draw.generate).parameters) == needed
    of_encoder = ("encoder.", "latent.", "read_window.")
    decoder = {name: w for name, w in params.items() if not name.startswith(of_encoder)}
    film = draw.generate(decoder, noise, CONFIG, ops)
    probabilities = draw.pictures(params, batch, noise, CONFIG, ops)["samples"]
    np.testing.assert_array_equal(probabilities, ops.sigmoid(film.canvas[-1]))
    writes = np.abs(np.diff(film.canvas, axis=0)).max(axis=(2, 3, 4))
    assert len(writes) == CONFIG.glimpses and (writes > 0).all()  # the last one too
    assert not np.isin(probabilities, [0, 1]).any()  # probabilities, not samples
    sampled = BatchRandom(0, 0, 0, 4).binarize(probabilities, Purpose.PICTURES)
    assert np.isin(sampled, [0, 1]).all()


def test_pitfall_13_nothing_is_carried_over(ops):
    """In batches A, B, A with the same noise, both A's have the same costs."""
    params, a, noise = network()
    b = Batch(1 - a.images)
    first, other, again = (
        draw.loss_and_grads(params, batch, noise, CONFIG, ops) for batch in (a, b, a)
    )
    assert (first[0]["total"] != other[0]["total"]).all()
    np.testing.assert_array_equal(first[0]["total"], again[0]["total"])
    for name, gradient in first[1].items():
        np.testing.assert_array_equal(gradient, again[1][name])


def test_pitfall_14_lstm_mistakes_fail_the_gradient_check():
    """Random biases and three steps expose two common mistakes."""
    case, H = network(n=2), CONFIG.hidden

    def one_bias(x, W, b):
        if len(b) == 4 * H:
            b = np.concatenate([b[:H], b[:H], b[:H], b[3 * H :]])
        return layers.linear(x, W, b)

    def no_derivative(dout, cache, *, out=None):
        da, dc_prev = layers.lstm_gates_backward(dout, cache, out=out)
        da[:, :H] /= 1 - cache.gates[:, :H]  # i where i (1 - i) was meant
        return da, dc_prev

    def worst(**mistake):
        ops = types.SimpleNamespace(**{**vars(layers), **mistake})
        return max(error for _, _, error in check_model(draw, *case, CONFIG, ops).values())

    assert worst() < MODEL_LIMIT
    assert worst(linear=one_bias) > 100 * MODEL_LIMIT
    assert worst(lstm_gates_backward=no_derivative) > 100 * MODEL_LIMIT


def test_pitfall_15_every_figure_carries_its_protocol():
    """Every bound names the binarisation of its images."""
    fixed, grey = (
        Split(np.zeros((2, 1, 7, 5), np.uint8)),
        Split(np.full((2, 1, 7, 5), 99, np.uint8)),
    )
    expected = {
        (True, "auto"): "static",
        (True, "fresh"): "static",
        (False, "auto"): "dynamic",
        (False, "fresh"): "dynamic",
        (False, "never"): "grey levels as probabilities",
    }
    with Workers(1) as workers:
        for (binary, binarize), word in expected.items():
            split = fixed if binary else grey
            data = Dataset("mine", split, split, binary=binary)
            recipe = Recipe(batch=2, binarize=binarize)
            trainer = Trainer(draw, CONFIG, recipe, data, 1, ops=layers, workers=workers)
            assert trainer.protocol.startswith(f"mine, {word}")
            assert trainer.protocol in str(trainer.validate())


def test_pitfall_16_canvas_starts_at_the_mean_image(ops):
    """canvas_0 is initially the logit of the mean image, and is learned."""
    mean = np.random.default_rng(0).uniform(0.01, 0.99, CONFIG.image_shape)
    params = draw.init_params(CONFIG, np.random.default_rng(1), np.float64, mean)
    np.testing.assert_allclose(ops.sigmoid(params["canvas_0"]), mean, rtol=1e-12)
    _, batch, noise = network()
    film = draw.generate(params, noise, CONFIG, ops)
    np.testing.assert_allclose(ops.sigmoid(film.canvas[0]), np.stack([mean] * 4), rtol=1e-12)
    _, grads = draw.loss_and_grads(params, batch, noise, CONFIG, ops)
    assert (grads["canvas_0"] != 0).all()
    black = draw.init_params(CONFIG, np.random.default_rng(1), np.float64, 0 * mean)
    assert np.isfinite(black["canvas_0"]).all()


def test_pitfall_17_latent_vector_that_is_ignored(toy):
    """Image and latent nats are reported separately, and the toy network uses its latent vector."""
    (right, row), _ = toy
    assert right.kl > 2 and row["kl"] > 2
    assert row["nll"] + row["kl"] == pytest.approx(row["total"], rel=1e-6)
    assert f"{right.nll:.2f} image + {right.kl:.2f} latent" in str(right)


@pytest.mark.parametrize("height, width, read, write", [(28, 28, 2, 5), (60, 100, 12, 12)])
def test_pitfall_18_first_filters_cover_the_image(ops, height, width, read, write):
    """The initial filters lie inside the image and overlap."""
    config = draw.Config(height=height, width=width, read_size=read, write_size=write)
    params = draw.init_params(config, np.random.default_rng(0))
    for name, K, factor in ("read_window", read, 0.45), ("write_window", write, 0.8):
        (x, y, stride, var, gamma), _ = ops.window(
            params[f"{name}.b"][None], height=height, width=width, K=K
        )
        reach = (K - 1) / 2 * stride
        np.testing.assert_allclose(2 * reach, factor * (width - 1), rtol=1e-5)
        assert 0 <= x - reach and x + reach <= width - 1
        if name == "read_window":
            assert 0 <= y - reach and y + reach <= height - 1
        np.testing.assert_allclose(np.log(var), 2 * np.log(stride / 2), rtol=1e-4)
        assert gamma == 1
