"""One training step of everything that is timed.

A builder is called in a process of its own as ``build(size, threads)`` and returns a step, a
callable, and a note.  A step is all of it: noise, costs, gradients, clipping and Adam, on a batch
of 100 images; minidraw's also averages the weights.  Only the floors are less.
"""

import importlib
import os
import sys
import time
from pathlib import Path

import numpy as np

BATCH = 100
SIZES = {
    "paper": {},
    "small": {"glimpses": 10, "latent": 10, "read_size": 5},
    "no-attention": {"glimpses": 10, "read_attention": False, "write_attention": False},
}
PEERS = Path(__file__).parents[2] / "tests" / "bench"  # only a copy of the sources has them


def case(size):
    """The size's Config, weights to start from, and black and white images."""
    from minidraw.models import draw

    config = draw.Config(**(SIZES[size] if isinstance(size, str) else size))
    rng = np.random.default_rng(0)
    images = rng.integers(0, 2, (BATCH, *config.image_shape)).astype(np.float32)
    return config, draw.init_params(config, rng, np.float32), images


def trainer(size, workers, ops, batch=BATCH):
    """A Trainer on such images."""
    from minidraw.datasets.base import Dataset, Split
    from minidraw.models import draw
    from minidraw.training.recipe import Recipe
    from minidraw.training.trainer import Trainer

    config, params, images = case(size)
    split = Split(images[np.arange(batch) % BATCH])
    data = Dataset("random pixels", split, split, binary=True)
    settings = {"ops": ops, "workers": workers, "params": params}
    return Trainer(draw, config, Recipe(batch=batch), data, 10**6, **settings)


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
    from minidraw.training.team import Team
    from minidraw.training.workers import Workers

    config, params, _ = case(size)
    workers, T = Workers(threads), config.glimpses
    shards = workers.shards(BATCH)
    images = max(stop - start for start, stop in shards)
    layers = {
        name.removesuffix(".W"): (
            ops.packed(W),
            ops.packed_transposed(W),
            np.ones((T, images, W.shape[0]), np.float32),
            np.ones((T, images, W.shape[1]), np.float32),
        )
        for name, W in params.items()
        if name.endswith(".W")
    }

    def shard(step, member):
        start, stop = shards[member]
        for name, (W, turned, x, dout) in layers.items():
            x, dout = x[:, : stop - start], dout[:, : stop - start]
            for t in range(T):
                ops.linear(x[t], W, params[f"{name}.b"])
                ops.linear_backward_input(dout[t], turned)
            ops.linear_backward_weights(dout.reshape(-1, dout.shape[2]), x.reshape(-1, x.shape[2]))

    team = Team(shard, len(shards), workers)
    return lambda: team(None)


def build_torch(size, threads, compiled=False, precision="highest"):
    torch, peer = _peer("torch")
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision(precision)
    config, params, images = case(size)
    module, images = peer.load(params, config), torch.from_numpy(images)
    adam = peer.optimizer(module)

    def noise():
        return torch.randn(config.glimpses, BATCH, config.latent)

    note = ""
    if compiled:
        note = f"compiled in {peer.compiled(module, images, noise()):.0f} s"
    return lambda: peer.train_step(module, adam, images, noise()), note


def build_torch_medium(size, threads):
    step, _ = build_torch(size, threads, precision="medium")
    return step, "products of bfloat16, 8 bits"


def build_compiled(size, threads):
    return build_torch(size, threads, compiled=True)


def build_jax(size, threads):
    jax, peer = _peer("jax")
    config, params, images = case(size)
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


def _peer(name):
    """The framework, and the network in it."""
    sys.path.insert(0, os.fspath(PEERS))
    return importlib.import_module(name), importlib.import_module(f"peer_{name}")


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
