"""Wrong answers for every exercise: its table's mistakes, slips in the source, and bent results."""

from dataclasses import replace

import numpy as np

from minidraw import layers
from minidraw.learn.checking.comparisons import agrees
from minidraw.learn.checking.diagnosis import outcomes
from minidraw.learn.checking.mutants import mutants
from minidraw.learn.exercises import all_exercises

EXERCISES = all_exercises()
LAYERS = [*dir(layers), "banks", "banks_backward"]


def answered(entry):
    """The exercise, with leave to call what the package's own answer calls."""
    return replace(entry, uses=(*entry.uses, entry.answer.__name__, *LAYERS))


def bent(entry, change):
    """The right answer with `change` made to each array that it returns."""
    inputs, cached = entry.cases[0].inputs, entry.cached  # here: calls of the function are watched

    def function(*arguments, **settings):
        value = entry.answer(*arguments, **settings)
        if entry.changed:
            names = list(inputs)
            for name in entry.changed:
                arguments[names.index(name)][...] = change(arguments[names.index(name)])
            return value
        out = value[0] if cached else value
        parts = [change(np.asarray(part)) for part in (out if isinstance(out, tuple) else (out,))]
        out = tuple(parts) if isinstance(out, tuple) else parts[0]
        return (out, value[1]) if cached else out

    return function


def in_place(entry):
    """The right answer that spoils its first input."""

    def function(*arguments, **settings):
        value = entry.answer(*arguments, **settings)
        first = arguments[0]
        while isinstance(first, tuple):
            first = first[0]
        first += 1
        return value

    return function


def turned(array):
    return array.transpose()[...] if array.ndim > 1 else array


def first_size(entry):
    return entry.sizes.split()[0]


def mean_for_sum(entry):
    """Divided by the number of images, which differs from draw to draw."""
    sizes = iter([case.sizes[first_size(entry)] for case in entry.cases] * 9)

    def function(*arguments, **settings):
        size = next(sizes)
        return bent(entry, lambda array: array / size)(*arguments, **settings)

    return function


BENT = {
    "sign": lambda entry: bent(entry, lambda array: -array),
    "factor 2": lambda entry: bent(entry, lambda array: 2 * array),
    "factor 1/2": lambda entry: bent(entry, lambda array: array / 2),
    "factor 0.7": lambda entry: bent(entry, lambda array: 0.7 * array),
    "mean for sum": mean_for_sum,
    "zero": lambda entry: bent(entry, lambda array: 0 * array),
    "nan": lambda entry: bent(entry, lambda array: array * np.nan),
    "transpose": lambda entry: bent(entry, turned),
    "extra axis": lambda entry: bent(entry, lambda array: array[..., None]),
    "in place": in_place,
}


def wrong_answers(entry):
    """Pairs (name, function) of everything that is really wrong."""
    right = outcomes(entry, entry.answer, entry.cases)
    for name, make in BENT.items():
        if name == "transpose" and all(np.ndim(part) < 2 for part in right[0]):
            continue
        if name in ("transpose", "extra axis") and entry.changed:
            continue  # another shape doesn't fit into the array that is there
        if name == "in place" and (entry.changed or not _writable(entry)):
            continue
        yield name, make(entry)
    for words, function in sum(mutants(entry), []):
        edges = [case for case, _ in entry.edge_cases]
        found = outcomes(entry, function, [*entry.cases, *edges])
        wanted = outcomes(entry, entry.answer, [*entry.cases, *edges])
        if found is not None and not all(
            len(a) == len(b) and all(map(agrees, a, b)) for a, b in zip(found, wanted, strict=True)
        ):
            yield words, function


def _writable(entry):
    arguments, _ = entry.cases[0].arguments(entry)
    first = arguments[0]
    while isinstance(first, tuple):
        first = first[0]
    return isinstance(first, np.ndarray)
