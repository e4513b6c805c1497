"""Right answers in other styles than the package's: `STYLES` of each lesson's module."""

import importlib
import pkgutil

_MODULES = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
STYLES = {id: functions for module in _MODULES for id, functions in module.STYLES.items()}
