"""Threads that each run a whole model on their own part of a batch.

NumPy's matrix products and the compiled kernels release Python's lock, so that a thread per
core, with BLAS held at one thread, keeps every core busy.
"""

import ctypes
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from minidraw.errors import UserError


def default_threads():
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def keep_freed_memory():
    """Ask glibc to keep what a training step frees for the next one.

    By default it gives large arrays back to the system, which then clears and maps their pages
    anew at every step: a tenth of the time. Other C libraries are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD
        mallopt(-4, 0)  # M_MMAP_MAX


class Workers:
    """A pool of threads; a context manager, since BLAS's limit holds for the whole process."""

    def __init__(self, threads=None):
        self.threads = default_threads() if threads is None else threads
        if not isinstance(self.threads, int) or self.threads < 1:
            raise UserError(f"threads must be at least 1, got {threads}")
        keep_freed_memory()
        self._limit = threadpool_limits(1, user_api="blas")
        # What isn't finite, the trainer finds and says: no warnings of NumPy's on top.
        quiet = partial(np.seterr, over="ignore", invalid="ignore")
        self._pool = ThreadPoolExecutor(self.threads, initializer=quiet)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._pool.shutdown()
        self._limit.restore_original_limits()

    def map(self, function, items):
        """``[function(item) for item in items]``, in that order, on all threads."""
        return list(self._pool.map(function, items))

    def shards(self, count):
        """Cut `count` images into one part per thread: pairs (start, stop)."""
        cuts = [round(count * k / self.threads) for k in range(self.threads + 1)]
        return [(a, b) for a, b in zip(cuts, cuts[1:], strict=False) if a < b]
