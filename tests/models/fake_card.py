"""A stand-in for `minidraw.models.card_array` that needs no PyTorch; it computes with NumPy.

`CardArray` refuses to mix with NumPy's arrays, and layers and networks can't convert it to one, so
that a forgotten ``like=`` raises a TypeError.  The stand-in can't show that PyTorch offers the
functions that the layers call, nor its rounding or speed.
"""

import sys

import numpy as np

MAY_COPY = "minidraw.models.cuda"


class CardArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that NumPy's functions accept, but not together with NumPy's own."""

    def __init__(self, array):
        self._array = array

    def __array__(self, dtype=None, copy=None):
        caller = sys._getframe(1).f_globals["__name__"]
        if caller.startswith(("minidraw.layers", "minidraw.models.")) and caller != MAY_COPY:
            raise TypeError(f"{caller} copies an array from the card")
        return np.array(self._array, dtype)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **settings):
        if out is None:
            return _wrap(getattr(ufunc, method)(*_unwrap(inputs), **_unwrap(settings)))
        getattr(ufunc, method)(*_unwrap(inputs), out=_unwrap(out), **_unwrap(settings))
        return out[0]

    def __array_function__(self, function, classes, arguments, settings):
        if function is np.asarray:
            return asarray(*arguments, **settings)
        result = function(*_unwrap(arguments), **_unwrap(settings))
        return settings["out"] if settings.get("out") is not None else _wrap(result)

    def __getitem__(self, key):
        return _wrap(self._array[_unwrap(key)])

    def __setitem__(self, key, value):
        self._array[_unwrap(key)] = _unwrap(value)

    def __bool__(self):
        return bool(self._array)

    def __float__(self):
        return float(self._array)

    def __len__(self):
        return len(self._array)

    def __iter__(self):
        return map(_wrap, self._array)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self._array, name)
        if not callable(found):
            return _wrap(found)
        return lambda *arguments, **settings: _wrap(found(*_unwrap(arguments), **_unwrap(settings)))


def _unwrap(value):
    """Return `value` with NumPy's arrays for ours; refuse arrays that aren't on the card."""
    if isinstance(value, CardArray):
        return value._array
    if isinstance(value, np.ndarray):
        raise TypeError("a NumPy array among the card's")
    if isinstance(value, tuple | list):
        return type(value)(map(_unwrap, value))
    return {k: _unwrap(v) for k, v in value.items()} if isinstance(value, dict) else value


def _wrap(value):
    if isinstance(value, np.ndarray | np.generic):
        return CardArray(np.asarray(value))
    return type(value)(map(_wrap, value)) if type(value) in (tuple, list) and value else value


def asarray(array):
    """Copy an array to the card."""
    return array if isinstance(array, CardArray) else CardArray(np.array(array))


def check_card():
    """Accept every machine."""


class Recording:
    """Repeats the recorded call with other values; unlike a CUDA graph, it runs the code again."""

    def __init__(self, function, inputs):
        self._function, self._inputs = function, inputs

    def repeat(self, inputs):
        for fixed, new in zip(self._inputs, inputs, strict=True):
            fixed[...] = new
        return self._function(*self._inputs)
