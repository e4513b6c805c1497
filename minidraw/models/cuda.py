"""`CudaModel` runs a model on a graphics card: the readable layers, on PyTorch's tensors."""

import textwrap
from functools import partial
from importlib import import_module
from inspect import signature

import numpy as np

from minidraw.errors import UserError


class CudaModel:
    """A model of `minidraw.models` whose functions of ``params`` run on a graphics card.

    They expect `minidraw.layers` as ``ops``.  Every call copies its arrays to the card and returns
    NumPy arrays.  Random numbers are drawn in NumPy, as without a card.  In training, weights and
    gradients stay on the card; see `loss_and_grads`.

    Raises
    ------
    UserError
        If PyTorch is missing, or finds no card that it can use.
    """

    def __init__(self, model):
        self._model, self._card = model, _import_card()
        self._params = self._key = self._recording = None

    def __getattr__(self, name):
        found = getattr(self._model, name)
        runs_network = callable(found) and "params" in signature(found).parameters
        return partial(self._run, found) if runs_network else found

    def _run(self, function, *arguments):
        results = function(*_map_arrays(self._card.asarray, arguments))
        return _map_arrays(np.asarray, results)

    def to_card(self, params):
        """Return copies of the weights on the card, for the optimiser."""
        return {name: self._card.asarray(array) for name, array in params.items()}

    def loss_and_grads(self, params, batch, noise, config, ops):
        """Do the same as the model's function, with weights from `to_card` and results on the card.

        A second call for the same sizes and the same ``params`` is recorded, and later ones repeat
        the recording; weights must therefore be changed in place.  The next call overwrites the
        results.
        """
        # A recording repeats its numbers; only the values in arrays can change.
        weight = np.asarray(batch.kl_weight, batch.images.dtype)
        batch = batch._replace(kl_weight=weight)
        batch, noise = _map_arrays(self._card.asarray, (batch, noise))
        given = [array for array in (*batch, noise) if array is not None]

        def compute(*arrays):
            arrays = iter(arrays)
            *parts, eps = (None if old is None else next(arrays) for old in (*batch, noise))
            return self._model.loss_and_grads(params, type(batch)(*parts), eps, config, ops)

        key = config, ops, [(array.shape, array.dtype) for array in given]
        if params is not self._params or key != self._key:
            # Not recorded: the first call also loads libraries, which a recording can't.
            self._params, self._key, self._recording = params, key, None
            return compute(*given)
        if self._recording is None:
            self._recording = self._card.Recording(compute, given)
        return self._recording.repeat(given)


def _import_card():
    try:
        card = import_module("minidraw.models.card_array")  # imports PyTorch
        card.check_card()
    except ModuleNotFoundError as error:
        raise UserError(f'device cuda: {error}. Type pip install "minidraw[cuda]"') from error
    except Exception as error:  # drivers and libraries raise many kinds
        reason = textwrap.shorten(str(error), 200) or type(error).__name__
        raise UserError(f"no usable graphics card ({reason}): choose device cpu") from error
    return card


def _map_arrays(function, value):
    """Apply a function to every array in nested tuples and dicts."""
    if isinstance(value, dict):
        return {key: _map_arrays(function, part) for key, part in value.items()}
    if isinstance(value, tuple):
        parts = [_map_arrays(function, part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return function(value) if hasattr(value, "dtype") else value
