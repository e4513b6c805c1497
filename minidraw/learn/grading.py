"""`grade` judges a learner's file in another process, with a time limit for each function."""

import json
import os
import subprocess
import sys
from pathlib import Path

from minidraw.errors import UserError
from minidraw.learn import own_functions
from minidraw.learn.checking.judge import Verdict, judge
from minidraw.learn.exercises import all_exercises
from minidraw.learn.exercises.open_exercises import OPEN_EXERCISES, judge_open

SECONDS_PER_FUNCTION = 20


def grade(path, seconds=SECONDS_PER_FUNCTION):
    """Judge all exercises of the lessons and all open exercises (``lessons/OPEN.md``).

    Parameters
    ----------
    path : path
        A learner's ``mine.py``, run in another process.
    seconds : float
        Time limit for each function, and for running the file.

    Returns
    -------
    dict
        Id of an exercise to ``{"verdict": .., "message": ..}``.  Verdicts: ``right``, ``wrong``,
        ``raised``, ``unwritten``, ``missing``, ``borrowed`` (it merely calls minidraw),
        ``unjudged`` (an open backward without a right forward) and ``timeout``.
    """
    path = Path(path).resolve()
    if not path.is_file():
        raise UserError(f"{path}: no such file: give the path of a mine.py")
    results, waiting = {}, [*all_exercises(), *OPEN_EXERCISES]
    while waiting:
        lines, error = _run_child(path, waiting, seconds)
        for id, verdict, message in lines:
            results[id] = {"verdict": verdict, "message": message}
        waiting = [id for id in waiting if id not in results]
        if waiting and error == "timeout":
            message = f"still running after {seconds} s"
            results[waiting[0]] = {"verdict": "timeout", "message": message}
            waiting = waiting[1:]
        elif waiting:
            raise UserError(error)
    return results


def _run_child(path, ids, seconds):
    """Return the child's lines (id, verdict, message) and, if it stopped early, the reason."""
    command = [sys.executable, "-m", "minidraw.learn.grading", str(path), *ids]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    )
    lines = []
    try:
        for line in _read_lines(process, seconds):
            lines.append(json.loads(line))
    except TimeoutError:
        return lines[1:], "timeout" if lines else f"{path}: still running after {seconds} s"
    finally:
        process.kill()
        _, error = process.communicate()
    return lines[1:], (error.strip().splitlines() or ["the process ended early"])[-1]


def _read_lines(process, seconds):
    """Yield the process's lines; raise TimeoutError when the next one takes too long."""
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


def _judge_all(path, ids):
    """Judge the functions one by one; redirect the learner's output to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        theirs = own_functions.load_functions(path)
    except UserError as error:
        sys.exit(str(error))
    print(json.dumps("ready"), file=answers, flush=True)
    for id in ids:
        print(json.dumps([id, *_judge_one(id, theirs)]), file=answers, flush=True)


def _judge_one(id, theirs):
    if id in OPEN_EXERCISES:
        return judge_open(id, theirs)
    entry = all_exercises()[id]
    if entry.name not in theirs:
        return Verdict("missing")
    return judge(entry, theirs[entry.name], entry.choose_forward(theirs))


if __name__ == "__main__":
    _judge_all(sys.argv[1], sys.argv[2:])
