import numpy as np
import pytest

CONSTANTS = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "decay": 0.5}


@pytest.mark.parametrize("size", [1, 5, 40_000])
def test_matches_the_papers_algorithm(ops, size):
    """Three steps of algorithm 1 of Kingma and Ba, with both means corrected for bias."""
    rng = np.random.default_rng(0)
    weights, average = rng.standard_normal(size), np.zeros(size)
    mean, square = np.zeros(size), np.zeros(size)
    w, m, v, a = weights.copy(), mean.copy(), square.copy(), average.copy()
    for step in 1, 2, 3:
        g = rng.standard_normal(size)
        kept = g.copy()
        ops.adam_update(weights, mean, square, average, g, rate=0.01, step=step, **CONSTANTS)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        w = w - 0.01 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        a = 0.5 * a + 0.5 * w
        np.testing.assert_array_equal(g, kept)
    for ours, theirs in zip((weights, mean, square, average), (w, m, v, a), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_first_step_moves_each_weight_by_the_rate(ops):
    weights, mean, square, average = np.zeros((4, 3))
    grad = np.array([1e-3, -5, 200.0])
    ops.adam_update(weights, mean, square, average, grad, rate=0.1, step=1, **CONSTANTS)
    np.testing.assert_allclose(weights, [-0.1, 0.1, -0.1], rtol=1e-4)
