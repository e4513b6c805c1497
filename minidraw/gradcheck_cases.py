"""Inputs of the gradient check: every layer and toy models, with random values."""

from dataclasses import replace
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from minidraw import layers
from minidraw.models import classifier, convnet, draw, gan, ram, vae
from minidraw.models.interface import Batch


def layer_cases(rng):
    """Return every layer with random inputs: (name, inputs, settings).

    All sizes differ, so that a mix-up of two axes fails.
    """
    n, C, B, A, K, H, Z = 3, 2, 11, 7, 5, 4, 6
    size = {"height": B, "width": A, "K": K}

    def normal(*shape):
        return rng.standard_normal(shape)

    x, canvas, theta = rng.random((n, C, B, A)), normal(n, C, B, A), 0.3 * normal(n, 5)
    filters = {"F_y": normal(n, K, B), "F_x": normal(n, K, A), "gamma": np.exp(normal(n))}
    axis = {"center": 3 + normal(n), "stride": np.exp(normal(n)), "var": np.exp(normal(n))}
    latents = {"mu": normal(n, Z), "log_sigma": normal(n, Z)}
    targets = np.eye(Z)[rng.integers(0, Z, n)]
    states = {"x": normal(n, Z), "h_prev": normal(n, H), "c_prev": normal(n, H)}
    filters_of_pixels = {"x": normal(n, C, B, A), "W": normal(C * 9, K), "b": normal(K)}
    return [
        ("linear", {"x": normal(n, Z), "W": normal(Z, H), "b": normal(H)}, {}),
        ("lstm_gates", {"a": normal(n, 4 * H), "c_prev": normal(n, H)}, {}),
        ("lstm", states | {"W": normal(H + Z, 4 * H), "b": normal(4 * H)}, {}),
        ("sample", latents, {"noise": normal(n, Z)}),
        ("kl", latents, {}),
        ("latent", {"posterior": normal(n, 2 * Z)}, {"noise": normal(n, Z)}),
        ("window", {"theta": theta}, size),
        ("filterbank", axis, {"K": K, "A": A}),
        ("filterbanks", {"theta": theta}, size),
        ("read_image", filters, {"x": x}),
        ("read", {"x_err": normal(n, C, B, A)} | filters, {"x": x}),
        ("write", {"patch": normal(n, C, K, K)} | filters, {}),
        ("read_attention", {"canvas": canvas, "theta": theta}, {"x": x, "K": K}),
        ("read_image_attention", {"theta": theta}, {"x": x, "K": K}),
        ("write_attention", {"patch": normal(n, C * K * K), "theta": theta}, size),
        ("read_full", {"canvas": canvas}, {"x": x}),
        ("bernoulli_cost", {"logits": canvas}, {"x": x}),
        ("softmax_cross_entropy", {"logits": normal(n, Z)}, {"targets": targets}),
        ("convolution", filters_of_pixels, {"size": 3, "stride": 2}),
        ("tanh", {"a": normal(n, H)}, {}),
        ("relu", {"a": normal(n, H)}, {"leak": 0.2}),
    ]


def model_cases(rng):
    """Return toy models with random weights: (name, model, params, batch, noise, config)."""
    size = {"height": 5, "width": 4, "glimpses": 3, "hidden": 3, "read_size": 2}

    def random_params(model, config):
        shapes = model.param_shapes(config).items()
        return {name: 0.4 * rng.standard_normal(shape) for name, shape in shapes}

    cases = []
    for read, write, C in (True, True, 1), (True, False, 3), (False, True, 3), (False, False, 1):
        attention = {"read_attention": read, "write_attention": write, "write_size": 3}
        config = draw.Config(**size, **attention, channels=C, latent=2)
        params = random_params(draw, config)
        batch = Batch(rng.random((2, *config.image_shape)))
        noise = rng.standard_normal(draw.noise_shape(config, 2))
        windows = "+".join(["read"] * read + ["write"] * write) or "no"
        name = f"draw, {windows} window, {'grey' if C == 1 else 'colour'}"
        cases.append((name, draw, params, batch, noise, config))
    config = classifier.Config(**size, channels=2, classes=4)
    params = random_params(classifier, config)
    batch = Batch(rng.random((3, *config.image_shape)), np.array([2, 0, 2]))
    cases.append(("classifier", classifier, params, batch, None, config))
    config = vae.Config(height=5, width=4, channels=2, hidden=3, latent=2)
    batch, noise = Batch(rng.random((3, *config.image_shape))), rng.standard_normal((1, 3, 2))
    cases.append(("vae", vae, random_params(vae, config), batch, noise, config))
    sizes = {"filters": 3, "filter_size": 3, "filter_stride": 2, "hidden": 4}
    config = convnet.Config(height=8, width=6, channels=2, classes=4, **sizes)
    batch = Batch(rng.random((3, *config.image_shape)), np.array([2, 0, 2]))
    cases.append(("convnet", convnet, random_params(convnet, config), batch, None, config))
    config = ram.Config(**size, channels=2, classes=4, scales=2)
    params, noise = random_params(ram, config), rng.standard_normal((3, 3, 2))
    batch = Batch(rng.random((3, *config.image_shape)), np.array([2, 0, 2]))
    held = hold(params, batch, noise, config, layers)
    for name, all_weights in ("ram, places and costs held", True), ("ram, h held too", False):
        config = replace(config, reinforce_lstm=all_weights)
        cases.append((name, hold_model(ram), params, batch, held, config))
    config = gan.Config(height=5, width=4, channels=2, hidden=3, latent=2)
    params = random_params(gan, config)
    noise = rng.standard_normal(gan.noise_shape(config, 3))
    batch = Batch(rng.random((3, *config.image_shape)))
    for part in "generator", "critic":
        own = {name: weight for name, weight in params.items() if name.startswith(part)}
        objective = pick_objective(gan, part, params)
        cases.append((f"gan, {part}", objective, own, batch, noise, config))
    config = draw.Config(**size, latent=2, write_size=3, classes=4)
    batch = Batch(rng.random((3, *config.image_shape)), np.array([2, 0, 2]))
    params, noise = random_params(draw, config), rng.standard_normal(draw.noise_shape(config, 3))
    return [*cases, ("draw, conditional", draw, params, batch, noise, config)]


def pick_objective(model, name, params):
    """Return a model of one of the costs, and of the weights with its prefix; `params` has all."""
    return SimpleNamespace(
        costs=lambda own, *rest: {"total": model.costs(params | own, *rest)[name]},
        loss_and_grads=lambda own, *rest: model.loss_and_grads(params | own, *rest),
    )


class Held(NamedTuple):
    """Places, costs and the baseline's inputs, held fixed: then REINFORCE's estimate is a slope."""

    noise: np.ndarray  # (T, n, 2)
    places: np.ndarray  # (T, n, 2)
    h: np.ndarray  # (T, n, H)
    nll: np.ndarray  # (n,)
    advantage: np.ndarray  # (T, n)  nll minus baseline


def hold(params, batch, noise, config, ops):
    """Look at images, and return what is held fixed."""
    _, (seen, _, _) = ram.network.forward(params, batch.images, noise, config, ops)
    nll = ram.network.costs(params, batch, noise, config, ops)["nll"]
    h = seen[:-1, :, : config.hidden].copy()
    advantage = nll - ram.network.compute_baseline(params, h, ops)
    return Held(noise, seen[:-1, :, -2:].copy(), h, nll, advantage)


def held_costs(params, batch, held, config, ops):
    """Return the total of each image, (n,): nll, the places' log p, and the baseline's error."""
    looked = ram.network.forward(params, batch.images, None, config, ops, places=held.places)
    logits, (_, mean, _) = looked
    if not config.reinforce_lstm:
        mean = np.tanh(held.h @ params["place.W"] + params["place.b"])
    nll = ram.network.label_costs(logits, batch.labels, ops)[0]["nll"]
    log_p = -((held.places - mean) ** 2).sum(axis=2) / (2 * config.spread**2)
    error = 0.5 * (ram.network.compute_baseline(params, held.h, ops) - held.nll) ** 2
    return {"total": nll + (held.advantage * log_p + error).sum(axis=0)}


def hold_model(model):
    """Return an attention model whose noise is a `Held`, for `check_model`."""
    return SimpleNamespace(
        costs=held_costs,
        loss_and_grads=lambda params, batch, held, *rest: model.loss_and_grads(
            params, batch, held.noise, *rest
        ),
    )
