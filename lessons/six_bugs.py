"""Networks for lesson 15, each with a bug found in public programs, and what it costs in nats.

``python -m minidraw.lessons.six_bugs`` measures `RESULTS` again: three seeds each, about ten
minutes on one core.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from minidraw import layers
from minidraw.datasets import as_float, load
from minidraw.layers.compose import replace_layers
from minidraw.models import draw
from minidraw.models.interface import Batch
from minidraw.training.flat_weights import allocate_flat, fill
from minidraw.training.optimizer import Adam

CONFIG = draw.Config(glimpses=6, hidden=64, latent=8, read_size=5, write_size=5)
BATCH_SIZE, STEPS, LEARNING_RATE, CLIP_NORM = 50, 600, 0.01, 500.0
STEPS_PER_POINT = 50  # of a curve
SEEDS = 0, 1, 2
SETUP = (
    f"T {CONFIG.glimpses}, H {CONFIG.hidden}, Z {CONFIG.latent}, 5 x 5 windows; {STEPS} steps of "
    f"{BATCH_SIZE} of the package's digits, Adam {LEARNING_RATE}, clipping {CLIP_NORM:g}; "
    f"bound on its 500 validation digits, dynamic binarisation, one z per image, {len(SEEDS)} seeds"
)

RESULTS = {  # measured as `SETUP` says; every variant sees the same digits
    "right": {
        "printed": [120.9, 120.1, 118.9],
        "honest": [120.9, 120.1, 118.9],
        "curve": "204 188 176 162 152 144 136 129 126 122 118 118",
    },
    "A": {
        "printed": [124.8, 125.6, 129.3],
        "honest": [124.8, 125.6, 129.3],
        "curve": "204 192 178 162 152 144 139 133 131 128 125 124",
    },
    "B": {
        "printed": [125.6, 130.0, 127.2],
        "honest": [125.6, 130.0, 127.2],
        "curve": "204 188 176 164 156 148 142 136 132 130 126 125",
    },
    "C": {
        "printed": [213.2, 202.5, 192.1],
        "honest": [213.2, 202.5, 192.1],
        "curve": "328 208 208 206 205 205 202 200 200 198 196 196",
    },
    "D": {
        "printed": [118.8, 132.8, 123.1],
        "honest": [118.8, 132.8, 123.1],
        "curve": "204 186 172 158 150 143 138 132 129 126 124 122",
    },
    "E": {
        "printed": [171.3, 123.0, 159.0],
        "honest": [389.0, 419.1, 237.0],
        "curve": "206 204 199 196 190 184 176 168 161 154 149 146",
    },
}


def make_right_ops():
    return layers


def make_shifted_ops():
    """Use the paper's i - N/2 - 1/2 with i counted from 0: the grid lies one stride too low."""

    def moved(center, stride, var, *, K, A):
        return layers.filterbank(center - stride, stride, var, K=K, A=A)

    def moved_backward(dF, cache):
        dcenter, dstride, dvar = layers.filterbank_backward(dF, cache)
        return dcenter, dstride - dcenter, dvar  # center - stride

    return replace_layers({"filterbank": moved, "filterbank_backward": moved_backward})


def make_diagonal_ops():
    """Make F_Y from the centres of x."""

    def one_center(theta, *, height, width, K):
        (x, _, stride, var, gamma), window = layers.window(theta, height=height, width=width, K=K)
        F_y, cache_y = layers.filterbank(x, stride, var, K=K, A=height)
        F_x, cache_x = layers.filterbank(x, stride, var, K=K, A=width)
        return (F_y, F_x, gamma), (window, cache_y, cache_x)

    def one_center_backward(dout, cache):
        dF_y, dF_x, dgamma = dout
        window, cache_y, cache_x = cache
        dy, dstride_y, dvar_y = layers.filterbank_backward(dF_y, cache_y)
        dx, dstride_x, dvar_x = layers.filterbank_backward(dF_x, cache_x)
        dout = dx + dy, 0 * dy, dstride_y + dstride_x, dvar_y + dvar_x, dgamma
        return layers.window_backward(dout, window)

    return replace_layers({"filterbanks": one_center, "filterbanks_backward": one_center_backward})


def sample_shared_noise(rng, shape):
    """Sample one step's noise and repeat it for all steps."""
    return np.repeat(rng.standard_normal((1, *shape[1:]), np.float32), shape[0], axis=0)


def sample_independent_noise(rng, shape):
    return rng.standard_normal(shape, np.float32)


def init_usual(rng, mean_image):
    return draw.init_params(CONFIG, rng, np.float32, mean_image)


def init_grey(rng, mean_image):
    """Start from a canvas of zeros: every pixel has probability 1/2."""
    return draw.init_params(CONFIG, rng, np.float32)


def init_corner(rng, mean_image):
    """Start from theta = 0: windows from edge to edge, each filter with a variance of 1."""
    params = init_usual(rng, mean_image)
    for name in "read_window", "write_window":
        params[f"{name}.b"][:] = 0
    return params


class Variant(NamedTuple):
    bug: str  # lesson 15 asks what it is, so the keys of `VARIANTS` don't say it
    make_ops: Callable
    sample_noise: Callable  # sample_noise(rng, shape)
    init_params: Callable  # init_params(rng, mean_image)


VARIANTS = {
    "right": Variant("no bug", make_right_ops, sample_independent_noise, init_usual),
    "A": Variant("grid from one", make_shifted_ops, sample_independent_noise, init_usual),
    "B": Variant("diagonal", make_diagonal_ops, sample_independent_noise, init_usual),
    "C": Variant("grey start", make_right_ops, sample_independent_noise, init_grey),
    "D": Variant("corner start", make_right_ops, sample_independent_noise, init_corner),
    "E": Variant("shared noise", make_right_ops, sample_shared_noise, init_usual),
}


def train(variant, seed, steps=STEPS):
    """Train one network.

    Parameters
    ----------
    variant : str
        A key of `VARIANTS`.
    seed : int
    steps : int

    Returns
    -------
    params : dict of arrays
    curve : array
        Mean cost of the training batches in nats, averaged over every 50 steps.
    """
    _, make_ops, sample_noise, init_params = VARIANTS[variant]
    ops, data, rng = make_ops(), load("digits"), np.random.default_rng([seed, 15])
    images = as_float(data.train.images)
    adam = Adam(init_params(rng, data.mean_image), beta1=0.9, beta2=0.999, average=0.99)
    grad, curve = allocate_flat(draw.param_shapes(CONFIG)), []
    for step in range(steps):
        x = binarise(rng, images[rng.integers(0, len(images), BATCH_SIZE)])
        z = sample_noise(rng, draw.noise_shape(CONFIG, BATCH_SIZE))
        costs, grads = draw.loss_and_grads(adam.weights.views, Batch(x), z, CONFIG, ops)
        fill(grad, {name: gradient / BATCH_SIZE for name, gradient in grads.items()})
        rate = LEARNING_RATE * min((step + 1) / 20, 1, max(0.1, 2 - 2 * step / steps))
        adam.update(grad, rate=rate, clip=CLIP_NORM, ops=layers)
        curve.append(float(costs["total"].mean()))
    return adam.weights.views, np.reshape(curve, (-1, STEPS_PER_POINT)).mean(axis=1)


def estimate_bound(params, variant, sample_noise=sample_independent_noise):
    """Return the mean bound on the validation digits, in nats per image."""
    rng, images = np.random.default_rng(99), as_float(load("digits").valid.images)
    x, z = binarise(rng, images), sample_noise(rng, draw.noise_shape(CONFIG, len(images)))
    costs = draw.costs(params, Batch(x), z, CONFIG, VARIANTS[variant].make_ops())
    return round(float(costs["total"].mean()), 1)


def train_toy(sample_noise, seed=0, steps=1000):
    """Train a network on 16 equally likely images of 5 x 4 pixels, in a few seconds.

    Parameters
    ----------
    sample_noise : function
        `sample_independent_noise` or `sample_shared_noise`.
    seed, steps : int

    Returns
    -------
    measure : function
        ``measure(sample_noise)`` returns the mean bound in nats, from 250 samples per image.
    """
    config = draw.Config(height=5, width=4, glimpses=3, hidden=24, latent=3)
    config = replace(config, read_attention=False, write_attention=False)
    images = (np.random.default_rng(0).random((16, 1, 5, 4)) < 0.5).astype(np.float32)
    rng, shapes = np.random.default_rng([seed, 16]), draw.param_shapes(config)
    start = draw.init_params(config, rng, np.float32, images.mean(axis=0))
    adam, grad = Adam(start, beta1=0.9, beta2=0.999, average=0.99), allocate_flat(shapes)
    for step in range(steps):
        x = Batch(images[rng.integers(0, 16, 64)])
        z = sample_noise(rng, draw.noise_shape(config, 64))
        _, grads = draw.loss_and_grads(adam.weights.views, x, z, config, layers)
        fill(grad, {name: gradient / 64 for name, gradient in grads.items()})
        rate = 0.03 * min((step + 1) / 20, 1, 0.03 + 1 - step / steps)
        adam.update(grad, rate=rate, clip=20.0, ops=layers)

    def measure(sample_noise):
        every = Batch(np.repeat(images, 250, axis=0))
        z = sample_noise(np.random.default_rng(1), draw.noise_shape(config, 4000))
        return float(draw.costs(adam.weights.views, every, z, config, layers)["total"].mean())

    return measure


def binarise(rng, images):
    return (rng.random(images.shape, np.float32) < images).astype(np.float32)


def measure_variant(variant):
    """Measure a row of `RESULTS`."""
    sample_noise, found = (
        VARIANTS[variant].sample_noise,
        {"printed": [], "honest": [], "curves": []},
    )
    for seed in SEEDS:
        params, curve = train(variant, seed)
        found["printed"].append(estimate_bound(params, variant, sample_noise))
        found["honest"].append(estimate_bound(params, variant))
        found["curves"].append(curve)
    found["curve"] = " ".join(f"{value:.0f}" for value in np.mean(found.pop("curves"), axis=0))
    return found


if __name__ == "__main__":
    for variant in VARIANTS:
        print(f"    {variant!r}: {measure_variant(variant)},", flush=True)
