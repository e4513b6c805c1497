import math

import numpy as np
import pytest

from minidraw import layers


def logistic(a):
    return 1 / (1 + math.exp(-a))


def test_one_step_in_plain_loops():
    """The gate order is i, f, o, g."""
    rng = np.random.default_rng(0)
    n, H = 3, 4
    x, h_prev, c_prev = (rng.standard_normal((n, size)) for size in (2, H, H))
    W, b = rng.standard_normal((H + 2, 4 * H)), rng.standard_normal(4 * H)
    (h, c), _ = layers.lstm(x, h_prev, c_prev, W, b)
    for j in range(n):
        seen = [*h_prev[j], *x[j]]
        a = [sum(s * w for s, w in zip(seen, W[:, k], strict=True)) + b[k] for k in range(4 * H)]
        for k in range(H):
            i, f, o = (logistic(a[gate * H + k]) for gate in range(3))
            cell = f * c_prev[j, k] + i * math.tanh(a[3 * H + k])
            assert c[j, k] == pytest.approx(cell, rel=1e-12)
            assert h[j, k] == pytest.approx(o * math.tanh(cell), rel=1e-12)


def test_open_and_closed_gates(ops):
    """Closed input gates and open forget gates keep the cell; a closed output gate hides it."""
    H, c_prev = 2, np.array([[0.3, -2.0]])
    a = np.repeat([[-40.0, 40, -40, 0.5]], H, axis=1)
    (h, c), _ = ops.lstm_gates(a, c_prev)
    np.testing.assert_allclose(c, c_prev, rtol=1e-15)
    np.testing.assert_allclose(h, 0, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_finite_at_wild_inputs(ops, dtype):
    a = np.array(np.meshgrid(*[[-1e4, 0, 1e4]] * 4)).reshape(4, -1).T.astype(dtype)
    c_prev = np.ones((len(a), 1), dtype)
    (h, c), cache = ops.lstm_gates(a, c_prev)
    gradients = ops.lstm_gates_backward((np.ones_like(h), np.ones_like(c)), cache)
    for array in (h, c, *gradients):
        assert np.isfinite(array).all()


def test_out_receives_the_gradient(ops):
    rng = np.random.default_rng(0)
    _, cache = ops.lstm_gates(rng.standard_normal((3, 8)), rng.standard_normal((3, 2)))
    dout = rng.standard_normal((3, 2)), rng.standard_normal((3, 2))
    room = np.full((2, 3, 8), np.nan)
    da, dc_prev = ops.lstm_gates_backward(dout, cache, out=room[1])
    expected, expected_c = ops.lstm_gates_backward(dout, cache)
    assert np.shares_memory(da, room)
    np.testing.assert_array_equal(room[1], expected)
    np.testing.assert_array_equal(dc_prev, expected_c)
    assert np.isnan(room[0]).all()
