"""What the layers add up to; every model offers the names that `draw` has."""

from importlib import import_module

from minidraw.errors import UserError

NAMES = ("draw", "glimpse")


def named(name):
    """The model's module."""
    if name not in NAMES:
        raise UserError(f"no model named {name!r}; there is {', '.join(NAMES)}")
    return import_module(f"minidraw.models.{name}")
