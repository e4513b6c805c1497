"""Worker threads; each runs the whole model on its own shard of a batch.

NumPy's matrix products and the compiled kernels release Python's lock.  One thread per core, with
BLAS limited to one thread, therefore keeps every core busy.  Where no thread can be started, as in
a browser, the caller's own thread computes the same shards one after another.
"""

import math
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from minidraw.errors import UserError, check_integer
from minidraw.training.ranks import Ranks

MAX_THREADS = 1024


def count_cores(ranks=None):
    """Return the number of cores for this process: its affinity and its container's quota.

    The ranks on a machine share its cores; all have as many as the rank with the fewest, for
    which the others would wait.
    """
    ranks = ranks or Ranks()
    if hasattr(os, "sched_getaffinity"):
        cores = os.sched_getaffinity(0)
    else:
        cores = set(range(os.cpu_count() or 1))
    on_machine = ranks.gather_on_machine(cores)  # a launcher may bind each to cores of its own
    quotas = [math.ceil(quota) for quota in _read_quotas(Path("/sys/fs/cgroup"))]
    count = min([len(set().union(*on_machine)), *quotas]) // len(on_machine)
    return max(1, min(ranks.gather(count)))


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


class _BlasLimit:
    """Limit of BLAS to one thread, which holds for the whole process.

    The first pool sets it and the last undoes it: fits may overlap, as joblib's do in threads.
    """

    def __init__(self):
        self._lock, self._pools = threading.Lock(), 0

    def set(self):
        with self._lock:
            if self._pools == 0:
                self._limit = threadpool_limits(1, user_api="blas")
            self._pools += 1

    def undo(self):
        with self._lock:
            self._pools -= 1
            if self._pools == 0:
                self._limit.restore_original_limits()


_blas_limit = _BlasLimit()


def _can_start_thread():
    thread = threading.Thread(target=int)
    try:
        thread.start()
    except RuntimeError:
        return False
    thread.join()
    return True


class Workers:
    """Pool of threads, a context manager because it limits BLAS in the whole process.

    Parameters
    ----------
    threads : int, optional
        By default one per core.
    ranks : Ranks, optional
        The processes that share the work; by default this one alone.
    """

    def __init__(self, threads=None, ranks=None):
        self.ranks = ranks or Ranks()
        threads = count_cores(self.ranks) if threads is None else threads
        self.threads = check_integer("threads", threads, 1, MAX_THREADS)
        _blas_limit.set()
        self._pool = ThreadPoolExecutor(self.threads) if _can_start_thread() else None

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        if self._pool:
            self._pool.shutdown()
        _blas_limit.undo()

    def map(self, function, items):
        """Return ``[function(item) for item in items]``, computed on all threads."""
        # The trainer reports what isn't finite; NumPy's warnings would only repeat it.
        compute = np.errstate(over="ignore", invalid="ignore")(function)
        return list(self._pool.map(compute, items) if self._pool else map(compute, items))

    def map_on_ranks(self, function, items):
        """Return ``[function(item) for item in items]``, computed on all threads of all ranks."""
        return self.ranks.chain(self.map(function, items[slice(*self.ranks.part(len(items)))]))

    def shards(self, count):
        """Divide this rank's part of `count` images among its threads: pairs (start, stop).

        Raises
        ------
        UserError
            If there are more ranks than images.
        """
        if count < self.ranks.size:
            raise UserError(
                f"{self.ranks.size} ranks can't share a batch of {count}: give a larger --batch,"
                " or start fewer"
            )
        start, stop = self.ranks.part(count)
        number = max(1, min(self.threads, (stop - start) // MIN_SHARD_IMAGES))
        cuts = [start + round((stop - start) * k / number) for k in range(number + 1)]
        return list(zip(cuts, cuts[1:], strict=False))
