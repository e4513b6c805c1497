"""The models beside DRAW written out for autograd, and the lines whose loss a check must notice."""

import importlib.util
import inspect
import types
from pathlib import Path

import autograd.numpy as np
import numpy
import pytest
from autograd import value_and_grad

from minidraw import gradcheck, gradcheck_cases, layers
from minidraw.models import convnet, gan, ram, vae
from minidraw.models.interface import Batch

CASES = {name: case for name, *case in gradcheck.model_cases(numpy.random.default_rng(0))}


def affine(p, name, v):
    return np.dot(v, p[name + ".W"]) + p[name + ".b"]


def random_params(model, config, rng):
    shapes = model.param_shapes(config).items()
    return {name: 0.3 * rng.standard_normal(shape) for name, shape in shapes}


def assert_same(grads, expected_grads):
    assert grads.keys() == expected_grads.keys()
    for name, gradient in grads.items():
        largest = numpy.abs(expected_grads[name]).max()
        assert largest > 0
        assert numpy.abs(gradient - expected_grads[name]).max() < 1e-9 * largest, name


def vae_cost(p, x, noise):
    """Return the bound of Kingma and Welling 2014, appendix B and C."""
    v = np.reshape(x, (len(x), -1))
    h = np.tanh(affine(p, "encoder_2", np.tanh(affine(p, "encoder_1", v))))
    mu, log_sigma = np.array_split(affine(p, "latent", h), 2, axis=1)
    z = mu + np.exp(log_sigma) * noise[0]
    latent_cost = -0.5 * np.sum(1 + 2 * log_sigma - mu**2 - np.exp(2 * log_sigma))
    h = np.tanh(affine(p, "decoder_2", np.tanh(affine(p, "decoder_1", z))))
    mean = 1 / (1 + np.exp(-affine(p, "painting", h)))
    return latent_cost - np.sum(v * np.log(mean) + (1 - v) * np.log(1 - mean))


@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
def test_the_vaes_cost_and_every_gradient(ops, channels):
    config = vae.Config(height=11, width=8, channels=channels, hidden=7, latent=3)
    rng = numpy.random.default_rng(0)
    params = random_params(vae, config, rng)
    x, noise = rng.random((5, *config.image_shape)), rng.standard_normal((1, 5, 3))
    expected, expected_grads = value_and_grad(vae_cost)(params, x, noise)
    costs, grads = vae.loss_and_grads(params, Batch(x), noise, config, ops)
    assert costs["total"].sum() == pytest.approx(expected, rel=1e-9)
    assert_same(grads, expected_grads)


def convnet_cost(p, x, labels, size, stride):
    """Return the cross-entropy; the filters move over the image in two loops."""
    n, C, B, A = x.shape
    filters = np.reshape(p["filters.W"], (C, size, size, -1))
    rows = [
        [
            np.einsum("ncij,cijf->nf", x[:, :, i : i + size, j : j + size], filters)
            for j in range(0, A - size + 1, stride)
        ]
        for i in range(0, B - size + 1, stride)
    ]
    features = np.maximum(np.array(rows) + p["filters.b"], 0)  # (R, Q, n, F)
    v = np.reshape(np.transpose(features, (2, 3, 0, 1)), (n, -1))
    scores = np.exp(affine(p, "label", np.maximum(affine(p, "hidden", v), 0)))
    probabilities = scores / np.sum(scores, axis=1, keepdims=True)
    return -np.sum(np.log(probabilities[range(n), labels]))


@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
def test_the_convolutional_networks_cost_and_every_gradient(ops, channels):
    sizes = {"filters": 3, "filter_size": 4, "filter_stride": 2, "hidden": 7}
    config = convnet.Config(height=11, width=8, channels=channels, classes=6, **sizes)
    rng = numpy.random.default_rng(0)
    params = random_params(convnet, config, rng)
    x, labels = rng.random((5, *config.image_shape)), numpy.array([5, 0, 3, 3, 1])
    expected, expected_grads = value_and_grad(convnet_cost)(params, x, labels, 4, 2)
    costs, grads = convnet.loss_and_grads(params, Batch(x, labels), None, config, ops)
    assert costs["total"].sum() == pytest.approx(expected, rel=1e-9)
    assert_same(grads, expected_grads)


def ram_cost(p, x, labels, places, rewards, baselines, h_seen, all_weights, N, scales, spread):
    """Return the function whose slope REINFORCE takes: all arguments from `places` on are fixed."""
    T = len(places)
    n, C, B, A = x.shape
    rows, total = np.ones((n, 1)), 0
    h, c = rows * p["lstm.h_0"], rows * p["lstm.c_0"]
    offset = np.arange(1, N + 1) - N / 2 - 0.5
    for t in range(T):
        mean = np.tanh(affine(p, "place", h if all_weights else h_seen[t]))
        density = np.exp(-((places[t] - mean) ** 2) / (2 * spread**2))
        log_density = np.sum(np.log(density / np.sqrt(2 * np.pi * spread**2)), axis=1)
        total = total - np.sum((rewards - baselines[t]) * log_density)
        total = total + 0.5 * np.sum((affine(p, "baseline", h_seen[t])[:, 0] + rewards) ** 2)
        centre_x, centre_y = (A + 1) / 2 * (places[t].T[0] + 1), (B + 1) / 2 * (places[t].T[1] + 1)
        read = []
        for k in range(scales):
            filters = []
            for centre, length in ((centre_y, B), (centre_x, A)):
                mu = centre[:, None] + offset * 2**k
                a = np.arange(1, length + 1)
                F = np.exp(-((a - mu[:, :, None]) ** 2) / (2 * (2**k / 2) ** 2))
                filters.append(F / np.sum(F, axis=2, keepdims=True))
            r = np.einsum("nib,ncba,nja->ncij", filters[0], x, filters[1])
            read.append(np.reshape(r, (n, -1)))
        gates = affine(p, "lstm", np.concatenate([h, *read, places[t]], axis=1))
        i, f, o, g = np.array_split(gates, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-v)) for v in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
    scores = np.exp(affine(p, "label", h))
    probabilities = scores / np.sum(scores, axis=1, keepdims=True)
    return total - np.sum(np.log(probabilities[range(n), labels]))


@pytest.mark.parametrize("all_weights", [True, False], ids=["all weights", "only the places'"])
@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
def test_every_gradient_of_the_attention_model_with_places_and_rewards_fixed(
    ops, channels, all_weights
):
    sizes = {"glimpses": 4, "hidden": 7, "read_size": 3, "scales": 2, "spread": 0.2}
    sizes |= {"reinforce_lstm": all_weights}
    config = ram.Config(height=11, width=8, channels=channels, classes=6, **sizes)
    rng = numpy.random.default_rng(0)
    params = random_params(ram, config, rng)
    batch = Batch(rng.random((5, *config.image_shape)), numpy.array([5, 0, 3, 3, 1]))
    noise = rng.standard_normal((4, 5, 2))
    costs, grads = ram.loss_and_grads(params, batch, noise, config, ops)
    _, (seen, _, _) = ram.network.forward(params, batch.images, noise, config, ops)
    h, places = seen[:-1, :, :7], seen[:-1, :, -2:]
    baselines = -(h @ params["baseline.W"] + params["baseline.b"])[..., 0]  # of the reward
    fixed = places, -costs["nll"], baselines, h, all_weights, 3, 2, 0.2
    _, expected = value_and_grad(ram_cost)(params, batch.images, batch.labels, *fixed)
    assert_same(grads, expected)


def leaky(v):
    return np.where(v > 0, v, 0.2 * v)


def critic_probability(p, v, noise):
    """Return the probability, as the critic sees it, that a picture is an image."""
    h = leaky(affine(p, "critic.2", leaky(affine(p, "critic.1", 2 * v - 1 + noise / 2))))
    return 1 / (1 + np.exp(-affine(p, "critic.logit", h)))


def paint(p, z):
    h = leaky(affine(p, "generator.2", leaky(affine(p, "generator.1", z))))
    return 1 / (1 + np.exp(-affine(p, "generator.painting", h)))


def critic_cost(p, x, z, noise):
    """Return the critic's cost: algorithm 1 of Goodfellow et al. 2014, to be lowered."""
    pictures = np.reshape(x, (len(x), -1)), paint(p, z)
    real, fake = (critic_probability(p, v, noise) for v in pictures)
    return -np.sum(np.log(real) + np.log(1 - fake))


def generator_cost(p, x, z, noise):
    return -np.sum(np.log(critic_probability(p, paint(p, z), noise)))


@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
def test_the_gans_two_costs_and_the_gradient_of_each(ops, channels):
    config = gan.Config(height=11, width=8, channels=channels, hidden=7, latent=3)
    rng = numpy.random.default_rng(0)
    params = random_params(gan, config, rng)
    x = rng.random((5, *config.image_shape))
    noise = rng.standard_normal((1, 5, 3 + x[0].size))
    costs, grads = gan.loss_and_grads(params, Batch(x), noise, config, ops)
    for part, cost in ("critic", critic_cost), ("generator", generator_cost):
        expected, expected_grads = value_and_grad(cost)(params, x, noise[0, :, :3], noise[0, :, 3:])
        assert costs[part].sum() == pytest.approx(expected, rel=1e-9)
        own = {name: gradient for name, gradient in grads.items() if name.startswith(part)}
        assert_same(own, {name: expected_grads[name] for name in own})


MUTANTS = [  # model, module, right, wrong
    ("vae", "network", "latent_backward((dz, dkl)", "latent_backward((dz, 0 * dkl)"),
    ("vae", "network", "latent_backward((dz, dkl)", "latent_backward((0 * dz, dkl)"),
    ("vae", "network", 'params[f"{DECODER[0]}.W"])', 'params[f"{DECODER[0]}.W"]) * 1.001'),
    ("vae", "network", 'dcanvas, decoder, ops, "tanh")', '0.999 * dcanvas, decoder, ops, "tanh")'),
    ("vae", "costs", '"total": nll + kl}  # eq 12', '"total": nll}'),
    ("convnet", "network", "da = ops.relu_backward(dfeatures", "da = (lambda d, _: d)(dfeatures"),
    ("convnet", "network", 'dhidden, params["hidden.W"])', 'dhidden, 1.001 * params["hidden.W"])'),
    ("convnet", "network", "dlogits, stack, ops", "1.001 * dlogits, stack, ops"),
    ("gan", "network", "gradient + more[name]", "gradient"),
    ("gan", "network", "gradient + more[name]", "more[name]"),
    (
        "gan",
        "network",
        "judge_backward(of_paintings.found_out[1]",
        "judge_backward(of_paintings[1][1]",
    ),
    ("gan", "network", "2 * dseen * p * (1 - p)", "2 * dseen"),
    ("gan", "network", "2 * dseen * p * (1 - p)", "dseen * p * (1 - p)"),
    ("gan", "network", "dfirst, params[f", "1.001 * dfirst, params[f"),
    ("ram", "network", "dmean = -dbaseline[:, :, None] * noise", "dmean = 0 * noise"),
    ("ram", "network", "dmean = -dbaseline[:, :, None]", "dmean = dbaseline[:, :, None]"),
    ("ram", "network", "dmean = -dbaseline[:, :, None]", 'dmean = found["nll"][:, None]'),
    ("ram", "network", "dmean * (1 - mean**2)", "dmean"),
    ("ram", "network", 'dplace[t], params["place.W"])', 'dplace[t], 0 * params["place.W"])'),
    ("ram", "network", "_, dc = ops.lstm", "_, _ = ops.lstm"),
    (
        "ram",
        "network",
        "(dbaseline.reshape(T * n, 1), before",
        "(-dbaseline.reshape(T * n, 1), before",
    ),
]


def break_model(name, module, right, wrong):
    """Return a copy of a model with one piece of one module's source replaced."""
    model = importlib.import_module(f"minidraw.models.{name}")
    folder = [f"minidraw.models.{name}.{part}" for part in ("network", "costs")]
    parts, copy = (
        [part for part in folder if importlib.util.find_spec(part)],
        types.SimpleNamespace(**vars(model)),
    )
    for part in parts:
        source = inspect.getsource(importlib.import_module(part))
        if part.endswith(module):
            assert source.count(right) == 1, f"{part}: expected {right!r} once; adapt this table"
            source = source.replace(right, wrong)
        made = {}
        exec(source, made)
        made |= {key: getattr(copy, f"_{key}") for key in made if hasattr(copy, f"_{key}")}
        own = {k: f for k, f in made.items() if getattr(f, "__globals__", None) is made}
        vars(copy).update(own)
        vars(copy).update({f"_{key}": function for key, function in own.items()})
    return copy


@pytest.mark.parametrize("name, module, right, wrong", MUTANTS)
def test_a_mutant_fails_the_gradient_check(name, module, right, wrong):
    key, checked = name, break_model(name, module, right, wrong)
    if name == "ram":
        key = "ram, places and costs held"
        checked = gradcheck_cases.hold_model(checked)
    if name == "gan":
        parts = [f"gan, {part}" for part in ("generator", "critic")]
        params = CASES[parts[0]][1] | CASES[parts[1]][1]
        errors = []
        for part in parts:
            objective = gradcheck_cases.pick_objective(checked, part[5:], params)
            errors += gradcheck.check_model(objective, *CASES[part][1:], layers).values()
        assert max(error for _, _, error in errors) > 10 * gradcheck.MODEL_LIMIT
        return
    result = gradcheck.check_model(checked, *CASES[key][1:], layers)
    assert max(error for _, _, error in result.values()) > 10 * gradcheck.MODEL_LIMIT


@pytest.mark.parametrize("name", ["vae", "gan", "convnet", "ram"])
def test_a_model_beside_draw_stays_small(name):
    folder = Path(importlib.import_module(f"minidraw.models.{name}").__file__).parent
    assert sum(len(path.read_text("utf-8").splitlines()) for path in folder.glob("*.py")) <= 200
