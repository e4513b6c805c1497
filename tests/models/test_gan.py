"""The generative adversarial network, apart from correct gradients."""

import numpy as np
import pytest

from minidraw import layers
from minidraw.errors import UserError
from minidraw.models import draw, gan
from minidraw.models.interface import Batch
from minidraw.training.flat_weights import allocate_flat, fill
from minidraw.training.optimizer import Adam

SIZE = {"height": 7, "width": 5, "hidden": 6, "latent": 4}


@pytest.fixture(params=[1, 3], ids=["grey", "colour"])
def config(request):
    return gan.Config(channels=request.param, **SIZE)


def network(config, n=4, dtype=np.float64):
    """Return random weights, images and noise."""
    rng = np.random.default_rng(0)
    shapes = gan.param_shapes(config).items()
    params = {name: (0.4 * rng.standard_normal(shape)).astype(dtype) for name, shape in shapes}
    x = rng.random((n, *config.image_shape)).astype(dtype)
    return params, Batch(x), rng.standard_normal(gan.noise_shape(config, n)).astype(dtype)


def test_costs_are_those_of_loss_and_grads(config, ops):
    params, batch, noise = network(config)
    kept = {name: weight.copy() for name, weight in params.items()}
    costs = gan.costs(params, batch, noise, config, ops)
    again, grads = gan.loss_and_grads(params, batch, noise, config, ops)
    assert tuple(costs) == gan.Measured.COLUMNS == ("critic", "generator", "total")
    for name, cost in costs.items():
        assert cost.shape == (4,)
        np.testing.assert_array_equal(cost, again[name])
    shapes = {name: gradient.shape for name, gradient in grads.items()}
    assert shapes == gan.param_shapes(config)
    assert all((params[name] == kept[name]).all() for name in params)


def test_a_critic_that_guesses_costs_ln_2_for_each_picture(config, ops):
    params, batch, noise = network(config)
    params["critic.logit.W"][:], params["critic.logit.b"][:] = 0, 0
    costs = gan.costs(params, batch, noise, config, ops)
    np.testing.assert_allclose(costs["critic"], 2 * np.log(2), rtol=1e-12)
    np.testing.assert_allclose(costs["generator"], np.log(2), rtol=1e-12)


def test_costs_stay_finite_where_the_critic_is_certain(config, ops):
    """The generator's cost doesn't saturate: certainly found out, its slope is 1."""
    params, batch, noise = network(config)
    params["critic.logit.W"][:] *= 1e-9
    params["critic.logit.b"][:] = -1000
    costs, grads = gan.loss_and_grads(params, batch, noise, config, ops)
    np.testing.assert_allclose(costs["generator"], 1000, rtol=1e-6)
    np.testing.assert_allclose(grads["critic.logit.b"], -4, rtol=1e-6)  # of the images' costs
    assert np.abs(grads["generator.1.W"]).max() > 0


@pytest.mark.parametrize("dtype, limit", [(np.float32, 1e-4), (np.float64, 1e-12)])
def test_layers_and_kernels_agree_and_keep_the_dtype(config, dtype, limit):
    from minidraw import kernels

    case = network(config, dtype=dtype)
    costs, grads = gan.loss_and_grads(*case, config, layers)
    ours, our_grads = gan.loss_and_grads(*case, config, kernels)
    pairs = [(ours[key], costs[key]) for key in costs]
    pairs += [(our_grads[name], grads[name]) for name in grads]
    for a, b in pairs:
        assert a.dtype == b.dtype == dtype
        assert np.abs(a - b).max() <= limit * max(1, np.abs(b).max())


def test_gradients_add_over_images(config, ops):
    params, (x, _, _), noise = network(config)
    _, whole = gan.loss_and_grads(params, Batch(x), noise, config, ops)
    _, first = gan.loss_and_grads(params, Batch(x[:1]), noise[:, :1], config, ops)
    _, rest = gan.loss_and_grads(params, Batch(x[1:]), noise[:, 1:], config, ops)
    for name, gradient in whole.items():
        np.testing.assert_allclose(first[name] + rest[name], gradient, rtol=1e-9, atol=1e-11)


def test_each_cost_moves_only_its_own_weights(config, ops):
    """The generator's gradient doesn't depend on the images, the critic's does."""
    params, (x, _, _), noise = network(config)
    _, grads = gan.loss_and_grads(params, Batch(x), noise, config, ops)
    _, other = gan.loss_and_grads(params, Batch(1 - x), noise, config, ops)
    for name, gradient in grads.items():
        assert (gradient == other[name]).all() == name.startswith("generator"), name


def test_paintings(config, ops):
    params, batch, noise = network(config)
    film = gan.generate(params, noise, config, ops)
    assert film.canvas.shape == (2, 4, *config.image_shape)
    shown = gan.pictures(params, batch, noise, config, ops)["samples"]
    np.testing.assert_array_equal(shown, ops.sigmoid(film.canvas[-1]))
    # a critic that sees the paintings as images finds both equally real
    costs = gan.costs(params, Batch(shown), noise, config, ops)
    again = gan.costs(params, batch, noise, config, ops)
    np.testing.assert_allclose(costs["generator"], again["generator"], rtol=1e-12)
    with pytest.raises(UserError, match="no encoder"):
        gan.reconstruct(params, batch, noise, config, ops)


def test_initial_weights():
    config = gan.Config(height=28, width=20, channels=3)
    params = gan.init_params(config, np.random.default_rng(0), mean_image=np.ones((3, 28, 20)))
    assert {name: w.shape for name, w in params.items()} == gan.param_shapes(config)
    assert all(weight.dtype == np.float32 for weight in params.values())
    film = gan.generate(params, np.zeros((1, 2, 100), np.float32), config, layers)
    assert not film.canvas.any()


def test_the_critic_sees_through_noise_that_does_not_change_the_paintings(config, ops):
    params, batch, noise = network(config)
    other = noise.copy()
    other[:, :, config.latent :] *= -1
    paintings, again = (gan.generate(params, n, config, ops).canvas for n in (noise, other))
    np.testing.assert_array_equal(paintings, again)
    costs, others = (gan.costs(params, batch, n, config, ops) for n in (noise, other))
    assert all((costs[name] != others[name]).all() for name in costs)


def test_as_many_weights_as_draw_on_mnist():
    def count(model):
        return sum(int(np.prod(shape)) for shape in model.param_shapes(model.Config()).values())

    assert count(gan) == pytest.approx(count(draw), rel=0.01)


@pytest.mark.parametrize("size", ["height", "width", "channels", "hidden", "latent"])
def test_sizes_of_zero_are_refused(size):
    with pytest.raises(ValueError, match=f"{size} must be at least 1"):
        gan.Config(**{size: 0})


def test_costs_as_text():
    found = gan.Measured.of({"critic": np.full((1, 40), 1.25), "generator": np.ones((1, 40))}, "x")
    assert (found.critic, found.generator, found.total, found.images) == (1.25, 1, 2.25, 40)
    assert str(found) == "critic 1.250, generator 1.000 nats per image, 40 images, x"
    row = {"critic": 1.234, "generator": 0.5}
    assert gan.Measured.progress(row) == "critic 1.23, generator 0.50 nats"


def test_it_learns_to_paint_all_of_eight_images_about_equally_often():
    """One pixel of eight is white; a generator that has collapsed paints one or two of them."""
    config = gan.Config(height=2, width=4, hidden=32, latent=8)
    rng = np.random.default_rng(0)
    adam = Adam(gan.init_params(config, rng), beta1=0.5, beta2=0.999, average=0.99)
    room = allocate_flat(gan.param_shapes(config))

    def draw_noise(n):
        return rng.standard_normal(gan.noise_shape(config, n)).astype(np.float32)

    for step in range(1200):
        x = np.eye(8, dtype=np.float32)[rng.integers(0, 8, 50)].reshape(50, 1, 2, 4)
        weights, noise = adam.weights.views, draw_noise(50)
        _, grads = gan.loss_and_grads(weights, Batch(x), noise, config, layers)
        fill(room, {name: gradient / 50 for name, gradient in grads.items()})
        adam.update(room, rate=2e-3 * (1 - step / 1200), clip=500, ops=layers)
    canvas = gan.generate(adam.average.views, draw_noise(800), config, layers).canvas[-1]
    paintings = layers.sigmoid(canvas).reshape(800, 8)
    counts = np.bincount(paintings.argmax(axis=1), minlength=8)
    assert counts.min() > 40
    assert (paintings.max(axis=1) > 0.8).mean() > 0.6
