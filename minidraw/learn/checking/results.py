"""Bring what a learner's function returned into the form in which it is compared."""

import numpy as np

from minidraw.learn.checking.diagnosis import compute_outputs
from minidraw.learn.exercises.exercise import list_arrays


def unpack(exercise, case, value):
    """Return several outputs as a tuple if they come as one array of outputs of equal shape."""
    if exercise.returns_cache and isinstance(value, tuple | list) and len(value) == 2:
        return _unpack_outputs(exercise, case, value[0]), value[1]
    return _unpack_outputs(exercise, case, value)


def _unpack_outputs(exercise, case, value):
    count = len(exercise.output_names)
    if count == 1 or not isinstance(value, np.ndarray):
        return value
    right = list_arrays(case.inputs)  # the shapes of an open backward's gradients
    if exercise.answer is not None:
        (right,) = compute_outputs(exercise, exercise.answer, [case])
    return tuple(value) if {(count, *np.shape(part)) for part in right} == {value.shape} else value


def fill_zeros(exercise, case, outs):
    """Let a plain 0 stand for an array of zeros: a sum in a loop over nothing."""
    if not any(type(part) in (int, float) and part == 0 for part in outs) or not exercise.answer:
        return outs
    (right,) = compute_outputs(exercise, exercise.answer, [case])
    return tuple(
        np.zeros_like(t) if type(y) in (int, float) and y == 0 and not np.any(t) else y
        for y, t in zip(outs, right, strict=True)
    )


def is_float32(array):
    """Return True for float32 numbers, also if they came back in an array of float64."""
    if array.dtype == np.float64 and (array != np.rint(array)).any():
        with np.errstate(all="ignore"):
            return np.array_equal(array, array.astype(np.float32))
    return array.dtype == np.float32


def measure_float32_error(exercise, case):
    """Return the relative error of the right answer for the inputs in float32, at the worst."""
    rough = case._replace(inputs=_cast(case.inputs))
    exact, found = (compute_outputs(exercise, exercise.answer, [c])[0] for c in (case, rough))
    pairs = zip(found, exact, strict=True)
    return max(np.abs(y - t).max(initial=0) / (np.abs(t).max(initial=0) or 1) for y, t in pairs)


def _cast(value):
    if isinstance(value, dict):
        return {name: _cast(part) for name, part in value.items()}
    return value.astype(np.float32) if isinstance(value, np.ndarray) else value
