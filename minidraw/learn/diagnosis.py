"""What is probably wrong, said only where it explains every number of every draw."""

from itertools import combinations, permutations

import numpy as np

from minidraw.learn.exercise import as_tuple
from minidraw.learn.mutants import mutants

TOLERANCE = 1e-9  # of the largest entry: right answers in another order of sums reach 1e-12


def agrees(found, wanted, tolerance=TOLERANCE):
    """Whether two arrays are the same to rounding."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    if found.shape != wanted.shape or found.dtype.kind not in "fiub":
        return False
    with np.errstate(all="ignore"):
        scale = np.abs(wanted).max(initial=0) or 1.0
        return bool((np.abs(found - wanted) <= tolerance * scale).all())


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
    wrong = [i for i in range(len(right)) if not _all_agree(theirs[i], right[i], tolerance)]
    if not wrong:
        return {}
    names = exercise.blocks if split else exercise.output_names
    named, slips = mutants(exercise)
    words = {
        i: _untouched(exercise, cases, i, theirs) or _of_numbers(theirs[i], right[i], cases)
        for i in wrong
    }
    if left := [i for i in wrong if words[i] is None]:
        words |= _of_mutants(exercise, cases, theirs, left, named, split)
    for i in wrong:
        words[i] = (
            words[i]
            or _arrangement(theirs[i], right[i], cases)
            or _exchanged(i, theirs, right, names)
        )
    if left := [i for i in wrong if words[i] is None]:
        words |= _of_mutants(exercise, cases, theirs, left, slips, split)
        known = [case.names(exercise) for case in cases]
        for i in left:
            words[i] = words[i] or _factor_by_entry(theirs[i], right[i], known)
    return {names[i]: text for i, text in words.items()}


def _splits(exercise, found, wanted):
    """Into how many blocks of columns the one output is taken apart; 0 where it stays whole."""
    same = all(np.shape(a[0]) == np.shape(b[0]) for a, b in zip(found, wanted, strict=True))
    return len(exercise.blocks) if same else 0


def _by_output(outs, split):
    """A list per output, with an array per draw."""
    if split:
        outs = [np.split(np.asarray(whole), split, axis=1) for (whole,) in outs]
    return [[np.asarray(part) for part in parts] for parts in zip(*outs, strict=True)]


def _all_agree(found, wanted, tolerance=TOLERANCE):
    return all(agrees(a, b, tolerance) for a, b in zip(found, wanted, strict=True))


def _untouched(exercise, cases, i, found):
    """Of an exercise that changes its inputs in place: this one is as it was."""
    if not exercise.changed:
        return None
    name = exercise.changed[i]
    before = [case.inputs[name] for case in cases]
    if not all(np.array_equal(y, x) for y, x in zip(found[i], before, strict=True)):
        return None
    return "it is as it was: a plain = makes a new array, += or [...] = changes the old one"


def _of_numbers(found, wanted, cases):
    """A cause that shows in one output alone; `found` and `wanted` have an array per draw."""
    if not all(np.isfinite(y).all() for y in found):
        return "it holds nan or inf"
    if any(y.shape != t.shape for y, t in zip(found, wanted, strict=True)):
        return _of_shapes(found, wanted)
    if all((y == 0).all() for y in found):
        return "it is zero everywhere"
    return _constant_factor(found, wanted, cases)


def _arrangement(found, wanted, cases):
    """Plain causes, but less telling than the table's own."""
    if any(y.shape != t.shape for y, t in zip(found, wanted, strict=True)):
        return None
    return (
        _constant_factor(found, wanted, cases, any_factor=True)
        or _offset(found, wanted)
        or _turned(found, wanted)
    )


def _of_shapes(found, wanted):
    """The numbers are right but for their arrangement, or for sums too few or too many."""
    pairs = list(zip(found, wanted, strict=True))
    if all(y.size == t.size and agrees(y.reshape(t.shape), t) for y, t in pairs):
        return "the numbers are right, the shape isn't"
    if turned := _turned(found, wanted):
        return turned
    if len({y.ndim for y in found} | {t.ndim for t in wanted}) > 2:
        return None
    for axes in _subsets(found[0].ndim):
        for kept in (False, True):
            if _all_agree([y.sum(axis=axes, keepdims=kept) for y in found], wanted):
                return f"a sum over axis {_listed(axes)} is missing; the numbers are right"
    for axes in _subsets(wanted[0].ndim):
        for kept in (False, True):
            if _all_agree(found, [t.sum(axis=axes, keepdims=kept) for t in wanted]):
                return f"one sum too many, over axis {_listed(axes)}"
    if all(y.ndim == 2 and t.ndim == 1 and y.shape == t.shape * 2 for y, t in pairs) and (
        _all_agree([np.diagonal(y) for y in found], wanted)
    ):
        return "shapes (n,) and (n, 1) met, and broadcasting made (n, n) of them"
    return None


def _subsets(ndim):
    return [axes for k in range(1, ndim + 1) for axes in combinations(range(ndim), k)]


def _listed(axes):
    return " and ".join(map(str, axes))


def _constant_factor(found, wanted, cases, *, any_factor=False):
    factors = []
    for y, t in zip(found, wanted, strict=True):
        factor = float((y * t).sum() / ((t * t).sum() or 1.0))
        if not agrees(y, factor * t) or abs(factor) < 1e-6:
            return None
        factors.append(factor)
    signs = {np.sign(factor) for factor in factors}
    if len(signs) > 1:
        return None
    sign = "" if signs == {1.0} else ", and the sign is wrong"
    size = np.abs(factors)
    if np.allclose(size, 1, rtol=TOLERANCE):
        return "the sign is wrong"
    for known, text in (
        (2, "it is twice what it should be"),
        (0.5, "it is half of what it should be"),
    ):
        if np.allclose(size, known, rtol=TOLERANCE):
            return text + sign
    if any_factor and np.allclose(size, size[0], rtol=TOLERANCE):
        return f"every entry is off by the same factor, {size[0]:.6g}" + sign
    for letters in _letters(cases[0].sizes):
        product = np.array([np.prod([case.sizes[x] for x in letters]) for case in cases])
        name = " ".join(letters)
        if np.allclose(size * product, 1, rtol=TOLERANCE):
            return (
                f"it is an average where it should be a sum, too small by a factor of {name}" + sign
            )
        if np.allclose(size, product, rtol=TOLERANCE):
            return f"it is too large by a factor of {name}" + sign
    return None


def _letters(sizes):
    return [letters for k in (1, 2) for letters in combinations(sizes, k)]


def _offset(found, wanted):
    offsets = [y.flat[0] - t.flat[0] for y, t in zip(found, wanted, strict=True)]
    same = np.allclose(offsets, offsets[0], rtol=TOLERANCE)
    if same and _all_agree(found, [t + offsets[0] for t in wanted]):
        more = "large" if offsets[0] > 0 else "small"
        return f"every entry is too {more} by {abs(offsets[0]):.6g}"
    return None


def _turned(found, wanted):
    if len({y.ndim for y in found} | {t.ndim for t in wanted}) > 1:
        return None
    for order in permutations(range(found[0].ndim)):
        if _all_agree([y.transpose(order) for y in found], wanted):
            return "it is transposed"
        if _all_agree([-y.transpose(order) for y in found], wanted):
            return "it is transposed, and the sign is wrong"
    return None


def _exchanged(i, theirs, right, names):
    for j, other in enumerate(right):
        if j != i and _all_agree(theirs[i], other):
            return f"these are the numbers of {names[j]}"
    return None


def _of_mutants(exercise, cases, theirs, wrong, candidates, split):
    """Match whole wrong answers; the one that explains most outputs goes first."""
    explained = []
    for words, mutant in candidates:
        outs = outcomes(exercise, mutant, cases)
        if outs is None or (split and any(np.shape(o[0])[1:2] == () for o in outs)):
            continue
        found = _by_output(outs, split)
        same = [i for i in wrong if i < len(found) and _all_agree(theirs[i], found[i])]
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
                if all(np.isfinite(s).all() for s in scaled) and _all_agree(
                    found, [factor * s for s in scaled]
                ):
                    by = "" if factor == 1 else f", and by the factor {factor:g}"
                    return f"each entry is the right one {text.format(name)}{by}"
    return None
