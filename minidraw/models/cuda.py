"""`CudaModel` runs a model on a graphics card: the readable layers, on CuPy's arrays."""

import textwrap
from functools import partial
from inspect import signature

from minidraw.errors import UserError


class CudaModel:
    """A model of `minidraw.models` whose functions of ``params`` run on a graphics card.

    They expect `minidraw.layers` as ``ops``.  Every call copies its NumPy arrays to the card and
    its results back, so that random numbers, Adam and files are the same as without a card.

    Raises
    ------
    UserError
        If CuPy is missing, or finds no card that it can use.
    """

    def __init__(self, model):
        self._model, self._cupy = model, _import_cupy()

    def __getattr__(self, name):
        found = getattr(self._model, name)
        runs_network = callable(found) and "params" in signature(found).parameters
        return partial(self._run, found) if runs_network else found

    def _run(self, function, *arguments):
        results = function(*_map_arrays(self._cupy.asarray, arguments))
        return _map_arrays(self._cupy.asnumpy, results)


def _import_cupy():
    try:
        import cupy

        cupy.ones((2, 2)) @ cupy.ones((2, 2))  # needs driver, card, compiler and cuBLAS
    except ModuleNotFoundError as error:
        raise UserError(f'device cuda: {error}. Type pip install "minidraw[cuda]"') from error
    except Exception as error:  # CuPy raises many kinds
        reason = textwrap.shorten(str(error), 200) or type(error).__name__
        raise UserError(f"no usable graphics card ({reason}): choose device cpu") from error
    return cupy


def _map_arrays(function, value):
    """Apply a function to every array in nested tuples and dicts."""
    if isinstance(value, dict):
        return {key: _map_arrays(function, part) for key, part in value.items()}
    if isinstance(value, tuple):
        parts = [_map_arrays(function, part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return function(value) if hasattr(value, "dtype") else value
