"""Limits of a submission's process: its time, and the memory of it and its children."""

from typing import NamedTuple

import psutil

from minidraw.errors import UserError

MAX_MEMORY_BYTES = 2 * 2**30
WAITING = 5  # a process that sleeps, or shares a busy computer, has this many times the limit


class Limits(NamedTuple):
    seconds: float  # of processor time for each function, and for running the file
    total_seconds: float  # of processor time for the whole submission


class Stopped(BaseException):
    """Error for a process that had to be stopped, or that ended itself.

    No `Exception`, so that the checks don't take it for an error of the learner's function.
    """

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind  # of the verdict: timeout, memory or raised


def check_limit(seconds):
    """Return the limits that follow from the one of a function."""
    if not 0 < seconds < 1e6:
        raise UserError(f"--seconds {seconds:g}: expected a number above 0")
    return Limits(seconds, 15 * seconds)


def find_tree(pid):
    """Return a process and all its descendants."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def measure(pid):
    """Return the processor seconds that a process and its descendants used, and their memory."""
    seconds = memory = 0
    for process in find_tree(pid):
        try:
            seconds += sum(process.cpu_times()[:2])
            memory += process.memory_info().rss
        except psutil.Error:
            pass
    return seconds, memory


def kill_tree(pid):
    """Kill a process and all its descendants."""
    for process in find_tree(pid):
        try:
            process.kill()
        except psutil.Error:
            pass
