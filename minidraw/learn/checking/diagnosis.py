"""What is probably wrong, said only where it explains every number of every draw."""

import numpy as np

from minidraw.learn.checking.comparisons import (
    TOLERANCE,
    all_agree,
    arrangement,
    nearly,
    of_numbers,
)
from minidraw.learn.checking.mutants import mutants
from minidraw.learn.exercises.exercise import as_tuple


def causes(exercise, cases, found, wanted, tolerance=TOLERANCE):
    """Words for each output that is wrong.

    Parameters
    ----------
    exercise : Exercise
    cases : list of Case
    found, wanted : lists, a tuple of outputs per case
        The learner's and the right ones.

    Returns
    -------
    dict
        Name of a wrong output to words, or to None where nothing explains it.
    """
    split = _splits(exercise, found, wanted)
    theirs, right = (_by_output(outs, split) for outs in (found, wanted))
    wrong = [i for i in range(len(right)) if not all_agree(theirs[i], right[i], tolerance)]
    if not wrong:
        return {}
    names = exercise.blocks if split else exercise.output_names
    named, slips = mutants(exercise)
    words = {
        i: _untouched(exercise, cases, i, theirs) or of_numbers(theirs[i], right[i], cases)
        for i in wrong
    }

    def left():
        return [i for i in wrong if words[i] is None]

    holds = _held(left(), theirs, right)
    words |= {i: "they have changed places" for i, j in holds.items() if holds.get(j) == i}
    words |= _of_mutants(exercise, cases, theirs, left(), named, split)
    words |= {i: arrangement(theirs[i], right[i], cases) for i in left()}
    words |= {i: f"these are the numbers of {names[holds[i]]}" for i in left() if i in holds}
    if left():
        words |= _of_mutants(exercise, cases, theirs, left(), slips, split)
        known = [case.names(exercise) for case in cases]
        words |= {i: _factor_by_entry(theirs[i], right[i], known) for i in left()}
        words |= {i: nearly(theirs[i], right[i]) for i in left()}
    return {names[i]: text for i, text in words.items()}


def _untouched(exercise, cases, i, found):
    """Of an exercise that changes its inputs in place: this one is as it was."""
    if not exercise.changed:
        return None
    name = exercise.changed[i]
    before = [case.inputs[name] for case in cases]
    if not all(np.array_equal(y, x) for y, x in zip(found[i], before, strict=True)):
        return None
    return "it is as it was: a plain = makes a new array, += or [...] = changes the old one"


def _splits(exercise, found, wanted):
    """Into how many blocks of columns the one output is taken apart; 0 where it stays whole."""
    same = all(np.shape(a[0]) == np.shape(b[0]) for a, b in zip(found, wanted, strict=True))
    return len(exercise.blocks) if same else 0


def _by_output(outs, split):
    """A list per output, with an array per draw."""
    if split:
        outs = [np.split(np.asarray(whole), split, axis=1) for (whole,) in outs]
    return [[np.asarray(part) for part in parts] for parts in zip(*outs, strict=True)]


def _held(wrong, theirs, right):
    """Wrong output to the output whose numbers it holds, where there is one."""
    return {
        i: j
        for i in wrong
        for j, other in enumerate(right)
        if j != i and all_agree(theirs[i], other)
    }


def _of_mutants(exercise, cases, theirs, wrong, candidates, split):
    """Match whole wrong answers; the one that explains most outputs goes first."""
    explained = []
    for words, mutant in candidates if wrong else ():
        outs = outcomes(exercise, mutant, cases)
        if outs is None or (split and any(np.shape(o[0])[1:2] == () for o in outs)):
            continue
        found = _by_output(outs, split)
        same = [i for i in wrong if i < len(found) and all_agree(theirs[i], found[i])]
        if same:
            explained.append((same, words))
    explained.sort(key=lambda pair: -len(pair[0]))
    return {i: next((words for same, words in explained if i in same), None) for i in wrong}


def outcomes(exercise, function, cases):
    """What a function of ours returns, a tuple of outputs per case; None if it fails."""
    outs = []
    for case in cases:
        arguments, settings = case.arguments(exercise)
        try:
            with np.errstate(all="ignore"):
                value = function(*arguments, **settings)
        except Exception:  # such as shapes that don't fit: then it explains nothing
            return None
        outs.append(outputs_of(exercise, value, arguments))
    return outs


def outputs_of(exercise, value, arguments):
    """The arrays that are compared, of what a right or a mistaken answer returned."""
    if exercise.changed:
        names = list(exercise.cases[0].inputs)
        return tuple(arguments[names.index(name)] for name in exercise.changed)
    return as_tuple(value[0] if exercise.cached else value)


POWERS = {1: "times {}", -1: "divided by {}", 2: "times {} squared", -2: "divided by {} squared"}
POWERS |= {0.5: "times the root of {}", -0.5: "divided by the root of {}"}


def _factor_by_entry(found, wanted, names):
    """Such as sigma against sigma^2: each entry off by the same power of a known array."""
    if any(y.shape != t.shape for y, t in zip(found, wanted, strict=True)):
        return None
    for name in names[0]:
        arrays = [known[name] for known in names]
        if not all(isinstance(q, np.ndarray) for q in arrays):
            continue
        if any(
            q.dtype.kind != "f" or q.shape != t.shape[: q.ndim] or not q.ndim
            for q, t in zip(arrays, wanted, strict=True)
        ):
            continue
        lifted = [
            q.reshape(q.shape + (1,) * (t.ndim - q.ndim))
            for q, t in zip(arrays, wanted, strict=True)
        ]
        for power, text in POWERS.items():
            with np.errstate(all="ignore"):
                scaled = [t * q**power for q, t in zip(lifted, wanted, strict=True)]
            for factor in (1, -1, 2, -2, 0.5, -0.5):
                if all(np.isfinite(s).all() for s in scaled) and all_agree(
                    found, [factor * s for s in scaled]
                ):
                    by = "" if factor == 1 else f", times {factor:g}"
                    return f"each entry is the right one {text.format(name)}{by}"
    return None
