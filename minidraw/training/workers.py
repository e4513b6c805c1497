"""Worker threads; each runs the whole model on its own shard of a batch.

NumPy's matrix products and the compiled kernels release Python's lock.  One thread per core, with
BLAS limited to one thread, therefore keeps every core busy.
"""

import math
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from minidraw.errors import UserError


def count_cores():
    """Return the number of cores that this process may use: its affinity and container's quota."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quotas = [math.ceil(quota) for quota in _read_quotas(Path("/sys/fs/cgroup"))]
    return max(1, min([cores, *quotas]))


def _read_quotas(root):
    """Yield every limit of this process's control groups, in cores (Linux only)."""
    with suppress(OSError, ValueError):  # version 2: each folder on the way down may set one
        [group] = re.findall(r"^0::/(.*)$", Path("/proc/self/cgroup").read_text(), re.M)
        for folder in (root / group, *(root / group).parents):
            if root in (folder, *folder.parents):
                with suppress(OSError, ValueError):  # "max" is no limit
                    quota, period = map(int, (folder / "cpu.max").read_text().split())
                    yield quota / period
    with suppress(OSError, ValueError):  # version 1
        quota, period = (
            int((root / "cpu" / f"cpu.cfs_{name}_us").read_text()) for name in ("quota", "period")
        )
        if quota > 0:
            yield quota / period


MIN_SHARD_IMAGES = 6  # in smaller shards, what each shard costs on its own outweighs the rest


class Workers:
    """Pool of threads, a context manager because it limits BLAS in the whole process."""

    def __init__(self, threads=None):
        self.threads = count_cores() if threads is None else threads
        if not isinstance(self.threads, int) or self.threads < 1:
            raise UserError(f"threads must be at least 1, got {threads}")
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
        """Divide `count` images into at most one shard per thread: pairs (start, stop)."""
        number = max(1, min(self.threads, count // MIN_SHARD_IMAGES))
        cuts = [round(count * k / number) for k in range(number + 1)]
        return list(zip(cuts, cuts[1:], strict=False))
