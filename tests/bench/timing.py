"""Time one training step of minidraw beside PyTorch and JAX, in turn, in one run.

``python tests/bench/timing.py [--size paper|small|no-attention] [--rounds N] [--only NAME ...]``

Every contender lives in a process of its own, which waits while it isn't its turn: thread pools,
limits on BLAS and compilers' settings can't reach another.  What a waiting process burns (an
OpenMP pool that goes on spinning, say) is measured and printed.  A step is all of it: noise, costs,
gradients, clipping and Adam, on a batch of 100 images; minidraw's also averages the weights.
"""

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

BATCH = 100
PAUSE = 0.3  # seconds between turns: thread pools spin on for up to 0.2 s
SIZES = {
    "paper": {},
    "small": {"glimpses": 10, "latent": 10, "read_size": 5},
    "no-attention": {"glimpses": 10, "read_attention": False, "write_attention": False},
}


def interleaved(contenders, rounds):
    """Seconds that each contender takes, one after the other in every round.

    Parameters
    ----------
    contenders : dict
        Name to callable, each ready to run at full speed; a callable may return the seconds
        that it took itself.
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
            measured = step()
            seconds[name].append(measured or time.perf_counter() - began)
    return seconds
