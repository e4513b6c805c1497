import numpy as np

from minidraw import layers


def test_by_hand():
    x, W, b = np.array([[1.0, 2]]), np.array([[1.0, 0, -1], [3, 1, 2]]), np.array([10.0, 20, 30])
    out, cache = layers.linear(x, W, b)
    np.testing.assert_array_equal(out, [[17, 22, 33]])
    dx, dW, db = layers.linear_backward(np.array([[1.0, 10, 100]]), cache)
    np.testing.assert_array_equal(dx, [[-99, 213]])
    np.testing.assert_array_equal(dW, [[1, 10, 100], [2, 20, 200]])
    np.testing.assert_array_equal(db, [1, 10, 100])


def test_weight_gradients_of_steps_are_one_product_over_all_stacked():
    rng = np.random.default_rng(0)
    x, dout = rng.standard_normal((4, 3, 5)), rng.standard_normal((4, 3, 2))
    whole = layers.linear_backward_weights(dout.reshape(12, 2), x.reshape(12, 5))
    parts = [layers.linear_backward_weights(d, step) for d, step in zip(dout, x, strict=True)]
    for stacked, summed in zip(whole, map(sum, zip(*parts, strict=True)), strict=True):
        np.testing.assert_allclose(stacked, summed, rtol=1e-12, atol=1e-14)
