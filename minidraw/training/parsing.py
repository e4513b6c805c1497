"""Records from values that come from outside: a `Config` or `Recipe` of known types and size."""

import math
from dataclasses import fields

import numpy as np

MAX_WEIGHTS = 2**28  # a gigabyte of float32


def parse_record(record, values):
    """Make a dataclass of numbers and words, each of its field's own type.

    Raises
    ------
    TypeError
        If a value has another type or a name is unknown.
    """
    types = {field.name: field.type for field in fields(record)}
    parsed = {}
    for name, value in dict(values).items():
        value = value.item() if isinstance(value, np.generic) else value
        wanted = types.get(name, type(value))  # the record itself refuses unknown names
        if wanted is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted:
            raise TypeError(f"{name} must be of type {wanted.__name__}, got {value!r}")
        parsed[name] = value
    return record(**parsed)


def parse_config(model, values):
    """Make the model's Config, once its size is known to fit into memory.

    Raises
    ------
    TypeError, ValueError
        If a value is wrong, or weights, latents or units of all steps are too many.
    """
    config = parse_record(model.Config, values)
    weights = sum(map(math.prod, model.param_shapes(config).values()))
    latents = math.prod(model.noise_shape(config, 1) or ())
    units = config.glimpses * config.hidden
    if max(weights, latents, units) > MAX_WEIGHTS:
        raise ValueError(
            f"too large a network: {weights:,} weights, {latents:,} latents and {units:,} units of"
            f" all steps; at most {MAX_WEIGHTS:,} of each are accepted"
        )
    return config
