"""`grade_folder` marks the submissions of a course by a rubric, into one table."""

import csv
import io
import json
import math
import tomllib
from fnmatch import fnmatchcase
from typing import NamedTuple

from minidraw.atomic_write import write_atomically
from minidraw.errors import UserError
from minidraw.learn.grading.judging import judge_submission, list_exercises
from minidraw.learn.grading.submissions import find_submissions, read_submission
from minidraw.regular_files import read_regular

MAX_RUBRIC_BYTES = 2**20
UNGRADED = {"verdict": "ungraded", "message": ""}


class Rubric(NamedTuple):
    """Points for right functions.

    Attributes
    ----------
    points : dict
        Id of an exercise to the points for a right function; all others give none.
    seed : int
        Of the test arrays and the variants; see `grade`.
    """

    points: dict
    seed: int = 0

    def mark(self, results):
        """Return the points for each exercise of the rubric."""
        right = {id for id, result in results.items() if result["verdict"] == "right"}
        return {id: points if id in right else 0 for id, points in self.points.items()}


class Mark(NamedTuple):
    """The points of one submission, and the verdicts they come from."""

    student: str
    points: dict  # id to points
    results: dict  # id to {"verdict": .., "message": ..}; empty if it can't be graded
    notes: list


def read_rubric(path, seed=None):
    """Read a rubric, in TOML or JSON.

    Parameters
    ----------
    path : Path or None
        ``points`` maps ids or patterns such as ``"*_backward"`` to numbers, and the first that
        fits an exercise counts; ``seed`` is optional.  None gives a point for every exercise.
    seed : int, optional
        Replaces that of the file.

    Raises
    ------
    UserError
        If something in it isn't understood.
    """
    content = {"points": {"*": 1}} if path is None else _parse(path)
    if not isinstance(content, dict) or (unknown := set(content) - {"points", "seed"}):
        raise UserError(f"{path}: expected a table points and a seed; found {sorted(unknown)}")
    seed = content.get("seed", 0) if seed is None else seed
    if type(seed) is not int or not 0 <= seed < 2**32:
        raise UserError(f"{path or '--seed'}: seed is {seed!r}; expected a whole number from 0")
    patterns, points = content.get("points"), {}
    if not isinstance(patterns, dict) or not patterns:
        raise UserError(f'{path}: no points; write a table such as [points] and "08.gru" = 2')
    ids = list_exercises(0)
    for pattern, value in patterns.items():
        if type(value) not in (int, float) or not 0 <= value < math.inf:
            raise UserError(
                f"{path}: {pattern} = {value!r}; expected a number of points, 0 or more"
            )
        found = [id for id in ids if fnmatchcase(id, pattern)]
        if not found:
            raise UserError(f"{path}: no exercise is called {pattern}; ids are like 08.gru")
        points = dict.fromkeys(found, value) | points
    return Rubric({id: points[id] for id in ids if id in points}, seed)


def grade_folder(path, rubric, seconds, ours=()):
    """Mark each submission in a folder, or a single one; yield a `Mark` for each.

    Parameters
    ----------
    path : Path
    rubric : Rubric
    seconds : float
        Time limit for each function.
    ours : list of path
        Files and folders that are no submissions; earlier marks may be in them, so none is read.
    """
    found = find_submissions(path, ours) if path.is_dir() else [read_submission(path)]
    hidden = [one.resolve() for one in (*(submission.path for submission in found), *ours)]
    for submission in found:
        if submission.fault:
            yield Mark(submission.student, rubric.mark({}), {}, [submission.fault])
            continue
        judged = judge_submission(submission, seconds, rubric.seed, hidden)
        points = rubric.mark(judged.results)
        yield Mark(submission.student, points, judged.results, judged.notes)


def write_table(path, rubric, marks):
    """Write the marks as CSV: the points, and the verdict on each exercise of the rubric."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["student", "points", "of", "note", *rubric.points])
    of = sum(rubric.points.values())
    for mark in marks:
        verdicts = [mark.results.get(id, UNGRADED)["verdict"] for id in rubric.points]
        points, note = sum(mark.points.values()), "; ".join(mark.notes)
        table.writerow([_defuse(mark.student), f"{points:g}", f"{of:g}", _defuse(note), *verdicts])
    with write_atomically(path) as file:
        file.write(text.getvalue().encode("utf-8", "replace"))


def _defuse(text):
    """Keep a spreadsheet from running a student's text as a formula, and the row on one line."""
    text = " ".join(text.split())
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _parse(path):
    try:
        text = read_regular(path, MAX_RUBRIC_BYTES).decode("utf-8-sig")
        return json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not TOML or JSON: {error}") from error
