"""`find_causes` names a mistake only if it explains every number of every case."""

from functools import lru_cache

import numpy as np

from minidraw.learn.checking.comparisons import (
    TOLERANCE,
    all_close,
    find_obvious_cause,
    find_simple_cause,
    find_small_error,
)
from minidraw.learn.checking.mutants import make_mutants
from minidraw.learn.exercises.exercise import as_tuple

HOLDS = "these are the numbers of {}"
NAMED, SLIPS = 0, 1  # the two lists that `make_mutants` returns


def find_causes(exercise, cases, found, wanted, tolerance=TOLERANCE):
    """Return the cause of each wrong output, trying the most specific explanations first.

    Parameters
    ----------
    exercise : Exercise
    cases : list of Case
    found, wanted : lists, a tuple of outputs per case
        The learner's outputs and the right ones.

    Returns
    -------
    dict
        Name of a wrong output to its cause, or to None if nothing explains it.
    """
    count = _count_blocks(exercise, found, wanted)
    theirs, right = (_group_by_output(outs, count) for outs in (found, wanted))
    wrong = _list_wrong(theirs, right, tolerance)
    if not wrong:
        return {}
    names = exercise.blocks if count else exercise.output_names
    causes = {
        i: _find_unchanged(exercise, cases, i, theirs)
        or find_obvious_cause(theirs[i], right[i], cases)
        for i in wrong
    }

    def left():
        return [i for i in wrong if causes[i] is None]

    holds = _find_misplaced(left(), theirs, right)
    if len(holds) == 2 and all(holds.get(j) == i for i, j in holds.items()):
        causes |= dict.fromkeys(holds, "these two are swapped")
    elif len(holds) > 1:
        causes |= {i: HOLDS.format(names[j]) for i, j in holds.items()}

    def match(kind):
        if not left():
            return {}
        mutants = [
            (message, _group_by_output(outs, count))
            for message, outs in _compute_mutants(exercise, cases, kind)
            if not (count and any(np.shape(o[0])[1:2] == () for o in outs))
        ]
        return _match_mutants(theirs, right, wrong, left(), mutants, 2 if kind == NAMED else 1)

    causes |= match(NAMED)
    causes |= {i: find_simple_cause(theirs[i], right[i], cases) for i in left()}
    causes |= {i: HOLDS.format(names[holds[i]]) for i in left() if i in holds}
    if left():
        causes |= match(SLIPS)
        known = [case.collect_names(exercise) for case in cases]
        causes |= {i: _find_entrywise_factor(theirs[i], right[i], known) for i in left()}
        causes |= {i: find_small_error(theirs[i], right[i]) for i in left()}
    return {names[i]: cause for i, cause in causes.items()}


def find_wrong_names(exercise, found, wanted, tolerance):
    """Return the names of the wrong outputs, or column blocks of the one output."""
    count = _count_blocks(exercise, found, wanted)
    names = exercise.blocks if count else exercise.output_names
    groups = (_group_by_output(outs, count) for outs in (found, wanted))
    return [names[i] for i in _list_wrong(*groups, tolerance)]


def _list_wrong(theirs, right, tolerance):
    return [i for i in range(len(right)) if not all_close(theirs[i], right[i], tolerance)]


def compute_outputs(exercise, function, cases):
    """Return a tuple of outputs per case, of an answer or a mutant; None if it raises."""
    outs = []
    for case in cases:
        arguments, settings = case.make_arguments(exercise)
        try:
            with np.errstate(all="ignore"):
                value = function(*arguments, **settings)
        except Exception:  # a mutant whose shapes don't fit explains nothing
            return None
        outs.append(select_outputs(exercise, value, arguments))
    return outs


def select_outputs(exercise, value, arguments):
    """Return the arrays to compare: the return value, or the inputs changed in place."""
    if exercise.in_place:
        names = list(exercise.cases[0].inputs)
        return tuple(arguments[names.index(name)] for name in exercise.in_place)
    if exercise.returns_dict:
        return tuple(value[name] for name in exercise.output_names)
    return as_tuple(value[0] if exercise.returns_cache else value)


def _count_blocks(exercise, found, wanted):
    """Return the number of column blocks to judge separately; 0 if the shape is wrong."""
    same = all(np.shape(a[0]) == np.shape(b[0]) for a, b in zip(found, wanted, strict=True))
    return len(exercise.blocks) if same else 0


def _group_by_output(outs, count):
    """Regroup results by output (or column block): one list each, with one array per case."""
    if count:
        outs = [np.split(np.asarray(whole), count, axis=1) for (whole,) in outs]
    return [[np.asarray(part) for part in parts] for parts in zip(*outs, strict=True)]


def _find_unchanged(exercise, cases, i, found):
    if not exercise.in_place:
        return None
    name = exercise.in_place[i]
    before = [case.inputs[name] for case in cases]
    if not all(np.array_equal(y, x) for y, x in zip(found[i], before, strict=True)):
        return None
    return "unchanged; write into the array that came in, with [...] = or +="


def _find_misplaced(wrong, theirs, right):
    """Map a wrong output to the output whose numbers it holds."""
    return {
        i: j
        for i in wrong
        for j, other in enumerate(right)
        if j != i and all_close(theirs[i], other)
    }


def _compute_mutants(exercise, cases, kind):
    """Return the message and the outputs of each mutant that runs, for an exercise's cases.

    `cases` are those of the exercise, perhaps with an edge case after them.
    """
    found = _compute_known_cases(exercise, kind)
    if more := cases[len(exercise.cases) :]:
        edge = [compute_outputs(exercise, mutant, more) for _, mutant, _ in found]
        found = [
            (message, mutant, [*outs, *at_edge])
            for (message, mutant, outs), at_edge in zip(found, edge, strict=True)
            if at_edge is not None
        ]
    return [(message, outs) for message, _, outs in found]


@lru_cache(maxsize=8)
def _compute_known_cases(exercise, kind):
    mutants = make_mutants(exercise)[kind]
    outs = [compute_outputs(exercise, mutant, exercise.cases) for _, mutant in mutants]
    pairs = zip(mutants, outs, strict=True)
    return [(message, mutant, out) for (message, mutant), out in pairs if out is not None]


def _match_mutants(theirs, right, wrong, left, mutants, most):
    """Map each output in `left` to the mistakes that give its numbers and explain most outputs.

    A mistake that would also spoil an output that is right isn't theirs, and a swap must show in
    all outputs.  If several explain equally much, up to `most` are named.
    """
    matches = []
    for message, found in mutants:
        same = [i for i in left if i < len(found) and all_close(theirs[i], found[i])]
        if same:
            spoilt = {i for i, out in enumerate(found) if not all_close(out, right[i])}
            if spoilt <= set(wrong) and not ("swapped" in message and spoilt.difference(same)):
                matches.append((-len(same), len(spoilt.difference(same)), same, message))
    causes = {}
    for i in left:
        fitting = [match for match in matches if i in match[2]]
        best = [m[3] for m in fitting if m[:2] == min(match[:2] for match in fitting)]
        causes[i] = "; or: ".join(list(dict.fromkeys(best))[:most]) or None
    return causes


POWERS = {1: "times {}", -1: "divided by {}", 2: "times {} squared", -2: "divided by {} squared"}
POWERS |= {0.5: "times the square root of {}", -0.5: "divided by the square root of {}"}


def _find_entrywise_factor(found, wanted, names):
    """Look for a known array whose power is the error's factor, as with sigma for sigma^2."""
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
                if all(np.isfinite(s).all() for s in scaled) and all_close(
                    found, [factor * s for s in scaled]
                ):
                    by = "" if factor == 1 else f", times {factor:g}"
                    return f"each entry is the right one {text.format(name)}{by}"
    return None
