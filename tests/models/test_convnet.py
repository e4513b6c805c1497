"""The convolutional network, apart from correct gradients."""

import numpy as np
import pytest

from minidraw import layers
from minidraw.models import convnet
from minidraw.models.interface import Batch

SIZE = {"height": 11, "width": 8, "classes": 5, "hidden": 6}
SIZE |= {"filters": 3, "filter_size": 4, "filter_stride": 2}


@pytest.fixture(params=[1, 3], ids=["grey", "colour"])
def config(request):
    return convnet.Config(channels=request.param, **SIZE)


def network(config, n=4, dtype=np.float64):
    """Return random weights, images and labels."""
    rng = np.random.default_rng(0)
    shapes = convnet.param_shapes(config).items()
    params = {name: (0.4 * rng.standard_normal(shape)).astype(dtype) for name, shape in shapes}
    x = rng.random((n, *config.image_shape)).astype(dtype)
    return params, Batch(x, rng.integers(0, config.classes, n)), None


def test_costs_are_those_of_loss_and_grads(config, ops):
    params, batch, noise = network(config)
    kept = {name: weight.copy() for name, weight in params.items()}
    costs = convnet.costs(params, batch, noise, config, ops)
    again, grads = convnet.loss_and_grads(params, batch, noise, config, ops)
    assert tuple(costs) == convnet.Measured.COLUMNS == ("nll", "error", "total")
    for name, cost in costs.items():
        np.testing.assert_array_equal(cost, again[name])
    shapes = {name: gradient.shape for name, gradient in grads.items()}
    assert shapes == convnet.param_shapes(config)
    assert all((params[name] == kept[name]).all() for name in params)
    likely = convnet.probabilities(params, batch.images, config, ops)
    np.testing.assert_allclose(likely.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(costs["nll"], -np.log(likely[range(4), batch.labels]), rtol=1e-9)
    assert convnet.noise_shape(config, 4) is None
    assert convnet.pictures(params, batch, noise, config, ops) == {}


@pytest.mark.parametrize("dtype, limit", [(np.float32, 1e-4), (np.float64, 1e-12)])
def test_layers_and_kernels_agree_and_keep_the_dtype(config, dtype, limit):
    from minidraw import kernels

    case = network(config, dtype=dtype)
    costs, grads = convnet.loss_and_grads(*case, config, layers)
    ours, our_grads = convnet.loss_and_grads(*case, config, kernels)
    pairs = [(ours[key], costs[key]) for key in costs]
    pairs += [(our_grads[name], grads[name]) for name in grads]
    for a, b in pairs:
        assert a.dtype == b.dtype == dtype
        assert np.abs(a - b).max() <= limit * max(1, np.abs(b).max())


def test_gradients_add_over_images(config, ops):
    params, (x, labels, _), _ = network(config)
    _, whole = convnet.loss_and_grads(params, Batch(x, labels), None, config, ops)
    _, first = convnet.loss_and_grads(params, Batch(x[:1], labels[:1]), None, config, ops)
    _, rest = convnet.loss_and_grads(params, Batch(x[1:], labels[1:]), None, config, ops)
    for name, gradient in whole.items():
        np.testing.assert_allclose(first[name] + rest[name], gradient, rtol=1e-9, atol=1e-11)


def test_parameter_table_at_the_default_size():
    """The default sizes: 8 filters of 10 x 10, stride 5, then 256 rectified units."""
    shapes = convnet.param_shapes(convnet.Config())
    assert shapes["filters.W"] == (100, 8) and shapes["label.W"] == (256, 10)
    assert shapes["hidden.W"] == (8 * 19 * 19, 256)


def test_initial_weights():
    config = convnet.Config(channels=3)
    params = convnet.init_params(config, np.random.default_rng(0))
    assert {name: w.shape for name, w in params.items()} == convnet.param_shapes(config)
    assert all(weight.dtype == np.float32 for weight in params.values())


@pytest.mark.parametrize("size", ["height", "channels", "filters", "filter_stride", "hidden"])
def test_sizes_of_zero_are_refused(size):
    with pytest.raises(ValueError, match=f"{size} must be at least 1"):
        convnet.Config(**{size: 0})


def test_too_few_classes_or_pixels_are_refused():
    with pytest.raises(ValueError, match="at least 2"):
        convnet.Config(classes=1)
    with pytest.raises(ValueError, match="images are 30 x 9 pixels; a filter needs at least 10"):
        convnet.Config(height=30, width=9)
