"""The recurrent attention model, apart from correct gradients with places held fixed."""

import numpy as np
import pytest

from minidraw import layers
from minidraw.models import ram
from minidraw.models.interface import Batch

SIZE = {"height": 11, "width": 8, "classes": 5, "glimpses": 3, "hidden": 6, "read_size": 3}


@pytest.fixture(params=[1, 3], ids=["grey", "colour"])
def config(request):
    return ram.Config(channels=request.param, scales=2, **SIZE)


def network(config, n=4, dtype=np.float64):
    """Return random weights, images, labels and noise."""
    rng = np.random.default_rng(0)
    shapes = ram.param_shapes(config).items()
    params = {name: (0.4 * rng.standard_normal(shape)).astype(dtype) for name, shape in shapes}
    x = rng.random((n, *config.image_shape)).astype(dtype)
    noise = rng.standard_normal(ram.noise_shape(config, n)).astype(dtype)
    return params, Batch(x, rng.integers(0, config.classes, n)), noise


def test_costs_are_those_of_loss_and_grads(config, ops):
    params, batch, noise = network(config)
    kept = {name: weight.copy() for name, weight in params.items()}
    costs = ram.costs(params, batch, noise, config, ops)
    again, grads = ram.loss_and_grads(params, batch, noise, config, ops)
    assert tuple(costs) == ram.Measured.COLUMNS == ("nll", "error", "total")
    for name, cost in costs.items():
        np.testing.assert_array_equal(cost, again[name])
    shapes = {name: gradient.shape for name, gradient in grads.items()}
    assert shapes == ram.param_shapes(config)
    assert all((params[name] == kept[name]).all() for name in params)


@pytest.mark.parametrize("dtype, limit", [(np.float32, 1e-4), (np.float64, 1e-12)])
def test_layers_and_kernels_agree_and_keep_the_dtype(config, dtype, limit):
    from minidraw import kernels

    case = network(config, dtype=dtype)
    costs, grads = ram.loss_and_grads(*case, config, layers)
    ours, our_grads = ram.loss_and_grads(*case, config, kernels)
    pairs = [(ours[key], costs[key]) for key in costs]
    pairs += [(our_grads[name], grads[name]) for name in grads]
    for a, b in pairs:
        assert a.dtype == b.dtype == dtype
        assert np.abs(a - b).max() <= limit * max(1, np.abs(b).max())


def test_gradients_add_over_images(config, ops):
    params, (x, labels, _), noise = network(config)
    _, whole = ram.loss_and_grads(params, Batch(x, labels), noise, config, ops)
    few = Batch(x[:1], labels[:1]), noise[:, :1]
    _, first = ram.loss_and_grads(params, *few, config, ops)
    _, rest = ram.loss_and_grads(params, Batch(x[1:], labels[1:]), noise[:, 1:], config, ops)
    for name, gradient in whole.items():
        np.testing.assert_allclose(first[name] + rest[name], gradient, rtol=1e-9, atol=1e-11)


def test_the_noise_moves_the_window_by_the_spread(config, ops):
    params, batch, noise = network(config)
    still = ram.scanpath(params, batch.images, config, ops)
    moved = ram.scanpath(params, batch.images, config, ops, noise)
    pixels = config.spread * noise[0] * np.array([(8 + 1) / 2, (11 + 1) / 2])
    x, y, stride, var, gamma = moved.window
    np.testing.assert_allclose(x[0] - still.window.center_x[0], pixels[:, 0], rtol=1e-9)
    np.testing.assert_allclose(y[0] - still.window.center_y[0], pixels[:, 1], rtol=1e-9)
    np.testing.assert_allclose(
        (stride, var, gamma), [stride * 0 + 1, 0.25 + 0 * var, 1 + 0 * gamma]
    )
    assert moved.glimpses.shape == (3, 4, config.channels, 3, 3)
    F_y, _ = layers.filterbank(y[1], stride[1], var[1], K=3, A=11)
    F_x, _ = layers.filterbank(x[1], stride[1], var[1], K=3, A=8)
    patches, _ = layers.read_image(F_y, F_x, gamma[1], x=batch.images)
    np.testing.assert_allclose(moved.glimpses[1], patches, rtol=1e-9)


def test_probabilities_need_no_noise(config, ops):
    params, batch, noise = network(config)
    likely = ram.probabilities(params, batch.images, config, ops)
    np.testing.assert_allclose(likely.sum(axis=1), 1, rtol=1e-12)
    nll = ram.costs(params, batch, 0 * noise, config, ops)["nll"]
    np.testing.assert_allclose(nll, -np.log(likely[range(4), batch.labels]), rtol=1e-9)
    shown = ram.pictures(params, batch, noise, config, ops)
    assert shown["glimpses"].glimpses.shape[:2] == (3, 3)


def test_the_estimates_mean_is_the_slope_of_the_expected_cost():
    """REINFORCE has no bias: within 4 standard errors of finite differences, at every weight."""
    config = ram.Config(height=6, width=5, classes=3, glimpses=2, hidden=3, read_size=2, scales=1)
    config = ram.Config(**vars(config) | {"spread": 0.3})
    params, _, _ = network(config, n=1)
    groups, size = 200, 250
    rng = np.random.default_rng(1)
    x, label = rng.random((1, *config.image_shape)), np.array([1])
    params["place.W"] *= 3
    batch = Batch(x.repeat(groups * size, axis=0), label.repeat(groups * size))
    noise = rng.standard_normal(ram.noise_shape(config, groups * size))
    few = Batch(batch.images[:size], batch.labels[:size])
    parts = [
        ram.loss_and_grads(params, few, part, config, layers)[1]
        for part in np.split(noise, groups, axis=1)
    ]

    def cost():
        return ram.costs(params, batch, noise, config, layers)["nll"]

    moved = 0
    for name in "place.W", "place.b", "lstm.h_0", "label.b":
        estimates = np.array([part[name] for part in parts]) / size
        error = estimates.std(axis=0, ddof=1) / np.sqrt(groups)
        for at in np.ndindex(params[name].shape):
            kept, step = params[name][at], 1e-4
            params[name][at] = kept + step
            above = cost()
            params[name][at] = kept - step
            slopes = (above - cost()) / (2 * step)
            params[name][at] = kept
            scatter = np.hypot(error[at], slopes.std() / np.sqrt(len(slopes)))
            assert abs(estimates.mean(axis=0)[at] - slopes.mean()) < 4 * scatter, (name, at)
            moved = max(moved, abs(slopes.mean()) / scatter if name[:5] == "place" else 0)
    assert moved > 8  # a gradient of 0 would fail


def test_the_baseline_lowers_the_scatter():
    """With the mean cost as baseline, the places' gradient scatters less, around the same mean."""
    config = ram.Config(channels=1, scales=1, **SIZE)
    params, batch, _ = network(config, n=1)
    n = 4000
    many = Batch(batch.images.repeat(n, axis=0), batch.labels.repeat(n))
    noise = np.random.default_rng(1).standard_normal(ram.noise_shape(config, n))
    mean = ram.costs(params, many, noise, config, layers)["nll"].mean()
    scatter = []
    for baseline in 0, mean:
        params["baseline.W"][:], params["baseline.b"][:] = 0, baseline
        found = [
            ram.loss_and_grads(
                params, Batch(many.images[:100], many.labels[:100]), part, config, layers
            )[1]
            for part in np.split(noise, 40, axis=1)
        ]
        scatter.append(np.array([grads["place.b"] for grads in found]).std())
    assert scatter[1] < 0.5 * scatter[0]


def test_initial_weights():
    config = ram.Config()
    params = ram.init_params(config, np.random.default_rng(0))
    assert {name: w.shape for name, w in params.items()} == ram.param_shapes(config)
    assert all(weight.dtype == np.float32 for weight in params.values())
    np.testing.assert_array_equal(params["lstm.b"].reshape(4, -1)[1], 1)
    h = np.zeros((8, 3, 256), np.float32)
    expected = ram.network.compute_baseline(params, h, layers)
    np.testing.assert_allclose(expected, np.log(10), rtol=1e-6)


def test_sizes_out_of_range_are_refused():
    for wrong in {"scales": 0}, {"scales": 13}, {"spread": 0.0}, {"spread": float("nan")}:
        with pytest.raises(ValueError, match=next(iter(wrong))):
            ram.Config(**wrong)
