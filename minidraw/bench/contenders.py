"""Builders of the training steps that `CONTENDERS` lists.

Each is called in its own process as ``build(size, threads)`` and returns a step (a callable) and a
note; where it can't run, it raises an ImportError or a UserError. A step draws noise and computes
costs, gradients, clipping and Adam on 100 images; minidraw's also averages the weights. The rows
"products" time the matrix products alone. The classifier's images are made before the step.
"""

import importlib
import os
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

from minidraw.errors import UserError
from minidraw.training.workers import count_cores

BATCH = 100
SIZES = {  # settings that differ from the model's defaults
    "paper": {},
    "small": {"glimpses": 10, "latent": 10, "read_size": 5},
    "no-attention": {"glimpses": 10, "read_attention": False, "write_attention": False},
    "classifier": {"model": "classifier"},
    "cifar10": {
        **{"channels": 3, "height": 32, "width": 32},
        **{"glimpses": 64, "hidden": 400, "latent": 200, "read_size": 5, "write_size": 5},
    },
}
SIZES_NOT_IN_JAX = ("classifier", "cifar10")
PEERS_FOLDER = Path(__file__).parents[2] / "tests" / "bench"  # not part of the wheel


class Case(NamedTuple):
    model: ModuleType
    config: object
    params: dict  # weights to start from
    images: np.ndarray  # (BATCH, C, B, A), black and white
    labels: np.ndarray | None  # (BATCH,), for the classifier


def make_case(size):
    """Return weights and random images; `size` is a key of `SIZES` or a dict of settings."""
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


def make_trainer(size, workers, ops, batch=BATCH):
    from minidraw.datasets.base import Dataset, Split
    from minidraw.training.recipe import Recipe
    from minidraw.training.trainer import Trainer

    case = make_case(size)
    split = Split(case.images, case.labels).take(np.arange(batch) % BATCH)
    data = Dataset("random pixels", split, split, binary=True)
    settings = {"ops": ops, "workers": workers, "params": case.params}
    return Trainer(case.model, case.config, Recipe(batch=batch), data, 10**6, **settings)


def build_kernels(size, threads):
    from minidraw.training.workers import Workers

    kernels = _import_kernels()
    unit = importlib.import_module("minidraw.kernels.products.tiles").choose_unit()
    return make_trainer(size, Workers(threads), kernels).step, unit.name if unit else "BLAS"


def build_layers(size, threads):
    from minidraw import layers
    from minidraw.training.workers import Workers

    return make_trainer(size, Workers(threads), layers).step, ""


def build_blas_products(size, threads):
    from minidraw import layers

    return _build_products(size, threads, layers), "float32 products alone"


def build_our_products(size, threads):
    return _build_products(size, threads, _import_kernels()), "minidraw's products alone"


def _import_kernels():
    """Return the compiled layers; raise a UserError where plain ones would replace them."""
    importlib.import_module("minidraw.kernels.compilation")
    return importlib.import_module("minidraw.kernels")


def _build_products(size, threads, ops):
    """Build a step of matrix products alone, split among the workers as in training."""
    from minidraw.training.workers import Workers

    _, config, params, *_ = make_case(size)
    workers = Workers(threads)
    prepared = ops.prepare(params)
    layers = {}
    for name, W in params.items():
        if name.endswith(".W"):
            T = 1 if name == "label.W" else config.glimpses
            x, dout = (np.ones((T, BATCH, n), np.float32) for n in W.shape)
            layers[name.removesuffix(".W")] = prepared[name], x, dout

    def multiply_shard(shard):
        start, stop = shard
        for name, (W, x, dout) in layers.items():
            x = np.ascontiguousarray(x[:, start:stop])
            dout = np.ascontiguousarray(dout[:, start:stop])
            for t in range(len(x)):
                ops.linear(x[t], W, params[f"{name}.b"])
                ops.linear_backward_input(dout[t], W)
            ops.linear_backward_weights(dout.reshape(-1, dout.shape[2]), x.reshape(-1, x.shape[2]))

    return lambda: workers.map(multiply_shard, workers.shards(BATCH)) and None


def build_torch(size, threads, compiled=False, precision="highest"):
    case = make_case(size)
    paints = case.model.GENERATIVE
    torch, peer = _import_peer("torch", "torch" if paints else "torch_classifier")
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision(precision)
    config, module = case.config, peer.load(case.params, case.config)
    images, adam = torch.from_numpy(case.images), peer.make_optimizer(module)

    def make_other_input():
        if paints:
            return torch.randn(config.glimpses, BATCH, config.latent)
        return torch.from_numpy(case.labels)

    note = ""
    if compiled:
        note = f"compiled in {peer.compile_step(module, images, make_other_input()):.0f} s"
    return lambda: peer.train_step(module, adam, images, make_other_input()), note


def build_torch_medium(size, threads):
    step, _ = build_torch(size, threads, precision="medium")
    return step, "products of bfloat16, 8 bits"


def build_torch_compile(size, threads):
    return build_torch(size, threads, compiled=True)


def build_jax(size, threads):
    if size in SIZES_NOT_IN_JAX:
        raise UserError("not written in JAX")
    jax, peer = _import_peer("jax", "jax")
    _, config, params, images, _ = make_case(size)
    params, images = peer.load(params, config), jax.numpy.asarray(images)
    state = [params, peer.make_optimizer(params), jax.random.key(0)]
    shape = config.glimpses, BATCH, config.latent
    sample_noise = jax.jit(lambda key: jax.random.normal(key, shape))

    def step():
        params, adam, key = state
        key, now = jax.random.split(key)
        *weights, loss = peer.train_step(params, adam, images, sample_noise(now), config=config)
        state[:] = *weights, key
        return jax.block_until_ready((state, loss))

    began = time.perf_counter()
    step()
    return step, f"compiled in {time.perf_counter() - began:.0f} s"


def _import_peer(framework, name):
    """Import the framework and the network written in it."""
    if not PEERS_FOLDER.is_dir():
        raise UserError(f"{framework}'s network is only in minidraw's sources")
    sys.path.insert(0, os.fspath(PEERS_FOLDER))
    return importlib.import_module(framework), importlib.import_module(f"peer_{name}")


AVX2_ONLY = {  # environment in which a contender uses no wider unit, whatever the processor has
    "NUMBA_CPU_NAME": "haswell",
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
}
CORES = count_cores()
CONTENDERS = {  # name: builder, threads
    "kernels": (build_kernels, CORES),
    **{
        f"kernels, {n} of {CORES}": (build_kernels, n)
        for n in sorted({*(2**k for k in range(9)), 2 * CORES})
        if n <= 2 * CORES and n != CORES
    },
    "layers": (build_layers, CORES),
    "products, ours": (build_our_products, CORES),
    "products, BLAS": (build_blas_products, CORES),
    "torch": (build_torch, CORES),
    "torch, 1 thread": (build_torch, 1),
    "torch, medium": (build_torch_medium, CORES),
    "torch.compile": (build_torch_compile, CORES),
    "jax": (build_jax, CORES),  # always uses a thread per core
}
