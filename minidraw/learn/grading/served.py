"""The part of minidraw that a submission may call: functions its exercise allows, run here."""

import sys
import types

from minidraw import layers
from minidraw.learn.exercises import all_exercises, step_of_draw

EARLIER = "minidraw.learn.earlier"  # what `use_earlier` returns
SERVED = "minidraw.layers", "minidraw.learn.exercises"
MAX_SIZE = 1000  # of a setting such as K: the call's memory is ours


class Borrowed(Exception):
    """Error for the call of a function that the exercise doesn't allow."""

    def __init__(self, name):
        super().__init__(name)
        self.name = name


def serve_attribute(module, name):
    """Return the kind of a module's attribute, and its content if that is no secret."""
    value = _find(module, name)
    if value is None and f"{module}.{name}" in sys.modules or isinstance(value, types.ModuleType):
        return "module", None
    if isinstance(value, type) and issubclass(value, tuple) and hasattr(value, "_fields"):
        return "record", list(value._fields)
    if isinstance(value, int | float):
        return "value", value
    return "function", None


def serve_call(module, name, arguments, settings, allowed):
    """Call a function of minidraw for the submission.

    Raises
    ------
    Borrowed
        If the exercise doesn't allow it.
    """
    function = _find(module, name)
    if name not in allowed or not isinstance(function, types.FunctionType):
        raise Borrowed(str(name)[:80])
    if any(isinstance(value, int) and value > MAX_SIZE for value in settings.values()):
        raise ValueError(f"a setting above {MAX_SIZE}")
    return function(*arguments, **settings)


def _find(module, name):
    """Return what stands under a name in the layers or exercises; None if nothing does."""
    if module == EARLIER:
        answers = {entry.name: entry.answer for entry in all_exercises().values()}
        return getattr(layers, name, None) or answers.get(name) or getattr(step_of_draw, name, None)
    served = any(module == part or module.startswith(f"{part}.") for part in SERVED)
    return getattr(sys.modules.get(module), name, None) if served else None
