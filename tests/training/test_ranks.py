"""One run on several processes: the order of sums, the division of work, and two real ranks."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from minidraw import layers
from minidraw.datasets import from_array
from minidraw.errors import UserError
from minidraw.models import draw
from minidraw.training.checkpoint import load_meta
from minidraw.training.launch import LAUNCHERS, find_launch, join_ranks
from minidraw.training.ranks import Ranks
from minidraw.training.recipe import Recipe
from minidraw.training.trainer import Trainer
from minidraw.training.workers import Workers, count_cores


class ThreadComm:
    """Stand-in for an MPI communicator, between the threads of one process."""

    def __init__(self, rank, board, barrier):
        self.rank, self.size = rank, len(board)
        self.board, self.barrier = board, barrier

    def allgather(self, value):
        self.board[self.rank] = value
        self.barrier.wait()
        values = list(self.board)
        self.barrier.wait()
        return values

    def bcast(self, value):
        return self.allgather(value)[0]

    def Bcast(self, array):
        array[...] = self.allgather(array.copy())[0]

    def Alltoall(self, sent, received):
        parts = self.allgather(sent.reshape(received.shape).copy())
        received[...] = [part[self.rank] for part in parts]

    def Allgather(self, sent, received):
        received[...] = np.concatenate(self.allgather(sent.copy()))


def run_on_ranks(size, function, *, together=True):
    """Return ``function(ranks)`` of each of `size` ranks, which are threads.

    They run on one machine, or each on its own.
    """
    board, barrier = [None] * size, threading.Barrier(size, timeout=60)

    def run(rank):
        comm = ThreadComm(rank, board, barrier)
        try:
            return function(Ranks(comm, comm if together else None))
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(size) as pool:
        return list(pool.map(run, range(size)))


@pytest.mark.parametrize("length", [1, 3, 1001])
@pytest.mark.parametrize("size", [2, 3, 4, 7])
def test_ranks_add_in_their_order(size, length):
    vectors = np.random.default_rng(0).standard_normal((size, length)).astype(np.float32)
    vectors *= 10.0 ** np.arange(size)[:, None]  # so that another order rounds differently
    expected = vectors[0].copy()
    for vector in vectors[1:]:
        expected += vector
    if length > 100 and size > 2:
        assert not np.array_equal(vectors[::-1].cumsum(axis=0)[-1], expected)

    def add(joined):
        vector = vectors[joined.rank].copy()
        joined.add(vector)
        return vector

    for vector in run_on_ranks(size, add):
        np.testing.assert_array_equal(vector, expected)


def test_ranks_divide_everything_once():
    for size in 1, 2, 3, 5:
        for count in 5, 7, 100:
            parts = run_on_ranks(size, lambda joined, count=count: joined.part(count))
            assert [k for a, b in parts for k in range(a, b)] == list(range(count))
            assert max(b - a for a, b in parts) - min(b - a for a, b in parts) <= 1
    chained = run_on_ranks(3, lambda joined: joined.chain([joined.rank] * joined.rank))
    assert chained == [[1, 2, 2]] * 3


def test_an_error_of_the_first_rank_is_raised_on_all():
    called = []

    def fail():
        called.append(1)
        raise UserError("the disk is full")

    def catch(joined):
        with pytest.raises(UserError, match="the disk is full"):
            joined.on_first(fail)
        return joined.on_first(lambda: "done")

    assert run_on_ranks(3, catch) == ["done", None, None]
    assert called == [1]


@pytest.mark.parametrize("size", [2, 4])
def test_ranks_train_the_same_network_as_one(images, config, size):
    def train(joined):
        with Workers(1, joined) as pool:
            recipe = Recipe(epochs=1, batch=22)
            data = from_array(images)
            trainer = Trainer(draw, config, recipe, data, 10, ops=layers, workers=pool)
            trainer.adam.weights.vector[...] += joined.rank  # as if it had started elsewhere
            trainer.share_state()
            rows = [trainer.step() for _ in range(5)]
            return rows[-1]["total"], trainer.adam.weights.vector, trainer.validate()

    [(total, weights, bound)] = [train(Ranks())]
    results = run_on_ranks(size, train)
    for other_total, other_weights, other_bound in results:
        assert other_total == pytest.approx(total, rel=1e-5)
        assert other_bound.images == bound.images
        assert other_bound.total == pytest.approx(bound.total, rel=1e-5)
        assert other_bound.standard_error == pytest.approx(bound.standard_error, rel=1e-4)
        assert np.abs(other_weights - weights).max() < 1e-5
        np.testing.assert_array_equal(other_weights, results[0][1])


def test_a_batch_needs_an_image_for_every_rank():
    def divide(joined):
        with Workers(2, joined) as pool, pytest.raises(UserError, match="4 ranks .* batch of 3"):
            pool.shards(3)
        with Workers(2, joined) as pool:
            return pool.shards(100)

    shares = run_on_ranks(4, divide)
    assert [len(part) for part in shares] == [2] * 4
    assert [k for part in shares for a, b in part for k in range(a, b)] == list(range(100))


def test_ranks_on_several_machines_use_as_many_threads_as_the_smallest(monkeypatch):
    monkeypatch.setattr("minidraw.training.workers._read_quotas", lambda root: [])
    machine = threading.local()
    affinity = "sched_getaffinity"
    monkeypatch.setattr(os, affinity, lambda pid: set(range(machine.cores)), raising=False)

    def count(joined):
        machine.cores = 8 if joined.rank == 0 else 6
        return joined.machines, count_cores(joined)

    assert run_on_ranks(3, count, together=False) == [(3, 6)] * 3


def test_ranks_share_the_cores_of_their_machine(monkeypatch):
    monkeypatch.setattr("minidraw.training.workers._read_quotas", lambda root: [6.0])
    for bound, size, expected in (False, 2, 3), (True, 2, 2), (False, 4, 1), (False, 8, 1):
        own = threading.local()

        def affinity(pid, bound=bound, own=own):
            return {2 * own.rank, 2 * own.rank + 1} if bound else set(range(64))

        monkeypatch.setattr(os, "sched_getaffinity", affinity, raising=False)

        def count(joined, own=own):
            own.rank = joined.rank
            return count_cores(joined)

        assert run_on_ranks(size, count) == [expected] * size


@pytest.fixture
def launch(monkeypatch):
    """Set a launcher's variables, as if it had started `size` processes."""
    for names in LAUNCHERS:
        for name in names:
            monkeypatch.delenv(name, raising=False)

    def set_variables(names, rank, size):
        for name, value in zip(names, (rank, size), strict=True):
            monkeypatch.setenv(name, str(value))

    return set_variables


def test_launchers_are_known_by_their_variables(launch):
    assert find_launch() == (0, 1)
    launch(("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"), 0, 1)  # a shell in a job
    launch(("PMI_RANK", "PMI_SIZE"), "x", "y")
    assert find_launch() == (0, 1)
    with join_ranks() as joined:
        assert (joined.rank, joined.size, joined.machines) == (0, 1, 1)
    launch(("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"), 3, 4)
    assert find_launch() == (3, 4)
    launch(("PMI_RANK", "PMI_SIZE"), 1, 2)  # mpiexec inside the job
    assert find_launch() == (1, 2)


def test_processes_that_mpi_cannot_connect_are_refused(launch, monkeypatch):
    launch(("PMI_RANK", "PMI_SIZE"), 0, 2)
    MPI = SimpleNamespace(COMM_WORLD=SimpleNamespace(size=1), get_vendor=lambda: ("Some MPI", ()))
    for module, expected in (
        (None, r'2 processes .*pip install "minidraw\[mpi\]"'),
        (SimpleNamespace(MPI=MPI), "2 processes .*Some MPI.* connects 1"),
    ):
        monkeypatch.setitem(sys.modules, "mpi4py", module)
        with pytest.raises(UserError, match=expected), join_ranks():
            pass


MPIEXEC = shutil.which("mpiexec", path=str(Path(sys.executable).parent)) or shutil.which("mpiexec")
needs_mpi = pytest.mark.skipif(
    not (MPIEXEC and find_spec("mpi4py")), reason='needs pip install "minidraw[mpi]"'
)
SCRIPT = """
import os, signal, sys
from minidraw.training.checkpoint import load_meta
from minidraw.training.launch import join_ranks
with join_ranks() as ranks:
    if ranks.rank in eval(sys.argv[1]):
        print("leaving", flush=True)
        exec(sys.argv[2])
    ranks.gather(0)
"""


def start_two(*arguments):
    command = [MPIEXEC, "-n", "2", sys.executable, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@needs_mpi
@pytest.mark.parametrize("leaving", ["[0]", "[1]"])
def test_a_rank_that_fails_ends_the_other_with_one_line(leaving):
    process = start_two("-c", SCRIPT, leaving, "raise OSError('no space on device')")
    _, errors = process.communicate(timeout=60)
    [line] = [line for line in errors.splitlines() if "minidraw" in line]
    assert line == f"minidraw: rank {leaving[1]}: no space on device"
    assert "Traceback" not in errors and process.returncode == 2


@needs_mpi
def test_a_rank_that_is_killed_ends_the_other():
    process = start_two("-c", SCRIPT, "[1]", "os.kill(os.getpid(), signal.SIGTERM)")
    process.communicate(timeout=60)
    assert process.returncode != 0


@needs_mpi
def test_an_error_of_all_ranks_is_printed_once(tmp_path):
    process = start_two("-m", "minidraw", "train", "--data", tmp_path / "nothing")
    out, errors = process.communicate(timeout=60)
    assert out.count("2 ranks") == 1
    assert errors.count("minidraw:") == errors.count("nothing") == 1
    assert process.returncode == 2


NETWORK = "--data digits --ops layers --glimpses 2 --hidden 4 --latent 2 --read-size 2 --threads 1"
RECIPE = "--batch 25 --epochs 1 --validate 45 --valid-images 100"


def train_on_two(*arguments):
    return start_two("-m", "minidraw", "train", *arguments)


@pytest.mark.slow
@needs_mpi
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to a process alone")
def test_two_processes_stop_together_and_resume_to_the_same_bits(tmp_path):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    options = f"{NETWORK} {RECIPE} --run".split()
    out, errors = train_on_two(*options, whole).communicate(timeout=200)
    assert out.startswith("2 ranks, 1 machine(s), 1 thread(s) per rank\n"), errors
    process = train_on_two(*options, stopped)
    until = time.monotonic() + 60
    while not (stopped / "log.csv").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert "continue with: mpiexec -n 2 minidraw train --resume" in out, errors
    assert process.returncode != 0
    assert load_meta(stopped / "checkpoint.npz")["step"] < 180
    train_on_two("--resume", stopped).communicate(timeout=200)
    whole, stopped = (np.load(folder / "checkpoint.npz") for folder in (whole, stopped))
    for name in set(whole.files) - {"meta"}:
        np.testing.assert_array_equal(stopped[name], whole[name])
