"""A stand-in for CuPy on machines without a graphics card; it computes with NumPy.

`CardArray` follows NumPy's protocols (NEP 13, NEP 18) as ``cupy.ndarray`` does.  It refuses to mix
with NumPy's arrays and to turn into one, so that a forgotten ``like=`` or copy raises a TypeError.
It can't show that CuPy offers the functions that the layers call, nor its rounding or its speed.
"""

import types

import numpy as np


class CardArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array whose values can be read only through `asnumpy`."""

    def __init__(self, array):
        self._array = array

    def __array__(self, dtype=None, copy=None):
        raise TypeError("implicit conversion to a NumPy array")

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **settings):
        if out is None:
            return _wrap(getattr(ufunc, method)(*_unwrap(inputs), **_unwrap(settings)))
        getattr(ufunc, method)(*_unwrap(inputs), out=_unwrap(out), **_unwrap(settings))
        return out[0]

    def __array_function__(self, function, classes, arguments, settings):
        result = function(*_unwrap(arguments), **_unwrap(settings))
        return settings["out"] if settings.get("out") is not None else _wrap(result)

    def __getitem__(self, key):
        return _wrap(self._array[_unwrap(key)])

    def __setitem__(self, key, value):
        self._array[_unwrap(key)] = _unwrap(value)

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


def asnumpy(array):
    """Copy an array from the card."""
    return np.array(_unwrap(array))


def make_module():
    """Return a module with the names of CuPy that minidraw uses."""
    module = types.ModuleType("cupy")
    module.asarray, module.asnumpy = asarray, asnumpy
    module.ones = lambda shape: CardArray(np.ones(shape))
    return module
