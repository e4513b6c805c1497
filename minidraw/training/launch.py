"""`join_ranks`: connect with the processes that an MPI launcher such as `mpiexec` started."""

import os
import sys
import time
from contextlib import contextmanager

from minidraw.errors import UserError, printable
from minidraw.training.ranks import Ranks

LAUNCHERS = (  # environment variables of a process's rank and of their number
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),  # Open MPI
    ("PMI_RANK", "PMI_SIZE"),  # MPICH, Intel MPI, Microsoft MPI, Cray
    ("FLUX_TASK_RANK", "FLUX_JOB_SIZE"),  # Flux
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),  # Slurm's srun
)
ERROR_SECONDS = 2  # by which all ranks have raised an error that all of them raise


def find_launch():
    """Return this process's rank and the number of ranks, as the launcher set them."""
    for names in LAUNCHERS:
        rank, size = (os.environ.get(name, "") for name in names)
        if rank.isdecimal() and size.isdecimal() and int(size) > 1:
            return int(rank), int(size)
    return 0, 1


@contextmanager
def join_ranks():
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
        yield Ranks(MPI.COMM_WORLD, MPI.COMM_WORLD.Split_type(MPI.COMM_TYPE_SHARED))
    except BaseException as error:
        if not _all_arrive(errors.Ibarrier()):  # the others go on, or wait for this rank
            kind = "" if isinstance(error, (UserError, OSError)) else f"{type(error).__name__}: "
            line = f"minidraw: rank {errors.rank}: {kind}{error}".rstrip(": ")
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
