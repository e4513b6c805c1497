"""Ranks: the processes of one run, started together by an MPI launcher such as `mpiexec`.

`join` tells whether there are several.  Each rank then computes its part of every batch, all add up
the same gradient, and every rank makes the same update.  Only the first rank writes and prints.
"""

import os
import sys
import time
from contextlib import contextmanager

import numpy as np

from minidraw.errors import UserError, printable

LAUNCHERS = (  # environment variables of a process's rank and of their number
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),  # Open MPI
    ("PMI_RANK", "PMI_SIZE"),  # MPICH, Intel MPI, Microsoft MPI, Cray
    ("FLUX_TASK_RANK", "FLUX_JOB_SIZE"),  # Flux
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),  # Slurm's srun
)
ERROR_SECONDS = 2  # by which all ranks have raised an error that all of them raise


class Ranks:
    """One rank: a run without MPI.

    Attributes
    ----------
    rank, size, machines : int
        Number of this rank, counted from 0; number of ranks, and of machines they run on.
    """

    rank, size, machines = 0, 1, 1

    def gather(self, value):
        """Return the values of all ranks, in their order."""
        return [value]

    def gather_on_machine(self, value):
        """Return the values of the ranks on this machine."""
        return [value]

    def broadcast(self, value):
        """Return the first rank's value."""
        return value

    def broadcast_array(self, array):
        """Overwrite the array with the first rank's."""

    def add(self, vector):
        """Replace a vector by the sum over ranks, added in their order."""

    def chain(self, items):
        """Return the lists of all ranks as one."""
        return [item for part in self.gather(items) for item in part]

    def part(self, count):
        """Return the pair (start, stop) of this rank's part of `count` things."""
        start, stop = (round(count * k / self.size) for k in (self.rank, self.rank + 1))
        return start, stop

    def on_first(self, function):
        """Call a function on the first rank; return its result there, and None elsewhere.

        A `UserError` is raised on every rank.
        """
        result = error = None
        if self.rank == 0:
            try:
                result = function()
            except UserError as raised:
                error = raised
        if error := self.broadcast(error):
            raise error
        return result


class MpiRanks(Ranks):
    """The ranks of an MPI communicator, such as ``mpi4py.MPI.COMM_WORLD``."""

    def __init__(self, comm, machine):
        self.rank, self.size = comm.Get_rank(), comm.Get_size()
        self._comm, self._machine = comm, machine
        self.machines = self.gather(machine.Get_rank()).count(0)

    def gather(self, value):
        return self._comm.allgather(value)

    def gather_on_machine(self, value):
        return self._machine.allgather(value)

    def broadcast(self, value):
        return self._comm.bcast(value)

    def broadcast_array(self, array):
        self._comm.Bcast(array)

    def add(self, vector):
        # MPI's own sum has no fixed order.  Here each rank adds one slice, so that twice the
        # vector passes through a rank's network however many ranks there are.
        length = -(-len(vector) // self.size)
        padded = np.zeros(self.size * length, vector.dtype)
        padded[: len(vector)] = vector
        slices = np.empty((self.size, length), vector.dtype)
        self._comm.Alltoall(padded, slices)
        total = slices[0]
        for other in slices[1:]:
            total += other
        self._comm.Allgather(total, padded)
        vector[...] = padded[: len(vector)]


def find_launch():
    """Return this process's rank and the number of ranks, as the launcher set them."""
    for names in LAUNCHERS:
        rank, size = (os.environ.get(name, "") for name in names)
        if rank.isdecimal() and size.isdecimal() and int(size) > 1:
            return int(rank), int(size)
    return 0, 1


@contextmanager
def join():
    """Yield this process's `Ranks`; an error of one among several ends all of them.

    Raises
    ------
    UserError
        If a launcher started several processes that MPI can't connect.
    """
    _, size = find_launch()
    if size == 1:
        yield Ranks()
        return
    MPI = _import_mpi(size)
    errors = MPI.COMM_WORLD.Dup()
    try:
        yield MpiRanks(MPI.COMM_WORLD, MPI.COMM_WORLD.Split_type(MPI.COMM_TYPE_SHARED))
    except BaseException as error:
        if not _all_arrive(errors.Ibarrier()):  # the others go on, or wait for this rank
            kind = "" if isinstance(error, (UserError, OSError)) else f"{type(error).__name__}: "
            line = f"minidraw: rank {errors.rank}: {kind}{error}"
            print(printable(line), file=sys.__stderr__, flush=True)
            errors.Abort(130 if isinstance(error, KeyboardInterrupt) else 2)
        raise


def _import_mpi(size):
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise UserError(
            f"{size} processes were started together, but mpi4py can't connect them ({error}):"
            ' pip install "minidraw[mpi]", or start one process'
        ) from None
    if MPI.COMM_WORLD.size != size:
        raise UserError(
            f"{size} processes were started together, but {MPI.get_vendor()[0]}, which mpi4py"
            f" uses, connects {MPI.COMM_WORLD.size}: start them with {MPI.get_vendor()[0]}'s own"
            " mpiexec; with Slurm, try srun --mpi=pmi2"
        )
    return MPI


def _all_arrive(barrier):
    until = time.monotonic() + ERROR_SECONDS
    while not (arrived := barrier.Test()) and time.monotonic() < until:
        time.sleep(0.01)
    return arrived
