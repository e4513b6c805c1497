"""Make a `Config` or `Recipe` from untrusted values, with checked types and size."""

import math
from dataclasses import fields

import numpy as np

from minidraw.errors import quote

MAX_WEIGHTS = 2**28  # a gigabyte of float32
MAX_INTEGER = 2**40  # far more than any setting needs, and products of several stay short


def parse_record(record, values):
    """Make a dataclass of numbers and words, and check each field's type.

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
        if type(value) is int and abs(value) > MAX_INTEGER:
            raise ValueError(f"{name} is {quote(value)}; expected at most {MAX_INTEGER:,}")
        if wanted is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted:
            raise TypeError(f"{name} must be of type {wanted.__name__}, got {quote(value)}")
        parsed[name] = value
    return record(**parsed)


def parse_config(model, values):
    """Make the model's Config, and check that the network fits into memory.

    Raises
    ------
    TypeError, ValueError
        If a value is wrong, or there are too many weights, or latents or units over all steps.
    """
    config = parse_record(model.Config, values)
    weights = sum(map(math.prod, model.param_shapes(config).values()))
    latents = math.prod(model.noise_shape(config, 1) or ())
    units = config.glimpses * config.hidden
    values = config.glimpses * math.prod(config.image_shape)
    if max(weights, latents, units, values) > MAX_WEIGHTS:
        raise ValueError(
            f"the network has {weights:,} weights, and {values:,} pixels, {latents:,} latents and"
            f" {units:,} units over all steps; expected at most {MAX_WEIGHTS:,} of each"
        )
    return config
