import numpy as np
import pytest

from minidraw import layers
from minidraw.models import draw
from minidraw.models.interface import Batch

SIZE = {"height": 7, "width": 5, "glimpses": 3, "hidden": 6, "latent": 4, "write_size": 3}


@pytest.fixture(params=[(1, True, True), (3, True, False), (3, False, True), (1, False, False)])
def config(request):
    channels, read, write = request.param
    return draw.Config(channels=channels, read_attention=read, write_attention=write, **SIZE)


def network(config, n=4, dtype=np.float64):
    """Return random weights, images and noise."""
    rng = np.random.default_rng(0)
    shapes = draw.param_shapes(config).items()
    params = {name: (0.4 * rng.standard_normal(shape)).astype(dtype) for name, shape in shapes}
    x = rng.random((n, *config.image_shape)).astype(dtype)
    return params, Batch(x), rng.standard_normal(draw.noise_shape(config, n)).astype(dtype)


def test_costs_are_those_of_loss_and_grads(config, ops):
    params, batch, noise = network(config)
    costs = draw.costs(params, batch, noise, config, ops)
    again, grads = draw.loss_and_grads(params, batch, noise, config, ops)
    assert set(costs) == {"nll", "kl", "total"}
    for name, cost in costs.items():
        assert cost.shape == (4,)
        np.testing.assert_array_equal(cost, again[name])
    np.testing.assert_allclose(costs["total"], costs["nll"] + costs["kl"], rtol=1e-15)
    shapes = {name: gradient.shape for name, gradient in grads.items()}
    assert shapes == draw.param_shapes(config)


def test_inputs_are_not_changed(config, ops):
    params, batch, noise = network(config)
    kept = {name: weight.copy() for name, weight in params.items()}
    x, eps = batch.images.copy(), noise.copy()
    draw.loss_and_grads(params, batch, noise, config, ops)
    draw.reconstruct(params, batch, noise, config, ops)
    draw.generate(params, noise, config, ops)
    np.testing.assert_array_equal(batch.images, x)
    np.testing.assert_array_equal(noise, eps)
    for name, weight in params.items():
        np.testing.assert_array_equal(weight, kept[name])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(config, ops, dtype):
    params, batch, noise = network(config, dtype=dtype)
    costs, grads = draw.loss_and_grads(params, batch, noise, config, ops)
    film = draw.generate(params, noise, config, ops)
    windows = film.write_window or ()
    for array in (*costs.values(), *grads.values(), film.canvas, *windows):
        assert array.dtype == dtype


@pytest.mark.parametrize("dtype, limit", [(np.float32, 1e-4), (np.float64, 1e-12)])
def test_layers_and_kernels_agree(config, dtype, limit):
    from minidraw import kernels

    case = network(config, dtype=dtype)
    costs, grads = draw.loss_and_grads(*case, config, layers)
    ours, our_grads = draw.loss_and_grads(*case, config, kernels)
    pairs = [(ours[key], costs[key]) for key in costs]
    pairs += [(our_grads[name], grads[name]) for name in grads]
    for a, b in pairs:
        assert np.abs(a - b).max() <= limit * max(1, np.abs(b).max())


def test_gradients_add_over_images(config, ops):
    """The gradient of a batch is the sum over its shards, which may be unequal."""
    params, batch, noise = network(config)
    _, whole = draw.loss_and_grads(params, batch, noise, config, ops)
    _, first = draw.loss_and_grads(params, Batch(batch.images[:1]), noise[:, :1], config, ops)
    _, rest = draw.loss_and_grads(params, Batch(batch.images[1:]), noise[:, 1:], config, ops)
    for name, gradient in whole.items():
        np.testing.assert_allclose(first[name] + rest[name], gradient, rtol=1e-9, atol=1e-11)


def test_generate_equals_reconstruct_with_the_same_latent_vectors(config, ops):
    """With weights that make mu = 0 and sigma = 1, z is the noise in both."""
    params, batch, noise = network(config)
    params["latent.W"][:], params["latent.b"][:] = 0, 0
    film = draw.reconstruct(params, batch, noise, config, ops)
    painted = draw.generate(params, noise, config, ops)
    np.testing.assert_allclose(painted.canvas, film.canvas, rtol=1e-12, atol=1e-12)
    assert (painted.write_window is None) == (not config.write_attention)
    for a, b in zip(painted.write_window or (), film.write_window or (), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_film_has_every_canvas_and_window(config, ops):
    params, batch, noise = network(config)
    film = draw.reconstruct(params, batch, noise, config, ops)
    assert film.canvas.shape == (4, 4, *config.image_shape)
    np.testing.assert_array_equal(
        film.canvas[0], np.broadcast_to(params["canvas_0"], (4, *config.image_shape))
    )
    nll, _ = ops.bernoulli_cost(film.canvas[-1], x=batch.images)
    np.testing.assert_allclose(nll, draw.costs(params, batch, noise, config, ops)["nll"])
    assert (film.read_size, film.write_size) == (2, 3)
    for used, window in (
        (config.read_attention, film.read_window),
        (config.write_attention, film.write_window),
    ):
        assert (window is not None) == used
        assert all(part.shape == (3, 4) for part in window or ())


def test_first_read_window_comes_from_the_learned_start():
    config = draw.Config(**SIZE)
    params, batch, noise = network(config)
    film = draw.reconstruct(params, batch, noise, config, layers)
    theta = params["decoder.h_0"] @ params["read_window.W"] + params["read_window.b"]
    parts, _ = layers.window(theta[None], height=7, width=5, K=2)
    for filmed, part in zip(film.read_window, parts, strict=True):
        np.testing.assert_allclose(filmed[0], part[0])


def test_pictures(config, ops):
    params, batch, noise = network(config, n=20)
    shown = draw.pictures(params, batch, noise, config, ops)
    assert shown["samples"].shape == (20, *config.image_shape)
    assert shown["film"].canvas.shape == (4, 9, *config.image_shape)
    assert all(part.shape == (3, 9) for part in shown["film"].write_window or ())


def test_initial_weights():
    config = draw.Config(height=28, width=20, channels=3)
    params = draw.init_params(config, np.random.default_rng(0))
    assert {name: w.shape for name, w in params.items()} == draw.param_shapes(config)
    assert all(weight.dtype == np.float32 for weight in params.values())
    again = draw.init_params(config, np.random.default_rng(0))
    assert all((params[name] == again[name]).all() for name in params)
    assert params["encoder.W"].std() == pytest.approx(len(params["encoder.W"]) ** -0.5, rel=0.05)
    for name in "encoder.b", "decoder.b":
        np.testing.assert_array_equal(params[name].reshape(4, -1)[1], 1)
        np.testing.assert_array_equal(params[name].reshape(4, -1)[[0, 2, 3]], 0)


@pytest.mark.parametrize("glimpses, latent, factor", [(64, 100, 0.1), (16, 100, 0.4), (10, 16, 1)])
def test_latent_weights_start_smaller_with_many_latent_units(glimpses, latent, factor):
    config = draw.Config(glimpses=glimpses, latent=latent)
    params = draw.init_params(config, np.random.default_rng(0))
    h_dec, z = params["decoder.W"][:256], params["decoder.W"][256:]
    usual = (256 + latent) ** -0.5
    assert h_dec.std() == pytest.approx(usual, rel=0.05)
    assert z.std() == pytest.approx(factor * usual, rel=0.05)
    assert params["latent.W"].std() == pytest.approx(factor / 16, rel=0.05)


@pytest.mark.parametrize("size", ["height", "width", "channels", "glimpses", "hidden", "latent"])
def test_sizes_of_zero_are_refused(size):
    with pytest.raises(ValueError, match=f"{size} must be at least 1"):
        draw.Config(**{size: 0})


def test_parameter_table_at_the_papers_size():
    shapes = draw.param_shapes(draw.Config())
    assert shapes["encoder.W"] == (256 + 2 * 2 * 2 + 256, 4 * 256)
    assert shapes["decoder.W"] == (256 + 100, 4 * 256)
    assert shapes["latent.W"] == (256, 200)
    assert shapes["patch.W"] == (256, 25)
    assert shapes["read_window.W"] == shapes["write_window.W"] == (256, 5)
    none = draw.param_shapes(draw.Config(read_attention=False, write_attention=False))
    assert none["patch.W"] == (256, 784) and none["encoder.W"] == (2 * 784 + 512, 1024)
    assert not {"read_window.W", "write_window.W"} & set(none)
