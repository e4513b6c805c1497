"""Try a learner's function on random cases and say what came of it."""

from typing import NamedTuple

import numpy as np

from minidraw.learn.checking import messages
from minidraw.learn.checking.borrowing import Watch
from minidraw.learn.checking.comparisons import TOLERANCE, agrees
from minidraw.learn.checking.diagnosis import causes, outcomes, outputs_of
from minidraw.learn.exercises import within_reach
from minidraw.learn.exercises.exercise import copied

FLOAT32 = 1e-5  # of the largest entry
FLOAT32_NOTE = "its float32 numbers are right to their round-off, which is no error"
MISFIT_NOTE = "with minidraw's cache, not with that of your own forward: the two don't go together"
CACHE_NOTE = "its cache isn't minidraw's, so its backward must be yours too"


class Verdict(NamedTuple):
    kind: str  # right, wrong, raised, unwritten or borrowed
    message: str = ""


def judge(exercise, function, forward=None):
    """Whether a function solves an exercise, and if not, why.

    Parameters
    ----------
    exercise : Exercise
    function : callable
    forward : callable, optional
        Of a backward: the learner's own forward.  The function may expect that one's cache
        instead of the package's.

    Returns
    -------
    Verdict
    """
    verdict = judge_pair(exercise, function, None)
    if forward is None or verdict.kind not in ("right", "wrong", "raised"):
        return verdict
    own = judge_pair(exercise, function, forward)
    if verdict.kind == "right":
        theirs = forward.__code__ is not exercise.forward.__code__  # not the lesson's, on theirs
        misfit = theirs and own.kind != "right"
        return verdict._replace(message=MISFIT_NOTE) if misfit else verdict
    return own if own.kind == "right" or verdict.kind == "raised" else verdict


def judge_pair(exercise, function, forward):
    """As `judge`, with the cache of that very forward; of the package's where it is None."""
    cases = list(exercise.cases)
    found = []
    for case in cases:
        outs, verdict = tried(exercise, function, case, forward)
        if verdict:
            return verdict
        found.append(outs)
    float32 = any(np.asarray(part).dtype == np.float32 for outs in found for part in outs)
    tolerance = FLOAT32 if float32 else TOLERANCE
    wanted = outcomes(exercise, exercise.answer, cases)
    if words := causes(exercise, cases, found, wanted, tolerance):
        text = messages.wrong(exercise, cases, found, wanted, words, tolerance)
        return Verdict("wrong", text)
    for case, where in exercise.edge_cases:
        outs, verdict = tried(exercise, function, case, forward)
        if verdict:
            return verdict._replace(message=f"for {where}: {verdict.message}")
        wanted = outcomes(exercise, exercise.answer, [case])
        if words := causes(exercise, [case], [outs], wanted, tolerance):
            words = dict.fromkeys(words, f"right in general, but not for {where}")
            text = messages.wrong(exercise, [case], [outs], wanted, words, tolerance)
            return Verdict("wrong", text)
    notes = [FLOAT32_NOTE] * float32 + [CACHE_NOTE] * (not _keeps_the_same(exercise, function))
    return Verdict("right", "; ".join(notes))


def _keeps_the_same(exercise, function):
    """Whether a forward's cache has the arrays of the package's, in their order."""
    if not exercise.cached:
        return True
    kept = []
    for forward in (function, exercise.answer):
        arguments, settings = exercise.cases[0].arguments(exercise)
        _, cache = forward(*arguments, **settings)
        kept.append(list(_arrays({"cache": cache}).values()))
    theirs, ours = kept
    return not ours or (len(theirs) == len(ours) and all(map(agrees, theirs, ours)))


def tried(exercise, function, case, forward):
    """The outputs of one call, or a verdict where there is nothing to compare."""
    arguments, settings = case.arguments(exercise, forward)
    kept = copied((arguments, settings))
    try:
        with np.errstate(all="ignore"), Watch(within_reach(exercise)) as watch:
            value = function(*arguments, **settings)
    except NotImplementedError:
        return None, Verdict("unwritten")
    except Exception as error:  # the learner's, whatever it is
        named = _given(exercise, function, case, *kept)
        return None, Verdict("raised", messages.raised(function, error, named))
    if watch.borrowed:
        return None, Verdict("borrowed", f"it calls minidraw's own {watch.borrowed}")
    before, after = (
        _arrays(_given(exercise, function, case, *given)) for given in (kept, (arguments, settings))
    )
    for name, array in before.items():
        if name not in exercise.changed and not np.array_equal(array, after[name], equal_nan=True):
            text = f"{name} is an input, and it is changed in place: make a new array instead"
            return None, Verdict("wrong", text)
    if misfit := messages.misfit(exercise, value):
        return None, Verdict("wrong", misfit)
    return outputs_of(exercise, value, arguments), None


def _given(exercise, function, case, arguments, settings):
    """What the function was called with, by name."""
    if exercise.forward is None:
        return dict(zip(case.inputs, arguments, strict=True)) | settings
    return messages.parameters(function, arguments, settings)


def _arrays(named):
    """Every array among the arguments, with a name: a cache's by its fields."""
    found = {}
    for name, value in named.items():
        if isinstance(value, np.ndarray):
            found[name] = value
        elif hasattr(value, "_asdict"):
            found |= {f"{name}.{key}": part for key, part in _arrays(value._asdict()).items()}
        elif isinstance(value, tuple | list):
            found |= _arrays({f"{name}[{k}]": part for k, part in enumerate(value)})
    return found
