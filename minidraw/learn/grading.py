"""Judge a learner's file in a process of its own, with a time limit for every function."""

import json
import os
import subprocess
import sys
from pathlib import Path

from minidraw.errors import UserError
from minidraw.learn import own_functions
from minidraw.learn.checking.judge import Verdict, judge
from minidraw.learn.exercises import all_exercises
from minidraw.learn.exercises.open_exercises import OPEN, judge_open

SECONDS = 20


def grade(path, seconds=SECONDS):
    """What every exercise of the lessons came to, and every open one (``lessons/OPEN.md``).

    Parameters
    ----------
    path : path
        Somebody's ``mine.py``.  It is run, in another process.
    seconds : float
        For each function, and for starting.

    Returns
    -------
    dict
        Id of an exercise to ``{"verdict": .., "message": ..}``.  Verdicts: ``right``, ``wrong``,
        ``raised``, ``unwritten``, ``missing``, ``borrowed`` (it merely calls minidraw),
        ``unjudged`` (an open backward without a right forward) and ``timeout``.
    """
    path = Path(path).resolve()
    if not path.is_file():
        raise UserError(f"there is no file {path}")
    results, waiting = {}, [*all_exercises(), *OPEN]
    while waiting:
        lines, error = _run(path, waiting, seconds)
        for id, verdict, message in lines:
            results[id] = {"verdict": verdict, "message": message}
        waiting = [id for id in waiting if id not in results]
        if waiting and error == "timeout":
            results[waiting[0]] = {"verdict": "timeout", "message": f"no end after {seconds} s"}
            waiting = waiting[1:]
        elif waiting:
            raise UserError(error)
    return results


def _run(path, ids, seconds):
    """Lines (id, verdict, message) of a process, and why it stopped before its end, if it did."""
    command = [sys.executable, "-m", "minidraw.learn.grading", str(path), *ids]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    )
    lines = []
    try:
        for line in _lines(process, seconds):
            lines.append(json.loads(line))
    except TimeoutError:
        return lines[1:], "timeout" if lines else f"{path} comes to no end in {seconds} s"
    finally:
        process.kill()
        _, error = process.communicate()
    return lines[1:], (error.strip().splitlines() or ["the process ended early"])[-1]


def _lines(process, seconds):
    """The process's lines as they come; TimeoutError where the next one takes too long."""
    from queue import Empty, Queue
    from threading import Thread

    queue = Queue()

    def read():
        for line in process.stdout:
            queue.put(line)
        queue.put(None)

    Thread(target=read, daemon=True).start()
    while True:
        try:
            line = queue.get(timeout=seconds)
        except Empty:
            raise TimeoutError from None
        if line is None:
            return
        yield line


def _child(path, ids):
    """Judge the functions one by one; what the learner's code prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        theirs = own_functions.functions(path)
    except UserError as error:
        sys.exit(str(error))
    print(json.dumps("ready"), file=answers, flush=True)
    for id in ids:
        print(json.dumps([id, *_verdict(id, theirs)]), file=answers, flush=True)


def _verdict(id, theirs):
    if id in OPEN:
        return judge_open(id, theirs)
    entry = all_exercises()[id]
    if entry.name not in theirs:
        return Verdict("missing")
    return judge(entry, theirs[entry.name], entry.own_forward(theirs))


if __name__ == "__main__":
    _child(sys.argv[1], sys.argv[2:])
