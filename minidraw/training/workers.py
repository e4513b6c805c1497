"""Worker threads; each runs the whole model on its own shard of a batch.

NumPy's matrix products and the compiled kernels release Python's lock.  One thread per core, with
BLAS limited to one thread, therefore keeps every core busy.
"""

import ctypes
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from minidraw.errors import UserError


def count_cores():
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def keep_freed_memory():
    """Tell glibc to keep the memory that a training step frees, for the next step.

    By default it returns large arrays to the system, which then clears and maps their pages again
    at every step: a tenth of the time.  Has no effect with other C libraries.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD
        mallopt(-4, 0)  # M_MMAP_MAX


class Workers:
    """Pool of threads, a context manager because it limits BLAS in the whole process."""

    def __init__(self, threads=None):
        self.threads = count_cores() if threads is None else threads
        if not isinstance(self.threads, int) or self.threads < 1:
            raise UserError(f"threads must be at least 1, got {threads}")
        keep_freed_memory()
        self._limit = threadpool_limits(1, user_api="blas")
        # The trainer reports what isn't finite; NumPy's warnings would only repeat it.
        quiet = partial(np.seterr, over="ignore", invalid="ignore")
        self._pool = ThreadPoolExecutor(self.threads, initializer=quiet)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._pool.shutdown()
        self._limit.restore_original_limits()

    def map(self, function, items):
        """Return ``[function(item) for item in items]``, computed on all threads."""
        return list(self._pool.map(function, items))

    def shards(self, count):
        """Return one shard of `count` images per thread, as pairs (start, stop)."""
        cuts = [round(count * k / self.threads) for k in range(self.threads + 1)]
        return [(a, b) for a, b in zip(cuts, cuts[1:], strict=False) if a < b]
