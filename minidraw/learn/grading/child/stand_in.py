"""Stand-in for minidraw in a submission's process.

The package itself isn't there, so its answers can't be copied.  A call of one of its functions
goes to `grade`, which knows whether the exercise allows it.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys
import types

import wire


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finder and loader of every module of minidraw."""

    def __init__(self, ask):
        self.ask = ask

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "minidraw":
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        module.__dict__["_ask"] = self.ask
        if module.__name__.startswith("minidraw.learn"):
            module.__dict__.update(exercise=accept, hint=accept, NotYet=Exception)
            module.__dict__["use_earlier"] = use_earlier


class StandIn(types.ModuleType):
    """A module whose attributes are asked for when they are needed."""

    def __setattr__(self, name, value):
        """Ignore submodules, which Python sets: ``layers.linear`` is a function too."""
        if name.startswith("__"):
            super().__setattr__(name, value)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        kind, content = self._ask(get=[self.__name__, name])
        if kind == "module":
            value = importlib.import_module(f"{self.__name__}.{name}")
        elif kind == "record":
            value = wire.make_record(name, tuple(content))
        elif kind == "value":
            value = content
        else:
            value = make_caller(self._ask, self.__name__, name)
        self.__dict__[name] = value
        return value


def make_caller(ask, module, name):
    """Return a function whose calls go to `grade`."""

    def caller(*arguments, **settings):
        return ask(call=[module, name], arguments=list(arguments), settings=settings)

    caller.__name__ = name
    return caller


def accept(id):
    """Stand in for the decorator ``@exercise(...)``, which here does nothing."""
    return lambda function: function


def use_earlier(lesson):
    """Return the stand-in for the functions of earlier lessons."""
    return importlib.import_module("minidraw.learn.earlier")


def install(ask):
    """Put the stand-in in front of every other way to import minidraw."""
    sys.meta_path.insert(0, Finder(ask))
