"""The peers are the same network: same weights and noise, same costs, gradients and Adam step."""

import numpy as np
import pytest

from minidraw import layers
from minidraw.models import draw
from minidraw.models.interface import Batch
from minidraw.training.flat_weights import allocate_flat, fill
from minidraw.training.optimizer import Adam

TOY = {"height": 13, "width": 13, "glimpses": 4, "hidden": 11, "latent": 5}
CONFIGS = {
    "attention": draw.Config(**TOY, read_size=2, write_size=3),
    "read only": draw.Config(**TOY, read_size=3, write_attention=False),
    "write only": draw.Config(**TOY, read_attention=False, write_size=4),
    "no attention": draw.Config(**TOY, read_attention=False, write_attention=False),
    "paper": draw.Config(),
}
COLOUR = {
    "colour, attention": draw.Config(**TOY, channels=3, read_size=2, write_size=3),
    "colour, no attention": draw.Config(
        **TOY, channels=3, read_attention=False, write_attention=False
    ),
}
TOLERANCES = {"float32": (1e-4, 1e-3), "float64": (1e-9, 1e-9)}  # of costs and of gradients
RATE, CLIP = 1e-2, 0.5


class Torch:
    def __init__(self, params, config, images, noise, dtype):
        torch = pytest.importorskip("torch", reason="PyTorch isn't installed")
        import peer_torch as peer

        dtype = getattr(torch, dtype)
        self.peer, self.module = peer, peer.load(params, config, dtype)
        self.data = torch.tensor(images, dtype=dtype), torch.tensor(noise, dtype=dtype)

    def cost_and_grads(self):
        nll, kl = self.peer.cost(self.module, *self.data)
        (nll + kl).sum().backward()
        return nll.detach().numpy(), kl.detach().numpy(), self.peer.export_grads(self.module)

    def train(self, steps):
        adam = self.peer.make_optimizer(self.module, RATE)
        for _ in range(steps):
            self.peer.train_step(self.module, adam, *self.data, clip=CLIP)
        return self.peer.export_weights(self.module)

    def compile(self):
        return self.peer.compile_step(self.module, *self.data)


class Jax:
    def __init__(self, params, config, images, noise, dtype):
        jax = pytest.importorskip("jax", reason="JAX isn't installed")
        import peer_jax as peer

        jax.config.update("jax_enable_x64", dtype == "float64")
        self.peer, self.config = peer, config
        self.params = peer.load(params, config, dtype)
        self.data = jax.numpy.asarray(images, dtype), jax.numpy.asarray(noise, dtype)

    def cost_and_grads(self):
        nll, kl = self.peer.cost(self.params, *self.data, self.config)
        return nll, kl, self.peer.grads(self.params, *self.data, self.config)

    def train(self, steps):
        params, adam = self.params, self.peer.make_optimizer(self.params)
        for _ in range(steps):
            params, adam, _ = self.peer.train_step(
                params, adam, *self.data, config=self.config, rate=RATE, clip=CLIP
            )
        return params


def random_case(config, n=3):
    """Return weights without zeros, images and noise, in float64."""
    rng = np.random.default_rng(0)
    params = draw.init_params(config, rng, np.float64)
    params = {name: w + 0.1 * rng.standard_normal(w.shape) for name, w in params.items()}
    noise = rng.standard_normal(draw.noise_shape(config, n))
    return params, config, rng.random((n, *config.image_shape)), noise


def close(result, expected, tolerance):
    result = np.asarray(result)
    assert result.shape == expected.shape
    assert np.abs(result - expected).max() <= tolerance * np.abs(expected).max()


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize(
    "Peer, config",
    [(peer, config) for peer in (Torch, Jax) for config in CONFIGS.values()]
    + [(Torch, config) for config in COLOUR.values()],
    ids=[f"{peer}, {name}" for peer in ("torch", "jax") for name in CONFIGS]
    + [f"torch, {name}" for name in COLOUR],
)
def test_costs_and_gradients(Peer, config, dtype):
    params, config, images, noise = random_case(config)
    nll, kl, grads = Peer(params, config, images, noise, dtype).cost_and_grads()
    costs, expected = draw.loss_and_grads(params, Batch(images), noise, config, layers)
    cost_tolerance, grad_tolerance = TOLERANCES[dtype]
    close(nll, costs["nll"], cost_tolerance)
    close(kl, costs["kl"], cost_tolerance)
    assert set(grads) == set(expected)
    for name, gradient in expected.items():
        close(grads[name], gradient, grad_tolerance)


@pytest.mark.parametrize("Peer", [Torch, Jax])
def test_training_steps(Peer):
    params, config, images, noise = random_case(CONFIGS["attention"])
    result = Peer(params, config, images, noise, "float64").train(3)
    adam = Adam(params, beta1=0.9, beta2=0.999, average=0.999)
    grad = allocate_flat(draw.param_shapes(config), np.float64)
    for _ in range(3):
        _, grads = draw.loss_and_grads(adam.weights.views, Batch(images), noise, config, layers)
        fill(grad, grads)
        grad.vector[:] /= len(images)
        norm = adam.update(grad, rate=RATE, clip=CLIP, ops=layers)
        assert norm > CLIP  # clipping takes part
    for name, weight in adam.weights.views.items():
        close(result[name], weight, 1e-6)  # torch adds 1e-6 to the norm that it divides by


@pytest.mark.slow
@pytest.mark.parametrize("name", ["attention", "no attention"])
def test_compiled_step(name):
    params, config, images, noise = random_case(CONFIGS[name])
    peer = Torch(params, config, images, noise, "float64")
    assert peer.compile() > 0
    peer.module.zero_grad()
    nll, kl, grads = peer.cost_and_grads()
    costs, expected = draw.loss_and_grads(params, Batch(images), noise, config, layers)
    close(nll + kl, costs["total"], 1e-9)
    for key, gradient in expected.items():
        close(grads[key], gradient, 1e-9)
