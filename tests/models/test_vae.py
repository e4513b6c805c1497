"""The one-shot VAE, apart from correct gradients."""

import numpy as np
import pytest

from minidraw import layers
from minidraw.models import draw, vae
from minidraw.models.interface import Batch

SIZE = {"height": 7, "width": 5, "hidden": 6, "latent": 4}


@pytest.fixture(params=[1, 3], ids=["grey", "colour"])
def config(request):
    return vae.Config(channels=request.param, **SIZE)


def network(config, n=4, dtype=np.float64):
    """Return random weights, images and noise."""
    rng = np.random.default_rng(0)
    shapes = vae.param_shapes(config).items()
    params = {name: (0.4 * rng.standard_normal(shape)).astype(dtype) for name, shape in shapes}
    x = rng.random((n, *config.image_shape)).astype(dtype)
    return params, Batch(x), rng.standard_normal(vae.noise_shape(config, n)).astype(dtype)


def test_costs_are_those_of_loss_and_grads(config, ops):
    params, batch, noise = network(config)
    kept = {name: weight.copy() for name, weight in params.items()}
    costs = vae.costs(params, batch, noise, config, ops)
    again, grads = vae.loss_and_grads(params, batch, noise, config, ops)
    assert tuple(costs) == vae.Measured.COLUMNS == ("nll", "kl", "total")
    for name, cost in costs.items():
        assert cost.shape == (4,)
        np.testing.assert_array_equal(cost, again[name])
    shapes = {name: gradient.shape for name, gradient in grads.items()}
    assert shapes == vae.param_shapes(config)
    assert all((params[name] == kept[name]).all() for name in params)


@pytest.mark.parametrize("dtype, limit", [(np.float32, 1e-4), (np.float64, 1e-12)])
def test_layers_and_kernels_agree_and_keep_the_dtype(config, dtype, limit):
    from minidraw import kernels

    case = network(config, dtype=dtype)
    costs, grads = vae.loss_and_grads(*case, config, layers)
    ours, our_grads = vae.loss_and_grads(*case, config, kernels)
    pairs = [(ours[key], costs[key]) for key in costs]
    pairs += [(our_grads[name], grads[name]) for name in grads]
    for a, b in pairs:
        assert a.dtype == b.dtype == dtype
        assert np.abs(a - b).max() <= limit * max(1, np.abs(b).max())


def test_gradients_add_over_images(config, ops):
    params, (x, _, _), noise = network(config)
    _, whole = vae.loss_and_grads(params, Batch(x), noise, config, ops)
    _, first = vae.loss_and_grads(params, Batch(x[:1]), noise[:, :1], config, ops)
    _, rest = vae.loss_and_grads(params, Batch(x[1:]), noise[:, 1:], config, ops)
    for name, gradient in whole.items():
        np.testing.assert_allclose(first[name] + rest[name], gradient, rtol=1e-9, atol=1e-11)


def test_generate_equals_reconstruct_with_the_same_latent_vectors(config, ops):
    """With weights that make mu = 0 and sigma = 1, z is the noise in both."""
    params, batch, noise = network(config)
    params["latent.W"][:], params["latent.b"][:] = 0, 0
    film = vae.reconstruct(params, batch, noise, config, ops)
    painted = vae.generate(params, noise, config, ops)
    np.testing.assert_allclose(painted.canvas, film.canvas, rtol=1e-12, atol=1e-12)
    assert film.canvas.shape == (2, 4, *config.image_shape)
    assert film.write_window is film.read_window is None
    nll, _ = ops.bernoulli_cost(film.canvas[-1], x=batch.images)
    np.testing.assert_allclose(nll, vae.costs(params, batch, noise, config, ops)["nll"])
    shown = vae.pictures(params, batch, noise, config, ops)
    np.testing.assert_array_equal(shown["samples"], ops.sigmoid(painted.canvas[-1]))


def test_importance_weights_estimate_a_probability(config):
    """Averaged over z, exp(weights) is p(x) for any encoder: two encoders agree."""
    params, batch, _ = network(config, n=1)
    for name in params:
        params[name] *= 0.3
    images = Batch(np.repeat((batch.images > 0.5).astype(float), 40_000, axis=0))
    noise = np.random.default_rng(1).standard_normal((1, 40_000, 4))
    costs, weights = vae.log_weights(params, images, noise, config, layers)
    other = params | {"latent.b": params["latent.b"] + 0.2}
    _, other_weights = vae.log_weights(other, images, noise, config, layers)
    assert np.abs(costs["total"] + weights).max() > 0.1  # not merely the bound
    assert np.mean(-weights) < costs["total"].mean() + 0.02
    first, second = (
        np.log(np.mean(np.exp(w - w.max()))) + w.max() for w in (weights, other_weights)
    )
    assert first == pytest.approx(second, abs=0.02)
    assert -first < costs["total"].mean() - 0.005  # tighter than the bound


def test_kl_per_step_is_the_latent_cost(config):
    params, batch, noise = network(config)
    nats = vae.kl_per_step(params, batch, noise, config, layers)
    assert nats.shape == (1, 4) and nats.dtype == np.float64
    expected = vae.costs(params, batch, noise, config, layers)["kl"]
    np.testing.assert_allclose(nats[0], expected, rtol=1e-12)
    params["latent.W"][:], params["latent.b"][:] = 0, 0  # the posterior is the prior
    assert (vae.kl_per_step(params, batch, noise, config, layers) == 0).all()


def test_initial_weights():
    config = vae.Config(height=28, width=20, channels=3)
    mean = np.random.default_rng(1).random(config.image_shape)
    params = vae.init_params(config, np.random.default_rng(0), mean_image=mean)
    assert {name: w.shape for name, w in params.items()} == vae.param_shapes(config)
    assert all(weight.dtype == np.float32 for weight in params.values())
    film = vae.generate(params, np.zeros((1, 2, 50), np.float32), config, layers)
    np.testing.assert_allclose(
        layers.sigmoid(film.canvas[0, 1]), mean.clip(0.005, 0.995), atol=1e-6
    )


def test_as_many_weights_as_draw_on_mnist():
    def count(model):
        return sum(int(np.prod(shape)) for shape in model.param_shapes(model.Config()).values())

    assert count(vae) == pytest.approx(count(draw), rel=0.01)


@pytest.mark.parametrize("size", ["height", "width", "channels", "hidden", "latent"])
def test_sizes_of_zero_are_refused(size):
    with pytest.raises(ValueError, match=f"{size} must be at least 1"):
        vae.Config(**{size: 0})
