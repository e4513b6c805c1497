"""Both networks written from the paper for autograd, with pixels and filters counted from 1."""

import autograd.numpy as np
import numpy
import pytest
from autograd import value_and_grad

from minidraw.models import classifier, draw
from minidraw.models.interface import Batch


def affine(p, name, v):
    return np.dot(v, p[name + ".W"]) + p[name + ".b"]


def logistic(v):
    return 1 / (1 + np.exp(-v))


def lstm_cell(p, name, inputs, cell):
    """Gers et al. 2000: input, forget and output gate, then the candidate."""
    i, f, o, g = np.array_split(affine(p, name, np.concatenate(inputs, axis=1)), 4, axis=1)
    cell = logistic(f) * cell + logistic(i) * np.tanh(g)
    return logistic(o) * np.tanh(cell), cell


def gaussians(g, delta, sigma2, N, length):
    """Return the filters of one axis, (batch, N, length) (eqs 19, 20, 25, 26)."""
    i, a = np.arange(1, N + 1), np.arange(1, length + 1)
    mu = g[:, None] + (i - N / 2 - 0.5)[None] * delta[:, None]
    F = np.exp(-((a[None, None] - mu[:, :, None]) ** 2) / (2 * sigma2[:, None, None]))
    return F / np.sum(F, axis=2, keepdims=True)


def attention(p, name, h_dec, A, B, N):
    """Return F_X, F_Y and gamma (eqs 21-26)."""
    g_x, g_y, log_sigma2, log_delta, log_gamma = affine(p, name, h_dec).T
    g_x, g_y = (A + 1) / 2 * (g_x + 1), (B + 1) / 2 * (g_y + 1)
    delta, sigma2 = (max(A, B) - 1) / (N - 1) * np.exp(log_delta), np.exp(log_sigma2)
    F_x, F_y = gaussians(g_x, delta, sigma2, N, A), gaussians(g_y, delta, sigma2, N, B)
    return F_x, F_y, np.exp(log_gamma)


def draw_cost(p, x, noise, read_size, write_size, labels=None):
    """Return L^x + L^z of a batch (eq 12); without attention the size is None."""
    n, C, B, A = x.shape
    rows = np.ones((n, 1))

    def initial(name):  # one for all images, or that of their class
        return rows * p[name] if labels is None else p[name][labels]

    h_enc, c_enc = initial("encoder.h_0"), initial("encoder.c_0")
    h_dec, c_dec = initial("decoder.h_0"), initial("decoder.c_0")
    canvas, latent_cost = np.ones((n, 1, 1, 1)) * p["canvas_0"], 0
    for eps in noise:
        looked_at = [x, x - logistic(canvas)]
        if read_size:
            F_x, F_y, gamma = attention(p, "read_window", h_dec, A, B, read_size)
            looked_at = [np.einsum("n,nib,ncba,nja->ncij", gamma, F_y, v, F_x) for v in looked_at]
        r = [np.reshape(v, (n, -1)) for v in looked_at]
        h_enc, c_enc = lstm_cell(p, "encoder", [h_enc, *r, h_dec], c_enc)
        mu, log_sigma = np.array_split(affine(p, "latent", h_enc), 2, axis=1)
        sigma = np.exp(log_sigma)
        latent_cost = latent_cost + 0.5 * np.sum(mu**2 + sigma**2 - np.log(sigma**2) - 1)
        h_dec, c_dec = lstm_cell(p, "decoder", [h_dec, mu + sigma * eps], c_dec)
        w = affine(p, "patch", h_dec)
        if write_size:
            F_x, F_y, gamma = attention(p, "write_window", h_dec, A, B, write_size)
            w = np.reshape(w, (n, C, write_size, write_size))
            w = np.einsum("n,nib,ncij,nja->ncba", 1 / gamma, F_y, w, F_x)
        canvas = canvas + np.reshape(w, x.shape)
    mean = logistic(canvas)
    return -np.sum(x * np.log(mean) + (1 - x) * np.log(1 - mean)) + latent_cost


@pytest.mark.parametrize("write", [True, False], ids=["write_window", "write_all"])
@pytest.mark.parametrize("read", [True, False], ids=["read_window", "read_all"])
@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
def test_cost_and_every_gradient(ops, channels, read, write):
    config = draw.Config(
        height=11,
        width=8,
        channels=channels,
        glimpses=4,
        hidden=7,
        latent=3,
        read_attention=read,
        write_attention=write,
        read_size=3,
        write_size=4,
    )
    rng = numpy.random.default_rng(0)
    params = {
        name: 0.3 * rng.standard_normal(shape) for name, shape in draw.param_shapes(config).items()
    }
    x, noise = rng.random((5, *config.image_shape)), rng.standard_normal((4, 5, 3))
    sizes = config.read_size if read else None, config.write_size if write else None
    expected, expected_grads = value_and_grad(draw_cost)(params, x, noise, *sizes)
    costs, grads = draw.loss_and_grads(params, Batch(x), noise, config, ops)
    assert costs["total"].sum() == pytest.approx(expected, rel=1e-9)
    assert_same(grads, expected_grads)


def test_conditional_cost_and_every_gradient(ops):
    """Each class starts from its own states; a class without images has gradient 0."""
    size = {"height": 9, "width": 6, "glimpses": 3, "hidden": 5, "latent": 2}
    config = draw.Config(**size, read_size=3, write_size=4, classes=4)
    rng = numpy.random.default_rng(1)
    params = {
        name: 0.3 * rng.standard_normal(shape) for name, shape in draw.param_shapes(config).items()
    }
    labels = numpy.array([3, 1, 3, 0, 1])
    x, noise = rng.random((5, *config.image_shape)), rng.standard_normal((3, 5, 2))
    expected, expected_grads = value_and_grad(draw_cost)(params, x, noise, 3, 4, labels)
    costs, grads = draw.loss_and_grads(params, Batch(x, labels), noise, config, ops)
    assert costs["total"].sum() == pytest.approx(expected, rel=1e-9)
    assert_same(grads, expected_grads)
    assert not grads["decoder.h_0"][2].any() and grads["decoder.h_0"][[0, 1, 3]].any(axis=1).all()


def assert_same(grads, expected_grads):
    assert grads.keys() == expected_grads.keys()
    for name, gradient in grads.items():
        largest = numpy.abs(expected_grads[name]).max()
        assert largest > 0
        assert numpy.abs(gradient - expected_grads[name]).max() < 1e-9 * largest, name


def classifier_cost(p, x, labels, T, N):
    """Return the cross-entropy after T glimpses of the image (section 4.1)."""
    n, C, B, A = x.shape
    rows = np.ones((n, 1))
    h, c = rows * p["lstm.h_0"], rows * p["lstm.c_0"]
    for _ in range(T):
        F_x, F_y, gamma = attention(p, "window", h, A, B, N)
        r = np.einsum("n,nib,ncba,nja->ncij", gamma, F_y, x, F_x)
        h, c = lstm_cell(p, "lstm", [h, np.reshape(r, (n, -1))], c)
    scores = np.exp(affine(p, "label", h))
    probabilities = scores / np.sum(scores, axis=1, keepdims=True)
    return -np.sum(np.log(probabilities[range(n), labels]))


@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
@pytest.mark.parametrize("T", [1, 4])
def test_the_classifiers_cost_and_every_gradient(ops, channels, T):
    size = {"height": 11, "width": 8, "channels": channels, "classes": 6}
    config = classifier.Config(**size, glimpses=T, hidden=7, read_size=3)
    rng = numpy.random.default_rng(0)
    params = {
        name: 0.3 * rng.standard_normal(shape)
        for name, shape in classifier.param_shapes(config).items()
    }
    x, labels = rng.random((5, *config.image_shape)), numpy.array([5, 0, 3, 3, 1])
    expected, expected_grads = value_and_grad(classifier_cost)(params, x, labels, T, 3)
    costs, grads = classifier.loss_and_grads(params, Batch(x, labels), None, config, ops)
    assert costs["total"].sum() == pytest.approx(expected, rel=1e-9)
    assert_same(grads, expected_grads)
