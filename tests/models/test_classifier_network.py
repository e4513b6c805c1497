"""The classifier, apart from correct gradients."""

import numpy as np
import pytest

from minidraw import layers
from minidraw.models import classifier
from minidraw.models.classifier.costs import ErrorRate
from minidraw.models.interface import Batch

SIZE = {"height": 11, "width": 8, "classes": 5, "glimpses": 3, "hidden": 6, "read_size": 3}


@pytest.fixture(params=[1, 3], ids=["grey", "colour"])
def config(request):
    return classifier.Config(channels=request.param, **SIZE)


def network(config, n=4, dtype=np.float64):
    """Return random weights, images and labels."""
    rng = np.random.default_rng(0)
    shapes = classifier.param_shapes(config).items()
    params = {name: (0.4 * rng.standard_normal(shape)).astype(dtype) for name, shape in shapes}
    x = rng.random((n, *config.image_shape)).astype(dtype)
    return params, Batch(x, rng.integers(0, config.classes, n)), None


def test_costs_are_those_of_loss_and_grads(config, ops):
    params, batch, noise = network(config)
    costs = classifier.costs(params, batch, noise, config, ops)
    again, grads = classifier.loss_and_grads(params, batch, noise, config, ops)
    assert tuple(costs) == classifier.Measured.COLUMNS == ("nll", "error", "total")
    for name, cost in costs.items():
        assert cost.shape == (4,)
        np.testing.assert_array_equal(cost, again[name])
    np.testing.assert_array_equal(costs["total"], costs["nll"])
    shapes = {name: gradient.shape for name, gradient in grads.items()}
    assert shapes == classifier.param_shapes(config)
    assert classifier.noise_shape(config, 4) is None


def test_an_error_is_a_wrong_most_probable_class(config, ops):
    params, batch, noise = network(config, n=40)
    logits = np.log(classifier.scanpath(params, batch.images, config, ops).probabilities)
    costs = classifier.costs(params, batch, noise, config, ops)
    np.testing.assert_array_equal(costs["error"], logits.argmax(axis=1) != batch.labels)
    assert 0 < costs["error"].mean() < 1
    np.testing.assert_allclose(costs["nll"], -logits[np.arange(40), batch.labels], rtol=1e-9)
    assert (costs["nll"][costs["error"] == 1] > np.log(2)).all()


def test_equal_probabilities_cost_the_logarithm_of_the_number_of_classes(config, ops):
    params, batch, noise = network(config)
    params["label.W"][:], params["label.b"][:] = 0, 0
    costs = classifier.costs(params, batch, noise, config, ops)
    np.testing.assert_allclose(costs["nll"], np.log(5), rtol=1e-12)


def test_inputs_are_not_changed(config, ops):
    params, batch, noise = network(config)
    kept = {name: weight.copy() for name, weight in params.items()}
    x, labels = batch.images.copy(), batch.labels.copy()
    classifier.loss_and_grads(params, batch, noise, config, ops)
    classifier.scanpath(params, batch.images, config, ops)
    np.testing.assert_array_equal(batch.images, x)
    np.testing.assert_array_equal(batch.labels, labels)
    for name, weight in params.items():
        np.testing.assert_array_equal(weight, kept[name])


def test_a_batch_does_not_depend_on_the_batch_before(config, ops):
    params, batch, noise = network(config)
    first = classifier.costs(params, batch, noise, config, ops)
    classifier.costs(params, Batch(1 - batch.images, batch.labels), noise, config, ops)
    again = classifier.costs(params, batch, noise, config, ops)
    np.testing.assert_array_equal(first["nll"], again["nll"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(config, ops, dtype):
    params, batch, noise = network(config, dtype=dtype)
    costs, grads = classifier.loss_and_grads(params, batch, noise, config, ops)
    scanpath = classifier.scanpath(params, batch.images, config, ops)
    for array in (*costs.values(), *grads.values(), scanpath.glimpses, *scanpath.window):
        assert array.dtype == dtype


@pytest.mark.parametrize("dtype, limit", [(np.float32, 1e-4), (np.float64, 1e-12)])
def test_layers_and_kernels_agree(config, dtype, limit):
    from minidraw import kernels

    case = network(config, dtype=dtype)
    costs, grads = classifier.loss_and_grads(*case, config, layers)
    ours, our_grads = classifier.loss_and_grads(*case, config, kernels)
    pairs = [(ours[key], costs[key]) for key in costs]
    pairs += [(our_grads[name], grads[name]) for name in grads]
    for a, b in pairs:
        assert np.abs(a - b).max() <= limit * max(1, np.abs(b).max())


def test_gradients_add_over_images(config, ops):
    params, (x, labels, _), noise = network(config)
    _, whole = classifier.loss_and_grads(params, Batch(x, labels), noise, config, ops)
    _, first = classifier.loss_and_grads(params, Batch(x[:1], labels[:1]), noise, config, ops)
    _, rest = classifier.loss_and_grads(params, Batch(x[1:], labels[1:]), noise, config, ops)
    for name, gradient in whole.items():
        np.testing.assert_allclose(first[name] + rest[name], gradient, rtol=1e-9, atol=1e-11)


def test_glimpses_are_the_image_read_through_the_windows(config, ops):
    params, batch, _ = network(config)
    scanpath = classifier.scanpath(params, batch.images, config, ops)
    assert scanpath.glimpses.shape == (3, 4, config.channels, 3, 3) and scanpath.read_size == 3
    np.testing.assert_allclose(scanpath.probabilities.sum(axis=1), 1, rtol=1e-12)
    x, y, stride, var, gamma = scanpath.window
    for t in range(3):
        F_y, _ = layers.filterbank(y[t], stride[t], var[t], K=3, A=11)
        F_x, _ = layers.filterbank(x[t], stride[t], var[t], K=3, A=8)
        patches, _ = layers.read_image(F_y, F_x, gamma[t], x=batch.images)
        np.testing.assert_allclose(scanpath.glimpses[t], patches, rtol=1e-10)


def test_the_first_window_is_learned_and_later_ones_depend_on_the_glimpses(config, ops):
    params, batch, _ = network(config)
    x, *_ = classifier.scanpath(params, batch.images, config, ops).window
    assert (x[0] == x[0, 0]).all() and len(set(x[1])) == len(set(x[2])) == 4
    theta = params["lstm.h_0"] @ params["window.W"] + params["window.b"]
    first, _ = layers.window(theta[None], height=11, width=8, K=3)
    np.testing.assert_allclose(x[0], first[0][0], rtol=1e-12)
    other = batch.images.copy()
    other[1] = 1 - other[1]
    moved, *_ = classifier.scanpath(params, other, config, ops).window
    np.testing.assert_array_equal((moved != x).any(axis=0), [False, True, False, False])


@pytest.mark.parametrize("height, width", [(100, 100), (60, 100)])
def test_the_first_windows_cover_the_whole_image(height, width):
    config = classifier.Config(height=height, width=width)
    params = classifier.init_params(config, np.random.default_rng(0), np.float64)
    x = np.random.default_rng(1).random((3, *config.image_shape))
    center_x, center_y, stride, var, _ = classifier.scanpath(params, x, config, layers).window
    np.testing.assert_allclose(center_x[0], (width - 1) / 2, rtol=1e-12)
    np.testing.assert_allclose(center_y[0], (height - 1) / 2, rtol=1e-12)
    np.testing.assert_allclose(11 * stride[0], 99, rtol=1e-12)  # from edge to edge
    np.testing.assert_allclose(np.sqrt(var[0]), stride[0] / 2, rtol=1e-12)  # and overlapping
    assert np.abs(center_x / width - 0.5).max() < 0.1  # and later ones start nearby


def test_initial_weights():
    config = classifier.Config(channels=3, hidden=64)
    params = classifier.init_params(config, np.random.default_rng(0))
    assert {name: w.shape for name, w in params.items()} == classifier.param_shapes(config)
    assert all(weight.dtype == np.float32 for weight in params.values())
    again = classifier.init_params(config, np.random.default_rng(0))
    assert all((params[name] == again[name]).all() for name in params)
    np.testing.assert_array_equal(params["lstm.b"].reshape(4, -1)[1], 1)
    np.testing.assert_array_equal(params["lstm.b"].reshape(4, -1)[[0, 2, 3]], 0)


def test_parameter_table_at_the_papers_size():
    config = classifier.Config()
    assert config.image_shape == (1, 100, 100) and config.glimpses == 8
    shapes = classifier.param_shapes(config)
    assert shapes["lstm.W"] == (256 + 144, 1024) and shapes["lstm.b"] == (1024,)
    assert shapes["window.W"] == (256, 5) and shapes["label.W"] == (256, 10)
    assert shapes == classifier.param_shapes(classifier.Config(glimpses=4))


@pytest.mark.parametrize("size", ["height", "width", "channels", "glimpses", "hidden"])
def test_sizes_of_zero_are_refused(size):
    with pytest.raises(ValueError, match=f"{size} must be at least 1"):
        classifier.Config(**{size: 0})


def test_too_few_classes_or_filters_are_refused():
    with pytest.raises(ValueError, match="at least 2"):
        classifier.Config(classes=1)
    with pytest.raises(ValueError, match="read_size must be at least 2, got 1: eq 24"):
        classifier.Config(read_size=1)


def test_error_rate_as_text():
    errors = np.zeros((1, 400))
    errors[0, :10] = 1
    found = ErrorRate.of({"nll": np.full((1, 400), 0.125), "error": errors}, "scenes, test")
    assert (found.nll, found.error, found.total, found.images) == (0.125, 0.025, 0.125, 400)
    expected = np.sqrt(0.025 * 0.975 / 399)  # of a share
    assert found.standard_error == pytest.approx(expected)
    assert str(found) == (
        "2.50 % (standard error 0.78), cross-entropy 0.1250 nats, 400 images, scenes, test"
    )
    assert ErrorRate.progress({"nll": 1.23456, "error": 0.55}) == "55 % wrong, 1.235 nats"
