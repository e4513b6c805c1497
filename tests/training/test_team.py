"""Processes that share a batch: who does what, and what happens when one of them doesn't."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from minidraw.errors import UserError
from minidraw.training import processes as module
from minidraw.training.flat_weights import allocate_flat
from minidraw.training.processes import ProcessTeam
from minidraw.training.workers import Workers

forks = pytest.mark.skipif(not module.FORKS, reason="no processes are forked here")


@pytest.fixture
def make():
    opened = []

    def make(function, size):
        opened.append(ProcessTeam(function, size, Workers(size)))
        return opened[-1]

    yield make
    for team in opened:
        team.close()
        team.workers.__exit__()


def test_every_member_answers_in_order(make):
    team = make(lambda argument, member: (argument, member), 3)
    for argument in "abc":
        assert team(argument) == [(argument, 0), (argument, 1), (argument, 2)]


@forks
def test_the_first_call_runs_here_then_each_member_in_a_process_of_its_own(make):
    team = make(lambda argument, member: os.getpid(), 3)
    assert team(0) == [os.getpid()] * 3
    second, third = team(1), team(2)
    assert second == third and len(set(second)) == 3 and second[0] == os.getpid()
    team.close()
    for process in second[1:]:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    assert set(team(3)[1:]).isdisjoint(second)  # closed, it starts new ones


def test_what_members_leave_in_shared_arrays_is_seen(make):
    shared = allocate_flat({"x": (3, 2)})

    def fill(argument, member):
        shared.views["x"][member] = argument + member

    team = make(fill, 3)
    for argument in 10, 20, 30:
        team(argument)
        np.testing.assert_array_equal(shared.views["x"], argument + np.arange(3)[:, None] + [0, 0])


def test_without_fork_threads_take_their_places(make, monkeypatch):
    monkeypatch.setattr(module, "FORKS", False)
    team = make(lambda argument, member: (argument, member, os.getpid()), 2)
    for argument in range(3):
        assert team(argument) == [(argument, member, os.getpid()) for member in range(2)]


@pytest.mark.parametrize("guilty", [0, 1])
def test_an_error_in_any_member_is_raised_here_and_the_team_goes_on(make, guilty):
    def function(argument, member):
        if argument == "bad" and member == guilty:
            raise ValueError(f"member {member}")
        return argument

    team = make(function, 2)
    team(1), team(2)
    with pytest.raises(ValueError, match=f"member {guilty}"):
        team("bad")
    assert team(3) == [3, 3]


@forks
def test_a_killed_process_is_an_error_of_one_line(make):
    team = make(lambda argument, member: os.getpid(), 2)
    team(0)
    os.kill(team(1)[1], signal.SIGKILL)
    with pytest.raises(UserError, match="a training process was killed"):
        team(2)
    assert len(set(team(3))) == 2


@forks
def test_no_process_outlives_a_killed_parent():
    code = """
import os, time
from minidraw.training.processes import ProcessTeam
from minidraw.training.workers import Workers
team = ProcessTeam(lambda argument, member: os.getpid(), 2, Workers(2))
team(0)
print(team(1)[1], flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
    until = time.monotonic() + 5
    while time.monotonic() < until and os.path.exists(f"/proc/{child}"):
        with open(f"/proc/{child}/stat") as stat:
            if stat.read().split()[2] == "Z":  # dead, whoever is to bury it
                return
        time.sleep(0.01)
    assert not os.path.exists(f"/proc/{child}")
