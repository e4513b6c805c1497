"""Exercises of all lessons; each module ``lesson_NN`` lists its own in `EXERCISES`.

``mistakes.toml`` adds the mistakes that learners were seen to make.
"""

import difflib
import importlib
import pkgutil
import tomllib
from dataclasses import replace
from functools import cache
from importlib.resources import files

from minidraw.errors import UserError


@cache
def all_exercises():
    """Return every exercise by its id, in the order of the lessons."""
    names = (info.name for info in pkgutil.iter_modules(__path__))
    modules = sorted(name for name in names if name.startswith("lesson_"))
    lessons = [importlib.import_module(f"{__name__}.{name}") for name in modules]
    seen = tomllib.loads(files(__name__).joinpath("mistakes.toml").read_text("utf-8"))
    found = {entry.id: entry for lesson in lessons for entry in lesson.EXERCISES}
    return {id: _add_mistakes(entry, seen.get(id, {})) for id, entry in found.items()}


def _add_mistakes(entry, table):
    """Return an exercise with more mistakes: right piece to {wrong piece: message}."""
    more = [(right, *pair) for right, wrongs in table.items() for pair in wrongs.items()]
    return replace(entry, mistakes=(*entry.mistakes, *more))


def get_exercise(id):
    """Return the exercise with this id; for an unknown id, the error names the closest."""
    exercises = all_exercises()
    if id not in exercises:
        near = difflib.get_close_matches(id, exercises, n=1, cutoff=0)[0]
        raise UserError(f"unknown exercise {id!r}; did you mean {near}?")
    return exercises[id]


def find_allowed_calls(exercise):
    """Return the functions that an answer may call, and those that they may call in turn."""
    found, new = set(), set(exercise.uses)
    while new:
        found |= new
        earlier = [entry for entry in all_exercises().values() if entry.name in new]
        new = {name for entry in earlier for name in entry.uses} - found
    return found
