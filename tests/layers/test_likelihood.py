import numpy as np
import pytest

from minidraw import layers


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
