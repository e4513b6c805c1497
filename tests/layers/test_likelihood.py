import numpy as np
import pytest

from minidraw import layers
from minidraw.layers.likelihood import bernoulli_floor


def test_cost_is_minus_the_log_probability():
    rng = np.random.default_rng(0)
    logits, x = rng.standard_normal((4, 2, 5, 3)), rng.random((4, 2, 5, 3))
    p = 1 / (1 + np.exp(-logits))
    expected = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=(1, 2, 3))
    nll, _ = layers.bernoulli_cost(logits, x=x)
    np.testing.assert_allclose(nll, expected, rtol=1e-12)


def test_logits_of_zero_cost_ln_2_a_pixel():
    nll, _ = layers.bernoulli_cost(np.zeros((2, 1, 5, 3)), x=np.ones((2, 1, 5, 3)))
    np.testing.assert_allclose(nll, 15 * np.log(2), rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid(dtype):
    a = np.array([-1e4, -1000, -3, 0, 3, 1000, 1e4], dtype)
    s = layers.sigmoid(a)
    assert s.dtype == dtype and np.isfinite(s).all()
    assert s[0] == 0 and s[3] == 0.5 and s[-1] == 1
    np.testing.assert_allclose(s + layers.sigmoid(-a), 1, rtol=1e-6)
    np.testing.assert_allclose(s[2], 1 / (1 + np.exp(3.0)), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_logits_cost_the_logarithm_of_the_number_of_classes(dtype):
    for level in 0, 3, -1e4, 1e4:
        logits = np.full((2, 10), level, dtype)
        nll, _ = layers.softmax_cross_entropy(logits, targets=np.eye(10, dtype=dtype)[[3, 9]])
        np.testing.assert_allclose(nll, np.log(10), rtol=1e-6)
        np.testing.assert_allclose(layers.softmax(logits), 0.1, rtol=1e-6)


def test_cross_entropy_is_minus_the_log_probability_of_the_right_class():
    rng = np.random.default_rng(0)
    logits, labels = rng.standard_normal((5, 4)), np.array([3, 0, 1, 1, 2])
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    nll, cache = layers.softmax_cross_entropy(logits, targets=np.eye(4)[labels])
    np.testing.assert_allclose(nll, -np.log(p[range(5), labels]), rtol=1e-12)
    dlogits = layers.softmax_cross_entropy_backward(np.ones(5), cache)
    np.testing.assert_allclose(dlogits.sum(axis=1), 0, atol=1e-15)
    np.testing.assert_allclose(dlogits + np.eye(4)[labels], p, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_of_huge_logits_is_finite(dtype):
    """The cost of an improbable class is its distance from the largest logit."""
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0], [1e30, -1e30, 0]], dtype)
    nll, cache = layers.softmax_cross_entropy(logits, targets=np.eye(3, dtype=dtype)[[0, 0, 1]])
    np.testing.assert_allclose(nll, [0, 2e4, 2e30], rtol=1e-6)
    dlogits = layers.softmax_cross_entropy_backward(np.ones(3, dtype), cache)
    np.testing.assert_array_equal(dlogits, [[0, 0, 0], [-1, 1, 0], [1, -1, 0]])


def test_targets_may_be_probabilities():
    logits, targets = np.random.default_rng(0).standard_normal((2, 3)), np.array([[0.2, 0.3, 0.5]])
    sure = [layers.softmax_cross_entropy(logits, targets=np.eye(3)[[k, k]])[0] for k in range(3)]
    nll, _ = layers.softmax_cross_entropy(logits, targets=targets)
    np.testing.assert_allclose(nll, 0.2 * sure[0] + 0.3 * sure[1] + 0.5 * sure[2], rtol=1e-12)


def test_no_probabilities_cost_less_than_the_grey_levels():
    rng = np.random.default_rng(3)
    x = rng.integers(0, 5, (6, 2, 3, 4)) / 4  # with black and white
    floor = bernoulli_floor(x)
    assert floor.dtype == np.float64 and floor[0] == pytest.approx(
        sum(-v * np.log(v) - (1 - v) * np.log(1 - v) for v in x[0].flat if 0 < v < 1)
    )
    best = np.log(x.clip(1e-12) / (1 - x).clip(1e-12))
    for step in (-0.1, 0.0, 0.1):
        cost, _ = layers.bernoulli_cost(best + step, x=x)
        assert np.allclose(cost, floor) if step == 0 else (cost > floor + 0.01).all()
    assert np.array_equal(bernoulli_floor(np.round(x)), np.zeros(6))  # black and white
