"""`judge_submission` judges each function of a submission, from arrays that its process returns."""

from dataclasses import replace
from typing import NamedTuple

from minidraw.learn.checking.judge import Verdict, judge
from minidraw.learn.exercises import all_exercises
from minidraw.learn.exercises.open_exercises import OPEN_EXERCISES, judge_open, make_backward
from minidraw.learn.exercises.variants import choose_variants
from minidraw.learn.grading import SECONDS_PER_FUNCTION
from minidraw.learn.grading.differences import find_differences
from minidraw.learn.grading.limits import Stopped, check_limit
from minidraw.learn.grading.process import SubmissionProcess


class Judged(NamedTuple):
    results: dict  # id to {"verdict": .., "message": ..}
    notes: list  # what went wrong while the files ran
    has_functions: bool


def judge_submission(submission, seconds=SECONDS_PER_FUNCTION, seed=0, hidden=()):
    """Judge every function of a submission.

    Parameters
    ----------
    submission : Submission
    seconds : float
        Time limit for each function, and for running the files.
    seed : int
        Of the test arrays and the variants.
    hidden : list of path
        Files and folders that the submission may not read.

    Returns
    -------
    Judged
    """
    results, stopped, entries = {}, set(), list_exercises(seed)
    with_cache = {entry.name for entry in entries.values() if entry.returns_cache}
    hidden = [*hidden, submission.path.resolve()]
    try:
        with SubmissionProcess(
            submission.files, check_limit(seconds), with_cache, hidden
        ) as process:
            for id, entry in entries.items():
                name = id.partition(".")[2]
                theirs = {k: f for k, f in process.functions.items() if k not in stopped}
                try:
                    verdict = _judge_function(id, entry, theirs, process)
                except Stopped as error:
                    verdict = Verdict(error.kind, str(error))
                    stopped.add(name)  # what builds on it need not end in the same way
                results[id] = _write_result(verdict)
            notes = [_make_printable(note) for note in process.notes]
            return Judged(results, notes, bool(process.functions))
    except Stopped as error:  # before any function was defined
        results = dict.fromkeys(entries, _write_result(Verdict("missing")))
        return Judged(results, [str(error)], False)


def list_exercises(seed):
    """Return the lessons' exercises and the open ones by id, with this seed's arrays."""
    lessons = {id: replace(entry, seed=seed) for id, entry in all_exercises().items()}
    return lessons | choose_variants(seed)


def _judge_function(id, entry, theirs, process):
    name = id.partition(".")[2]
    if name not in theirs:
        return Verdict("missing")
    process.renew_limit()
    process.watched = ""
    if id in OPEN_EXERCISES:
        verdict, forwards = judge_open(id, theirs, entry), [theirs.get(entry.name)]
        entry = make_backward(id, entry)
    else:
        forwards = [None, entry.choose_forward(theirs)]
        verdict = judge(entry, theirs[name], forwards[1])
    if verdict.kind != "right" or not name.endswith("_backward"):
        return verdict
    process.watched = entry.forward.__name__
    return find_differences(entry, theirs[name], forwards, process) or verdict


def _write_result(verdict):
    return {"verdict": verdict.kind, "message": _make_printable(verdict.message)}


def _make_printable(text):
    """Replace what might move a terminal's cursor; the text may be a student's."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
