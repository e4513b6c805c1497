"""One training step of everything that is timed.

A builder is called in a process of its own as ``build(size, threads)`` and returns a step, a
callable, and a note.  A step is all of it: noise, costs, gradients, clipping and Adam, on a batch
of 100 images; minidraw's also averages the weights.  Only the floors are less.  The classifier's
scenes are ready before the step, for all alike.
"""

import importlib
import os
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

BATCH = 100
SIZES = {  # what differs from the model's own defaults
    "paper": {},
    "small": {"glimpses": 10, "latent": 10, "read_size": 5},
    "no-attention": {"glimpses": 10, "read_attention": False, "write_attention": False},
    "classifier": {"model": "classifier"},
    "cifar10": {
        **{"channels": 3, "height": 32, "width": 32},
        **{"glimpses": 64, "hidden": 400, "latent": 200, "read_size": 5, "write_size": 5},
    },
}
NOT_IN_JAX = ("classifier", "cifar10")
PEERS = Path(__file__).parents[2] / "tests" / "bench"  # only a copy of the sources has them


class Case(NamedTuple):
    model: ModuleType
    config: object
    params: dict  # weights to start from
    images: np.ndarray  # (BATCH, C, B, A), black and white
    labels: np.ndarray | None  # (BATCH,), where the model wants them


def case(size):
    """What a step of that size works on; `size` is a name or the settings themselves."""
    from minidraw import models

    settings = dict(SIZES[size] if isinstance(size, str) else size)
    model = models.get_model(settings.pop("model", "draw"))
    config = model.Config(**settings)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 2, (BATCH, *config.image_shape)).astype(np.float32)
    params = model.init_params(config, rng, np.float32)
    classes = getattr(config, "classes", 0)
    labels = rng.integers(0, classes, BATCH) if classes else None
    return Case(model, config, params, images, labels)


def trainer(size, workers, ops, batch=BATCH):
    """A Trainer on such images."""
    from minidraw.datasets.base import Dataset, Split
    from minidraw.training.recipe import Recipe
    from minidraw.training.trainer import Trainer

    made = case(size)
    split = Split(made.images, made.labels).take(np.arange(batch) % BATCH)
    data = Dataset("random pixels", split, split, binary=True)
    settings = {"ops": ops, "workers": workers, "params": made.params}
    return Trainer(made.model, made.config, Recipe(batch=batch), data, 10**6, **settings)


def build_kernels(size, threads):
    from minidraw import kernels
    from minidraw.training.workers import Workers

    return trainer(size, Workers(threads), kernels).step, ""


def build_layers(size, threads):
    from minidraw import layers
    from minidraw.training.workers import Workers

    return trainer(size, Workers(threads), layers).step, ""


def build_floor(size, threads):
    """The step's matrix products alone, of the same shapes in the same processes, by BLAS."""
    from minidraw import layers

    return _products(size, threads, layers), "float32 products alone"


def build_own_floor(size, threads):
    from minidraw import kernels

    return _products(size, threads, kernels), "minidraw's products alone"


def _products(size, threads, ops):
    from minidraw.training.processes import ProcessTeam
    from minidraw.training.workers import Workers

    _, config, params, *_ = case(size)
    workers = Workers(threads)
    shards = workers.shards(BATCH)
    images = max(stop - start for start, stop in shards)
    layers = {}
    for name, W in params.items():
        if name.endswith(".W"):
            T = 1 if name == "label.W" else config.glimpses
            x, dout = (np.ones((T, images, n), np.float32) for n in W.shape)
            layers[name.removesuffix(".W")] = ops.pack(W), ops.pack_transposed(W), x, dout

    def shard(step, member):
        start, stop = shards[member]
        for name, (W, turned, x, dout) in layers.items():
            x, dout = x[:, : stop - start], dout[:, : stop - start]
            for t in range(len(x)):
                ops.linear(x[t], W, params[f"{name}.b"])
                ops.linear_backward_input(dout[t], turned)
            ops.linear_backward_weights(dout.reshape(-1, dout.shape[2]), x.reshape(-1, x.shape[2]))

    team = ProcessTeam(shard, len(shards), workers)
    return lambda: team(None)


def build_torch(size, threads, compiled=False, precision="highest"):
    made = case(size)
    paints = made.model.GENERATIVE
    torch, peer = _peer("torch", "torch" if paints else "torch_glimpse")
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision(precision)
    config, module = made.config, peer.load(made.params, made.config)
    images, adam = torch.from_numpy(made.images), peer.optimizer(module)

    def beside():
        """What a step takes beside the images: noise, or labels."""
        if paints:
            return torch.randn(config.glimpses, BATCH, config.latent)
        return torch.from_numpy(made.labels)

    note = ""
    if compiled:
        note = f"compiled in {peer.compiled(module, images, beside()):.0f} s"
    return lambda: peer.train_step(module, adam, images, beside()), note


def build_torch_medium(size, threads):
    step, _ = build_torch(size, threads, precision="medium")
    return step, "products of bfloat16, 8 bits"


def build_compiled(size, threads):
    return build_torch(size, threads, compiled=True)


def build_jax(size, threads):
    jax, peer = _peer("jax", "jax")
    _, config, params, images, _ = case(size)
    params, images = peer.load(params, config), jax.numpy.asarray(images)
    state = [params, peer.optimizer(params), jax.random.key(0)]
    shape = config.glimpses, BATCH, config.latent
    draw_noise = jax.jit(lambda key: jax.random.normal(key, shape))

    def step():
        params, adam, key = state
        key, now = jax.random.split(key)
        *weights, loss = peer.train_step(params, adam, images, draw_noise(now), config=config)
        state[:] = *weights, key
        return jax.block_until_ready((state, loss))

    began = time.perf_counter()
    step()
    return step, f"compiled in {time.perf_counter() - began:.0f} s"


def _peer(framework, name):
    """The framework, and the network in it."""
    sys.path.insert(0, os.fspath(PEERS))
    return importlib.import_module(framework), importlib.import_module(f"peer_{name}")


CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
CONTENDERS = {  # name: builder, threads, what it needs
    "kernels": (build_kernels, CORES, None),
    **{f"kernels, {n} of {CORES}": (build_kernels, n, None) for n in range(1, CORES)},
    "layers": (build_layers, CORES, None),
    "products, ours": (build_own_floor, CORES, None),
    "products, BLAS": (build_floor, CORES, None),
    "torch": (build_torch, CORES, "torch"),
    "torch, 1 thread": (build_torch, 1, "torch"),
    "torch, medium": (build_torch_medium, CORES, "torch"),
    "torch.compile": (build_compiled, CORES, "torch"),
    "jax": (build_jax, CORES, "jax"),  # its pool has a thread per core, whatever is asked for
}
