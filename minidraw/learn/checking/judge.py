"""`judge` calls a learner's function on the cases of its exercise and returns a `Verdict`."""

import ast
import inspect
import textwrap
import types
from typing import NamedTuple

import numpy as np

from minidraw.learn.checking import messages
from minidraw.learn.checking.borrowing import BorrowingWatch
from minidraw.learn.checking.comparisons import TOLERANCE, is_close
from minidraw.learn.checking.diagnosis import (
    compute_outputs,
    find_causes,
    find_wrong_names,
    select_outputs,
)
from minidraw.learn.checking.messages import NOTHING
from minidraw.learn.checking.results import (
    fill_zeros,
    is_float32,
    measure_float32_error,
    unpack,
)
from minidraw.learn.exercises import find_allowed_calls
from minidraw.learn.exercises.exercise import copy_arrays
from minidraw.learn.grading.child.plain import unroll

FLOAT32_TOLERANCE = 1e-4  # relative to the largest entry
FLOAT32_NOTE = "its numbers are float32, and right to float32 precision"
OTHER_CACHE_NOTE = "it fits minidraw's cache, but not the cache that your own forward returns"
RANDOM = "it gives other numbers each time it is called; use only the arrays that are given"
STILL_RAISES = "not written yet: delete the line raise NotImplementedError"
LEFTOVER_RAISE = "it is right once you delete the line raise NotImplementedError"
OWN_CACHE_NOTE = "its cache differs from minidraw's, so you need your own backward too"


class Verdict(NamedTuple):
    kind: str  # right, wrong, raised, unwritten or borrowed
    message: str = ""


@np.errstate(all="ignore")  # a notebook may have set np.seterr(all="raise")
def judge(exercise, function, forward=None):
    """Decide whether a function solves an exercise; if not, say why.

    Parameters
    ----------
    exercise : Exercise
    function : callable
    forward : callable, optional
        For a backward: the learner's own forward.  The function may expect this forward's cache
        instead of the package's.

    Returns
    -------
    Verdict
    """
    verdict = judge_pair(exercise, function, None)
    if verdict.kind == "unwritten" and (finished := _drop_raise(function)):
        without = judge_pair(exercise, finished, None)
        if without.kind == "right":
            return verdict._replace(message=LEFTOVER_RAISE)
        unfinished = without.kind == "unwritten" or without.message.startswith(NOTHING)
        return verdict if unfinished else verdict._replace(message=STILL_RAISES)
    if forward is None or verdict.kind not in ("right", "wrong", "raised"):
        return verdict
    own = judge_pair(exercise, function, forward)
    if verdict.kind == "right":
        # It isn't the lesson's on theirs; a function in another process has no code.
        theirs = getattr(forward, "__code__", None) is not exercise.forward.__code__
        misfit = theirs and own.kind != "right"
        return verdict._replace(message=OTHER_CACHE_NOTE) if misfit else verdict
    if verdict.kind == own.kind == "wrong":  # a cause is true of the cache that was read
        same = _keeps_same_cache(exercise.cases[0], forward, exercise.forward)
        return verdict if same else own
    return own if own.kind == "right" or verdict.kind == "raised" else verdict


def _drop_raise(function):
    """Return the function without the raise statements of its stub, or None without a source."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    node = tree.body[0]
    node.body = [part for part in node.body if not isinstance(part, ast.Raise)] or [ast.Pass()]
    node.decorator_list, names = [], dict(function.__globals__)
    exec(compile(ast.fix_missing_locations(tree), function.__code__.co_filename, "exec"), names)
    return names[function.__name__]


@np.errstate(all="ignore")
def judge_pair(exercise, function, forward):
    """Judge a function with the cache of `forward`, or the package's if it is None."""
    cases = list(exercise.cases)
    found = []
    for case in cases:
        outs, verdict = call_function(exercise, function, case, forward)
        if verdict:
            return verdict
        found.append(outs)
    float32 = any(is_float32(np.asarray(part)) for outs in found for part in outs)
    tolerance = FLOAT32_TOLERANCE if float32 else TOLERANCE
    wanted = compute_outputs(exercise, exercise.answer, cases)
    if causes := find_causes(exercise, cases, found, wanted, tolerance):
        if None in causes.values() and _is_random(exercise, function, forward):
            causes = {name: cause or RANDOM for name, cause in causes.items()}
        right = _list_right(exercise, function, forward, causes, tolerance)
        text = messages.describe_wrong(exercise, cases, found, wanted, causes, right, tolerance)
        return Verdict("wrong", text)
    for case, where in exercise.edge_cases:
        outs, verdict = call_function(exercise, function, case, forward)
        if verdict:
            return verdict._replace(message=f"for {where}: {verdict.message}")
        edge = compute_outputs(exercise, exercise.answer, [case])
        if float32:
            tolerance = max(FLOAT32_TOLERANCE, 10 * measure_float32_error(exercise, case))
        if causes := find_causes(
            exercise, [*cases, case], [*found, outs], [*wanted, *edge], tolerance
        ):
            for name, cause in causes.items():
                why = f": {cause}" if cause else ""
                causes[name] = f"right in general, but not for {where}{why}"
            right = _list_right(exercise, function, forward, causes, tolerance)
            text = messages.describe_wrong(exercise, [case], [outs], edge, causes, right, tolerance)
            return Verdict("wrong", text)
    own_cache = exercise.returns_cache and not _keeps_same_cache(
        cases[0], function, exercise.answer
    )
    notes = [FLOAT32_NOTE] * float32 + [OWN_CACHE_NOTE] * own_cache
    return Verdict("right", "; ".join(notes))


def _list_right(exercise, function, forward, causes, tolerance):
    """Return the names of the outputs in which no case shows a fault, after some were found."""
    wrong, (name, *_) = {*causes}, causes
    for case, _ in exercise.edge_cases:
        outs, verdict = call_function(exercise, function, case, forward)
        if verdict:
            return []
        wanted = compute_outputs(exercise, exercise.answer, [case])
        wrong |= {*find_wrong_names(exercise, [outs], wanted, tolerance)}
    names = exercise.blocks if name in exercise.blocks else exercise.output_names
    return [name for name in names if name not in wrong]


def _is_random(exercise, function, forward):
    """Return True if two calls with the same inputs give different numbers."""
    first, second = (call_function(exercise, function, exercise.cases[0], forward)[0] for _ in "12")
    return not all(map(np.array_equal, first or (), second or ()))


def call_function(exercise, function, case, forward):
    """Call a function once; return (outputs, None), or (None, verdict) if it fails."""
    try:
        arguments, settings = case.make_arguments(exercise, forward)
    except Exception as error:  # the learner's forward
        text = f"your {forward.__name__} stopped with {type(error).__name__}: {error}"
        return None, Verdict("raised", text)
    copies = copy_arrays((arguments, settings))
    with_cache = exercise.returns_cache
    watch_calls = getattr(function, "watch", BorrowingWatch)
    try:
        with watch_calls(find_allowed_calls(exercise)) as watch:
            value = unroll(function(*arguments, **settings), with_cache)
    except NotImplementedError:
        return None, Verdict("unwritten")
    except Exception as error:  # the learner's code may raise anything
        named = _name_arguments(exercise, function, case, *copies)
        return None, Verdict("raised", messages.describe_error(function, error, named))
    if watch.borrowed:
        return None, Verdict("borrowed", f"it calls minidraw's own {watch.borrowed}")
    before, after = (
        _find_arrays(_name_arguments(exercise, function, case, *given))
        for given in (copies, (arguments, settings))
    )
    for name, array in before.items():
        if name not in exercise.in_place and not np.array_equal(array, after[name], equal_nan=True):
            text = f"it changes its input {name} in place: make a new array instead"
            return None, Verdict("wrong", text)
    value = unpack(exercise, case, value)
    if misfit := messages.describe_misfit(exercise, value):
        return None, Verdict("wrong", misfit)
    return fill_zeros(exercise, case, select_outputs(exercise, value, arguments)), None


def _keeps_same_cache(case, function, answer):
    """Return True if a forward's cache holds the package's arrays, in the same order."""
    if not isinstance(function, types.FunctionType):
        return True  # a function in another process keeps its cache there
    kept, kinds = [], set()
    for forward in (function, answer):
        inputs, settings = copy_arrays((case.inputs, case.settings))
        _, cache = forward(*inputs.values(), **settings)
        kinds.add(isinstance(cache, dict))
        kept.append(list(_find_arrays({"cache": cache}).values()))
    theirs, ours = kept
    return not ours or (
        len(kinds) == 1 and len(theirs) == len(ours) and all(map(is_close, theirs, ours))
    )


def _name_arguments(exercise, function, case, arguments, settings):
    if exercise.forward is None:
        return dict(zip(case.inputs, arguments, strict=True)) | settings
    return messages.bind_parameters(function, arguments, settings)


def _find_arrays(named):
    """Return every array in nested arguments, keyed by names such as ``cache.F``."""
    found = {}
    for name, value in named.items():
        if isinstance(value, np.ndarray):
            found[name] = value
        elif hasattr(value, "_asdict"):
            found |= {f"{name}.{key}": part for key, part in _find_arrays(value._asdict()).items()}
        elif isinstance(value, dict):
            inner = _find_arrays(dict(sorted(value.items(), key=str)))
            found |= {f"{name}[{key!r}]": part for key, part in inner.items()}
        elif isinstance(value, tuple | list):
            found |= _find_arrays({f"{name}[{k}]": part for k, part in enumerate(value)})
    return found
