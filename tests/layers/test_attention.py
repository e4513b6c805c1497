import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minidraw import kernels, layers

numbers = st.floats(-2, 2)
sizes = st.integers(2, 9)


def test_theta_of_zeros_is_the_whole_image():
    (center_x, center_y, stride, var, gamma), _ = layers.window(
        np.zeros((2, 5)), height=75, width=100, K=12
    )
    np.testing.assert_array_equal(center_x, 49.5)
    np.testing.assert_array_equal(center_y, 37)
    np.testing.assert_array_equal(stride, 9)  # 99 pixels in 11 strides
    np.testing.assert_array_equal((var, gamma), 1)


def test_centers_of_one_lie_a_pixel_outside():
    """The paper's centers run from 0 to A + 1, which is -1 to A with pixels counted from 0."""
    theta = np.array([[1.0, -1, 0, 0, 0]])
    (center_x, center_y, *_), _ = layers.window(theta, height=7, width=5, K=2)
    assert (center_x, center_y) == (5, -1)


def test_logarithms_are_clipped_and_pass_no_gradient_there():
    theta = np.full((2, 5), 0.1)
    theta[0, 2:], theta[1, 2:] = 12.5, -12.5
    (_, _, stride, var, gamma), cache = layers.window(theta, height=4, width=3, K=4)
    np.testing.assert_allclose(np.stack([stride, var, gamma]), [np.exp([12, -12])] * 3)
    dtheta = layers.window_backward([np.ones(2)] * 5, cache)
    np.testing.assert_array_equal(dtheta, [[2, 2.5, 0, 0, 0]] * 2)


@pytest.mark.parametrize("limit", [-12.5, 12.5])
def test_gradient_is_zero_where_a_logarithm_is_clipped(ops, limit):
    rng, theta = np.random.default_rng(0), np.zeros((3, 5))
    theta[np.arange(3), np.arange(2, 5)] = limit  # one of the three in each image
    x, patch = rng.random((3, 1, 7, 5)), rng.standard_normal((3, 9))
    glimpse, read_cache = ops.read_attention(np.zeros_like(x), theta, x=x, K=3)
    out, write_cache = ops.write_attention(patch, theta, height=7, width=5, K=3)
    _, read_dtheta = ops.read_attention_backward(rng.standard_normal(glimpse.shape), read_cache)
    _, write_dtheta = ops.write_attention_backward(rng.standard_normal(out.shape), write_cache)
    for dtheta in read_dtheta, write_dtheta:
        clipped = theta[:, 2:] == limit
        np.testing.assert_array_equal(dtheta[:, 2:][clipped], 0)
        assert (dtheta[2, :2] != 0).all() and (dtheta[2, 2:4] != 0).all()


def test_one_filter_is_refused_with_the_reason(ops):
    theta, x = np.zeros((2, 5)), np.zeros((2, 1, 5, 4))
    size = {"height": 5, "width": 4, "K": 1}
    for call in (
        lambda: ops.window(theta, **size),
        lambda: ops.read_attention(x, theta, x=x, K=1),
        lambda: ops.read_image_attention(theta, x=x, K=1),
        lambda: ops.write_attention(np.zeros((2, 1)), theta, **size),
    ):
        with pytest.raises(ValueError, match="eq 24 divides by K - 1"):
            call()


def test_filters_match_eq_25_in_plain_loops():
    """Here pixels and filters are counted from 1, as in the paper."""
    center, stride, var, K, A = 2.3, 1.7, 0.6, 3, 6
    F, _ = layers.filterbank(*(np.array([value]) for value in (center, stride, var)), K=K, A=A)
    for i in range(1, K + 1):
        mu = (center + 1) + (i - K / 2 - 0.5) * stride
        row = [np.exp(-((a - mu) ** 2) / (2 * var)) for a in range(1, A + 1)]
        np.testing.assert_allclose(F[0, i - 1], np.array(row) / sum(row), rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(center=st.floats(-1e4, 1e4), stride=st.floats(1e-3, 1e4), var=st.floats(1e-5, 1e5), K=sizes)
def test_rows_sum_to_one_anywhere(center, stride, var, K):
    F, _ = layers.filterbank(*(np.array([value]) for value in (center, stride, var)), K=K, A=7)
    np.testing.assert_allclose(F.sum(axis=2), 1, rtol=1e-12)
    assert (F >= 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_sum_to_one_anywhere_in_either_twin(ops, dtype):
    rng = np.random.default_rng(0)
    theta = (rng.standard_normal((500, 5)) * [30, 30, 6, 6, 1]).astype(dtype)
    x = np.zeros((500, 1, 7, 5), dtype)
    for _, cache in (
        ops.read_attention(x, theta, x=x, K=4),
        ops.write_attention(np.ones((500, 16), dtype), theta, height=7, width=5, K=4),
    ):
        for F in (cache.F_y, cache.F_x):
            np.testing.assert_allclose(F.sum(axis=2), 1, atol=8 * np.finfo(dtype).eps)


@settings(max_examples=30, deadline=None)
@given(
    theta=st.tuples(*[numbers] * 5),
    C=st.sampled_from([1, 3]),
    B=sizes,
    A=sizes,
    K=sizes,
    seed=st.integers(0, 99),
)
def test_write_is_the_adjoint_of_read(theta, C, B, A, K, seed):
    """<read(x), patch> = gamma^2 <x, write(patch)> through the same window."""
    rng = np.random.default_rng(seed)
    theta, x = np.array([theta]), rng.random((1, C, B, A))
    patch = rng.standard_normal((1, C * K * K))
    for ops in layers, kernels:
        glimpse, _ = ops.read_attention(np.zeros_like(x), theta, x=x, K=K)
        out, _ = ops.write_attention(patch, theta, height=B, width=A, K=K)
        image_part, gamma = glimpse[:, : C * K * K], np.exp(theta[0, 4])
        left, right = (image_part * patch).sum(), gamma**2 * (x * out).sum()
        assert abs(left - right) < 1e-12 * max(1, abs(image_part * patch).sum())


def test_error_image_is_read_beside_the_image(ops):
    rng = np.random.default_rng(0)
    x, canvas = rng.random((2, 3, 6, 5)), rng.standard_normal((2, 3, 6, 5))
    theta = 0.3 * rng.standard_normal((2, 5))
    glimpse, _ = ops.read_attention(canvas, theta, x=x, K=3)
    of_error, _ = ops.read_attention(canvas, theta, x=x - ops.sigmoid(canvas), K=3)
    glimpse, of_error = (g.reshape(2, 2, 3, 3, 3) for g in (glimpse, of_error))
    np.testing.assert_allclose(glimpse[:, 1], of_error[:, 0], rtol=1e-12)


def test_one_image_is_read_as_together_with_an_error_image(ops):
    """Some windows are so sharp that most filters are 0 at most pixels."""
    rng = np.random.default_rng(0)
    x, theta = rng.random((6, 3, 9, 14)), 0.3 * rng.standard_normal((6, 5))
    theta[2:, 2], theta[4:, 3] = -3, -2
    glimpse, cache = ops.read_image_attention(theta, x=x, K=4)
    both, both_cache = ops.read_attention(np.zeros_like(x), theta, x=x, K=4)
    np.testing.assert_allclose(glimpse, both[:, :48], rtol=1e-12)
    d = rng.standard_normal(glimpse.shape)
    _, dtheta = ops.read_attention_backward(np.concatenate([d, 0 * d], axis=1), both_cache)
    ours = ops.read_image_attention_backward(d, cache)
    np.testing.assert_allclose(ours, dtheta, rtol=1e-9, atol=1e-9)


def test_a_sharp_window_of_stride_1_reads_the_image_itself(ops):
    x = np.random.default_rng(0).random((2, 1, 7, 7))
    theta = np.tile([0.0, 0, -6, 0, np.log(2)], (2, 1))
    glimpse, _ = ops.read_image_attention(theta, x=x, K=7)
    np.testing.assert_allclose(glimpse, 2 * x.reshape(2, -1), rtol=1e-12)


def test_reading_without_attention_is_the_image_and_its_error(ops):
    rng = np.random.default_rng(0)
    x, canvas = rng.random((2, 3, 6, 5)), rng.standard_normal((2, 3, 6, 5))
    glimpse, _ = ops.read_full(canvas, x=x)
    both = np.concatenate([x.reshape(2, -1), (x - ops.sigmoid(canvas)).reshape(2, -1)], axis=1)
    np.testing.assert_allclose(glimpse, both, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("size", [1e2, 1e4])
def test_float32_stays_finite_at_wild_windows(ops, size):
    """Outputs and gradients, for every combination of signs of the five numbers of theta."""
    signs = np.array(np.meshgrid(*[[-1, 0, 1]] * 5)).reshape(5, -1).T
    rng, n = np.random.default_rng(0), len(signs)
    theta = (signs * size).astype(np.float32)
    x = rng.random((n, 2, 7, 5)).astype(np.float32)
    canvas = rng.standard_normal(x.shape).astype(np.float32)
    glimpse, read_cache = ops.read_attention(canvas, theta, x=x, K=3)
    patch = rng.standard_normal((n, 18)).astype(np.float32)
    out, write_cache = ops.write_attention(patch, theta, height=7, width=5, K=3)
    one, one_cache = ops.read_image_attention(theta, x=x, K=3)
    gradients = (
        ops.read_image_attention_backward(rng.standard_normal(one.shape).astype("f4"), one_cache),
        *ops.read_attention_backward(rng.standard_normal(glimpse.shape).astype("f4"), read_cache),
        *ops.write_attention_backward(rng.standard_normal(out.shape).astype("f4"), write_cache),
    )
    for array in (glimpse, out, one, *gradients):
        assert np.isfinite(array).all()
