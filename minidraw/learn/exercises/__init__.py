"""The exercises of all lessons, one module per lesson: its `EXERCISES`."""

import difflib
import importlib
import pkgutil
from functools import cache

from minidraw.errors import UserError


@cache
def all_exercises():
    """Every exercise by its id, lesson by lesson."""
    names = (info.name for info in pkgutil.iter_modules(__path__))
    modules = sorted(name for name in names if name.startswith("lesson_"))
    lessons = [importlib.import_module(f"{__name__}.{name}") for name in modules]
    return {entry.id: entry for lesson in lessons for entry in lesson.EXERCISES}


def get_exercise(id):
    """The exercise of that id."""
    found = all_exercises()
    if id not in found:
        near = difflib.get_close_matches(id, found, n=1, cutoff=0)[0]
        raise UserError(f"there is no exercise {id!r}; did you mean {near}?")
    return found[id]


def within_reach(exercise):
    """Names of what an exercise may call, and of what those may call in turn."""
    found, new = set(), set(exercise.uses)
    while new:
        found |= new
        earlier = [entry for entry in all_exercises().values() if entry.name in new]
        new = {name for entry in earlier for name in entry.uses} - found
    return found
