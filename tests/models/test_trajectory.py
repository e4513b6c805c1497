"""Ten steps of Adam reproduce stored losses."""

import numpy as np
import pytest

from minidraw import layers
from minidraw.models import draw
from minidraw.models.interface import Batch
from minidraw.training.flat_weights import allocate_flat, fill
from minidraw.training.optimizer import Adam

CONFIG = draw.Config(
    height=7, width=5, channels=2, glimpses=3, hidden=6, latent=4, read_size=2, write_size=3
)

STORED = [
    53.66530092088245,
    51.80958930110672,
    50.6681336280049,
    49.92191949047724,
    49.48576458105719,
    49.31425030119212,
    49.26953779501732,
    49.19221568457348,
    49.048493367665884,
    48.875099772485825,
]


def wave(shape, pace):
    """Return numbers in [-1, 1] that, unlike random ones, no later NumPy changes."""
    return np.sin(pace * np.arange(1, np.prod(shape) + 1)).reshape(shape)


def losses(steps):
    shapes = draw.param_shapes(CONFIG)
    params = {
        name: 0.5 * wave(shape, 1 + 0.1 * k) for k, (name, shape) in enumerate(shapes.items())
    }
    batch = Batch(0.5 + 0.5 * wave((4, *CONFIG.image_shape), 0.7))
    noise = 1.5 * wave(draw.noise_shape(CONFIG, 4), 2.3)
    adam = Adam(params, beta1=0.9, beta2=0.999, average=0.999)
    gradient, found = allocate_flat(shapes, np.float64), []
    for _ in range(steps):
        costs, grads = draw.loss_and_grads(adam.weights.views, batch, noise, CONFIG, layers)
        found.append(costs["total"].mean())
        fill(gradient, {name: grad / 4 for name, grad in grads.items()})
        adam.update(gradient, rate=0.02, clip=10.0, ops=layers)
    return found


def test_ten_steps():
    assert losses(10) == pytest.approx(STORED, rel=1e-8)
