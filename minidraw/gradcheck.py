"""Gradient check: finite differences against the hand-written gradients of layers and models.

`check_all` checks everything; `check_layer` and `check_model` check one.
"""

from typing import NamedTuple

import numpy as np

from minidraw.gradcheck_cases import layer_cases, model_cases

STEP = 1e-5  # balances rounding in float64 against the error from the third derivative
LAYER_LIMIT, MODEL_LIMIT = 1e-6, 1e-5


class Row(NamedTuple):
    """Result for one gradient: both values of the entry where they differ most, and the error."""

    ops: str
    layer: str
    input: str
    numeric: float
    analytic: float
    error: float  # largest difference over the largest numeric gradient
    passed: bool


def numeric_gradient(loss, x):
    """Return central differences of ``loss()`` for every entry of `x`, and restore `x`."""
    gradient = np.empty_like(x)
    for place in np.ndindex(x.shape):
        kept = x[place]
        x[place] = kept + STEP
        above = loss()
        x[place] = kept - STEP
        gradient[place] = (above - loss()) / (2 * STEP)
        x[place] = kept
    return gradient


def compare(numeric, analytic):
    """Return both values of the entry where they differ most, and the error, as in `Row`."""
    if numeric.shape != analytic.shape:
        raise ValueError(f"gradient has shape {analytic.shape}; its input has {numeric.shape}")
    difference = np.abs(numeric - analytic)
    worst = np.unravel_index(difference.argmax(), difference.shape)
    error = difference[worst] / (np.abs(numeric).max() or 1.0)
    return float(numeric[worst]), float(analytic[worst]), float(error)


def check_layer(thing, thing_backward, inputs, settings, rng):
    """Compare every entry of every gradient of a layer with finite differences.

    Parameters
    ----------
    thing, thing_backward : function
        ``out, cache = thing(*inputs, **settings)`` and ``thing_backward(dout, cache)``.
    inputs : dict of arrays, float64
        In the order of the parameters of `thing`.
    settings : dict
    rng : numpy.random.Generator
        Draws the gradient of the outputs.

    Returns
    -------
    dict
        Input's name to (numeric, analytic, error), as in `Row`.

    Raises
    ------
    ValueError
        If the gradients aren't one per input, each with the input's shape.
    """
    out, cache = thing(*inputs.values(), **settings)
    dout = tuple(rng.standard_normal(part.shape) for part in _as_tuple(out))
    gradients = _as_tuple(thing_backward(dout if isinstance(out, tuple) else dout[0], cache))

    def loss():
        out, _ = thing(*inputs.values(), **settings)
        return sum((d * part).sum() for d, part in zip(dout, _as_tuple(out), strict=True))

    pairs = zip(inputs.items(), gradients, strict=True)
    return {name: compare(numeric_gradient(loss, x), dx) for (name, x), dx in pairs}


def _as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


def check_model(model, params, batch, noise, config, ops):
    """Compare every entry of every weight's gradient with finite differences.

    Parameters
    ----------
    model : module
        A package in `minidraw.models`.
    params, batch, noise, config, ops
        As in the model's `costs`; float64.

    Returns
    -------
    dict
        Weight's name to (numeric, analytic, error), as in `Row`.
    """
    _, gradients = model.loss_and_grads(params, batch, noise, config, ops)

    def loss():
        return model.costs(params, batch, noise, config, ops)["total"].sum()

    return {
        name: compare(numeric_gradient(loss, weight), gradients[name])
        for name, weight in params.items()
    }


def check_all(*modules, seed=0):
    """Check every layer of each module, and toy models made of these layers.

    Parameters
    ----------
    modules : modules
        By default `minidraw.layers` and `minidraw.kernels`.
    seed : int

    Returns
    -------
    list of Row
    """
    if not modules:
        from minidraw import kernels, layers  # imported here: Numba takes a second

        modules = layers, kernels
    found = []
    for ops in modules:
        rng, ops_name = np.random.default_rng(seed), ops.__name__.rpartition(".")[2]
        for name, inputs, settings in layer_cases(rng):
            pair = getattr(ops, name, None), getattr(ops, f"{name}_backward", None)
            if None not in pair:
                result = check_layer(*pair, inputs, settings, rng)
                found += _rows(ops_name, name, result, LAYER_LIMIT)
        for name, *case in model_cases(np.random.default_rng(seed)):
            found += _rows(ops_name, name, check_model(*case, ops), MODEL_LIMIT)
    return found


def _rows(ops, layer, result, limit):
    return [Row(ops, layer, name, *values, values[2] < limit) for name, values in result.items()]


def all_passed(rows):
    """Return True if there are rows and none failed."""
    return bool(rows) and all(row.passed for row in rows)


def format_table(rows):
    """Return the rows as an aligned text table."""
    head = "ops", "layer", "input", "numeric", "analytic", "error", ""
    lines = [head]
    for row in rows:
        numbers = f"{row.numeric:.8g}", f"{row.analytic:.8g}", f"{row.error:.1e}"
        lines.append((*row[:3], *numbers, "ok" if row.passed else "FAIL"))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(
            cell.rjust(width) if 3 <= place <= 5 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    return "\n".join(line.rstrip() for line in text)
