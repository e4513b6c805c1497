"""`find_differences` sees a backward that takes finite differences of its forward.

It counts the calls of the student's forward, and it measures the noise of the gradient.  A forward
evaluated at x + h and x - h has rounding errors, which the division by 2 h magnifies: a gradient
from finite differences is noisy by 1e-12 and more, one from a formula by about 1e-15.
"""

import numpy as np

from minidraw.learn.checking.judge import Verdict
from minidraw.learn.exercises.exercise import as_tuple, copy_arrays, list_arrays

STEP = 1e-9  # of the inputs: the gradient's true curvature over it is far below rounding
MAX_NOISE = 2e-13  # relative to the largest entry; right answers reach 8e-14
COUNTED = "it calls its forward for every entry of the inputs: these are finite differences"
NOISY = (
    "its numbers are as noisy as finite differences ({:.0e} of the largest entry; a formula gives "
    "about 1e-15): write the gradient as a formula"
)


def find_differences(exercise, function, forwards, process):
    """Return the verdict on a right backward that takes finite differences, or None.

    Parameters
    ----------
    exercise : Exercise
    function : RemoteFunction
    forwards : list
        Forwards whose cache it may expect; None for the package's.
    process : SubmissionProcess
        It counts the calls of the student's own forward.
    """
    for forward in forwards:
        try:
            return _inspect(exercise, function, forward, process)
        except Exception:  # another forward's cache
            continue
    return Verdict("raised", "it was right, but stopped when it was called again")


def _inspect(exercise, function, forward, process):
    if all(_counts_calls(exercise, function, forward, process, case) for case in exercise.cases):
        return Verdict("differences", COUNTED)
    noise, allowed = measure_noise(exercise, function, forward), MAX_NOISE
    if exercise.answer is not None:  # a long recurrence magnifies the rounding of any answer
        allowed = max(allowed, 30 * measure_noise(exercise, exercise.answer, None))
    return Verdict("differences", NOISY.format(noise)) if noise > allowed else None


def _counts_calls(exercise, function, forward, process, case):
    arguments, settings = case.make_arguments(exercise, forward)
    process.calls = 0
    function(*arguments, **settings)
    return process.calls >= sum(np.size(value) for value in list_arrays(case.inputs))


def measure_noise(exercise, function, forward):
    """Return the part of a gradient that doesn't vary smoothly with the inputs, at the worst."""
    return max(_measure_case(exercise, function, forward, case) for case in exercise.cases)


def _measure_case(exercise, function, forward, case):
    rng = np.random.default_rng(0)
    paths, grads = [rng.standard_normal(x.shape) for x in list_arrays(case.inputs)], []
    for k in range(3):
        moved = copy_arrays(case.inputs)
        for x, path in zip(list_arrays(moved), paths, strict=True):
            x += k * STEP * path
        arguments, settings = case._replace(inputs=moved).make_arguments(exercise, forward)
        with np.errstate(all="ignore"):
            grads.append(as_tuple(function(*arguments, **settings)))
    return max(map(_compare, *grads))


def _compare(first, second, third):
    """Return the largest second difference, relative to the largest entry."""
    if np.asarray(first).dtype != np.float64:
        return 0.0  # float32 is noisy in itself
    scale = np.abs(first).max(initial=0) or 1.0
    return float(np.abs(first - 2 * second + third).max(initial=0) / (4 * scale))
