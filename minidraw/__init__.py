"""minidraw: DRAW, the network that paints images stroke by stroke, written by hand in NumPy."""

import importlib
import warnings

__version__ = "0.1.0"
__all__ = ["VAE", "Classifier", "Draw", "load"]

_PLACES = {
    "Classifier": "minidraw.estimators",
    "Draw": "minidraw.estimators",
    "VAE": "minidraw.estimators",
    "load": "minidraw.datasets",
}
_FORMER_NAMES = {"Classify": "Classifier"}


def __getattr__(name):
    """Import a public name when it is first used, which keeps ``import minidraw`` fast."""
    if name in _FORMER_NAMES:
        former, name = name, _FORMER_NAMES[name]
        warnings.warn(f"minidraw.{former} is now minidraw.{name}", FutureWarning, stacklevel=2)
    if name not in _PLACES:
        raise AttributeError(f"module 'minidraw' has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)
