"""Plain functions and tuples, found in what a decorator or a generator made of them."""

import functools
import types
from collections.abc import Iterable

import numpy as np


def make_plain(value):
    """Return a plain function that does what a decorated one does, or None if there is none.

    A decorator that only saves time, such as ``numba.njit`` or ``functools.lru_cache``, is left
    out.  One that changes what happens, such as ``np.vectorize``, stays.
    """
    inner = find_inner(value)
    if inner is None or inner is value:
        return inner
    elementwise = isinstance(value, np.vectorize) or hasattr(value, "nin")  # numba's have nin
    if not elementwise and not isinstance(value, types.FunctionType):
        return make_plain(value.__wrapped__)

    def function(*arguments, **settings):
        return value(*arguments, **settings)

    # The learner's names, not those of this module or of the decorator's.
    namespace, closure = inner.__globals__, function.__closure__
    plain = types.FunctionType(function.__code__, namespace, inner.__name__, None, closure)
    return functools.update_wrapper(plain, inner)


def find_inner(value):
    """Return the function below all decorators, or None if there is none."""
    found = None
    while value is not None:
        found = value if isinstance(value, types.FunctionType) else found
        vectorized = isinstance(value, np.vectorize)
        value = value.pyfunc if vectorized else getattr(value, "__wrapped__", None)
    return found


def unroll(value, with_cache=False):
    """Return several results as a tuple if they come as a generator, a ``map`` or the like.

    `with_cache` says that a cache comes after them, which stays as it is.
    """
    if with_cache and isinstance(value, tuple | list) and len(value) == 2:
        return unroll(value[0]), value[1]
    whole = isinstance(value, tuple | list | dict | str | np.ndarray)
    return value if whole or not isinstance(value, Iterable) else tuple(value)
