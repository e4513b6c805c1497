"""Time one training step of minidraw beside PyTorch and JAX, in turn, in one run.

``python tests/bench/timing.py [--size paper|small|no-attention] [--rounds N] [--only NAME ...]``

Every contender lives in a process of its own, which waits while it isn't its turn: thread pools,
limits on BLAS and compilers' settings can't reach another.  What a waiting process burns (an
OpenMP pool that goes on spinning, say) is measured and printed.  A step is all of it: noise, costs,
gradients, clipping and Adam, on a batch of 100 images; minidraw's also averages the weights.

On a busy machine compare the column "cpu", seconds of all threads together; wall-clock times are
then those of the scheduler, and PyTorch's two threads, which wait for each other after every
operation, suffer most: there, OMP_WAIT_POLICY=passive in the environment helps them.
"""

import argparse
import importlib.util
import multiprocessing
import os
import statistics
import time

import numpy as np

BATCH = 100
STEPS = 3  # in a row, whenever it is a contender's turn
PAUSE = 0.3  # seconds between turns: OpenMP pools may spin on for 0.2 s
SIZES = {
    "paper": {},
    "small": {"glimpses": 10, "latent": 10, "read_size": 5},
    "no-attention": {"glimpses": 10, "read_attention": False, "write_attention": False},
}


def interleaved(contenders, rounds):
    """Time several things in turn, so that what slows the machine slows them all.

    Parameters
    ----------
    contenders : dict
        Name to callable, warmed up; one that returns a number measured its own seconds.
    rounds : int

    Returns
    -------
    seconds : dict
        Name to list, one entry per round.
    """
    seconds = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, step in contenders.items():
            time.sleep(PAUSE)
            began = time.perf_counter()
            own = step()
            elapsed = time.perf_counter() - began
            seconds[name].append(own if isinstance(own, float) else elapsed)
    return seconds


class Contender:
    """A step in a process of its own; calling it makes one step and returns its seconds."""

    def __init__(self, build, size, threads):
        context = multiprocessing.get_context("spawn")
        os.environ["OMP_NUM_THREADS"] = str(threads)  # read when the child starts
        self._pipe, end = context.Pipe()
        self._process = context.Process(target=_serve, args=(end, build, size, threads))
        self._process.start()
        end.close()
        self.note = self._pipe.recv()  # ready
        self.cpu, self.idle = [], []

    def __call__(self):
        self._pipe.send(True)
        seconds, cpu, idle = self._pipe.recv()
        self.cpu.append(cpu)
        self.idle.append(idle)
        return seconds

    def close(self):
        self._pipe.send(False)
        self._process.join()


def _serve(pipe, build, size, threads):
    """Build a step in the child, then make one whenever asked."""
    step, note = build(size, threads)
    for _ in range(3):
        step()
    pipe.send(note)
    ended = time.process_time()
    while pipe.recv():
        idle = time.process_time() - ended
        step()  # not counted: training makes one step after another, not one after a pause
        cpu, began = time.process_time(), time.perf_counter()
        for _ in range(STEPS):
            step()
        seconds, ended = time.perf_counter() - began, time.process_time()
        pipe.send((seconds / STEPS, (ended - cpu) / STEPS, idle))


def _case(size):
    """The size's Config, weights to start from, and black and white images."""
    from minidraw.models import draw

    config, rng = draw.Config(**SIZES[size]), np.random.default_rng(0)
    images = rng.integers(0, 2, (BATCH, *config.image_shape)).astype(np.float32)
    return config, draw.init_params(config, rng, np.float32), images


def build_minidraw(size, threads):
    from minidraw import kernels
    from minidraw.datasets.base import Dataset, Split
    from minidraw.models import draw
    from minidraw.training.recipe import Recipe
    from minidraw.training.trainer import Trainer
    from minidraw.training.workers import Workers

    config, params, images = _case(size)
    split = Split(images)
    data = Dataset("random pixels", split, split, binary=True)
    settings = {"ops": kernels, "workers": Workers(threads), "params": params}
    trainer = Trainer(draw, config, Recipe(batch=BATCH), data, 10**6, **settings)
    return trainer.step, ""


def build_torch(size, threads, compiled=False):
    import peer_torch
    import torch

    torch.set_num_threads(threads)
    config, params, images = _case(size)
    module, images = peer_torch.load(params, config), torch.from_numpy(images)
    adam = peer_torch.optimizer(module)

    def noise():
        return torch.randn(config.glimpses, BATCH, config.latent)

    note = ""
    if compiled:
        note = f"compiled in {peer_torch.compiled(module, images, noise()):.0f} s"
    return lambda: peer_torch.train_step(module, adam, images, noise()), note


def build_compiled(size, threads):
    return build_torch(size, threads, compiled=True)


def build_jax(size, threads):
    import jax
    import peer_jax

    config, params, images = _case(size)
    params, images = peer_jax.load(params, config), jax.numpy.asarray(images)
    state = [params, peer_jax.optimizer(params), jax.random.key(0)]
    shape = config.glimpses, BATCH, config.latent
    draw_noise = jax.jit(lambda key: jax.random.normal(key, shape))

    def step():
        params, adam, key = state
        key, now = jax.random.split(key)
        *weights, loss = peer_jax.train_step(params, adam, images, draw_noise(now), config=config)
        state[:] = *weights, key
        return jax.block_until_ready((state, loss))

    began = time.perf_counter()
    step()
    return step, f"compiled in {time.perf_counter() - began:.0f} s"


CONTENDERS = {  # name: needs, builder, threads (0 for every core)
    "minidraw": ("minidraw", build_minidraw, 0),
    "torch": ("torch", build_torch, 0),
    "torch-1-thread": ("torch", build_torch, 1),
    "torch-compile": ("torch", build_compiled, 0),
    "torch-compile-1-thread": ("torch", build_compiled, 1),
    "jax": ("jax", build_jax, 0),  # its pool has a thread per core, whatever is asked for
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", choices=SIZES, default="paper")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    contenders = {}
    try:
        for name in options.only:
            needs, build, threads = CONTENDERS[name]
            if importlib.util.find_spec(needs) is None:
                print(f"{name}: {needs} isn't installed")
            else:
                contenders[name] = Contender(build, options.size, threads or cores)
        seconds = interleaved(contenders, options.rounds)
    finally:
        for contender in contenders.values():
            contender.close()
    print(f"{options.size}, batch {BATCH}, {cores} cores, {options.rounds} rounds, ms per step")
    _table(seconds, contenders)


def _table(seconds, contenders):
    print(
        f"{'':23s}{'median':>8s}{'lowest':>8s}{'highest':>9s}{'ratio':>7s}{'cpu':>8s}{'idle':>7s}"
    )
    first = statistics.median(next(iter(seconds.values())))
    for name, values in seconds.items():
        middle, contender = statistics.median(values), contenders[name]
        cpu, idle = statistics.median(contender.cpu), max(contender.idle[1:], default=0)
        print(
            f"{name:23s}{1e3 * middle:8.1f}{1e3 * min(values):8.1f}{1e3 * max(values):9.1f}"
            f"{middle / first:7.2f}{1e3 * cpu:8.1f}{1e3 * idle:7.1f}  {contender.note}"
        )
    print("ratio: to the first row; cpu: all threads, median; idle: cpu between turns, highest")


if __name__ == "__main__":
    main()
