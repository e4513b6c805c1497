"""What the layers add up to; every model offers the names that `draw` has."""

from importlib import import_module

from minidraw.errors import UserError

NAMES = ("draw", "classifier")
FORMER_NAMES = {"glimpse": "classifier"}  # in files written before the model was renamed


def current_name(name):
    """Return today's name of a model, given the one in a file."""
    return FORMER_NAMES.get(name, name) if isinstance(name, str) else name


def get_model(name):
    """The model's module."""
    name = current_name(name)
    if name not in NAMES:
        raise UserError(f"no model named {name!r}; there is {', '.join(NAMES)}")
    return import_module(f"minidraw.models.{name}")
