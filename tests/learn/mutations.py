"""Wrong answers for every exercise: its own mistakes, slips in the source, altered results."""

from dataclasses import replace

import numpy as np

from minidraw import layers
from minidraw.learn.checking.comparisons import is_close
from minidraw.learn.checking.diagnosis import compute_outputs
from minidraw.learn.checking.mutants import make_mutants
from minidraw.learn.exercises import all_exercises

EXERCISES = all_exercises()
LAYERS = [*dir(layers), "banks", "banks_backward"]


def allow_answer(entry):
    """Return the exercise with permission to call all that the package's own answer calls."""
    return replace(entry, uses=(*entry.uses, entry.answer.__name__, *LAYERS))


def alter(entry, change):
    """Make the right answer with `change` applied to each array that it returns."""
    # Computed here, because calls inside the function are watched.
    inputs, returns_cache = entry.cases[0].inputs, entry.returns_cache

    def function(*arguments, **settings):
        value = entry.answer(*arguments, **settings)
        if entry.in_place:
            names = list(inputs)
            for name in entry.in_place:
                arguments[names.index(name)][...] = change(arguments[names.index(name)])
            return value
        if entry.returns_dict:
            return {name: change(part) for name, part in value.items()}
        out = value[0] if returns_cache else value
        parts = [change(np.asarray(part)) for part in (out if isinstance(out, tuple) else (out,))]
        out = tuple(parts) if isinstance(out, tuple) else parts[0]
        return (out, value[1]) if returns_cache else out

    return function


def spoil_input(entry):
    """Make the right answer that also changes its first input in place."""

    def function(*arguments, **settings):
        value = entry.answer(*arguments, **settings)
        first = arguments[0]
        while isinstance(first, tuple | dict):
            first = next(iter(first.values() if isinstance(first, dict) else first))
        first += 1
        return value

    return function


def transpose(array):
    return array.transpose()[...] if array.ndim > 1 else array


def average(entry):
    """Divide by the number of images, which differs from case to case."""
    first = entry.sizes.split()[0]
    sizes = iter([case.sizes[first] for case in entry.cases] * 9)

    def function(*arguments, **settings):
        size = next(sizes)
        return alter(entry, lambda array: array / size)(*arguments, **settings)

    return function


ALTERED = {
    "sign": lambda entry: alter(entry, lambda array: -array),
    "factor 2": lambda entry: alter(entry, lambda array: 2 * array),
    "factor 1/2": lambda entry: alter(entry, lambda array: array / 2),
    "factor 0.7": lambda entry: alter(entry, lambda array: 0.7 * array),
    "mean for sum": average,
    "zero": lambda entry: alter(entry, lambda array: 0 * array),
    "nan": lambda entry: alter(entry, lambda array: array * np.nan),
    "transpose": lambda entry: alter(entry, transpose),
    "extra axis": lambda entry: alter(entry, lambda array: array[..., None]),
    "in place": spoil_input,
}


def list_wrong_answers(entry):
    """Yield a name and a function for everything that is really wrong."""
    right = compute_outputs(entry, entry.answer, entry.cases)
    for name, make in ALTERED.items():
        if name == "transpose" and all(np.ndim(part) < 2 for part in right[0]):
            continue
        if name in ("transpose", "extra axis") and entry.in_place:
            continue  # the array keeps its shape
        if name == "in place" and (entry.in_place or not _can_spoil(entry)):
            continue
        yield name, make(entry)
    for message, function in sum(make_mutants(entry), []):
        if compute_outputs(entry, function, entry.cases) is not None and any(
            not _is_right(entry, function, case)
            for case in (*entry.cases, *(case for case, _ in entry.edge_cases))
        ):
            yield message, function


def _is_right(entry, function, case):
    found = compute_outputs(entry, function, [case])
    (wanted,) = compute_outputs(entry, entry.answer, [case])
    return (
        found is not None and len(found[0]) == len(wanted) and all(map(is_close, found[0], wanted))
    )


def _can_spoil(entry):
    arguments, _ = entry.cases[0].make_arguments(entry)
    first = arguments[0]
    while isinstance(first, tuple):
        first = first[0]
    return isinstance(first, np.ndarray)
