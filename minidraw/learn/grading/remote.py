"""`RemoteFunction` calls a function of a submission in the submission's process."""

import inspect


class RemoteFunction:
    """A submission's function; a call runs it in the submission's process."""

    __code__ = None  # unlike that of a function in this process

    def __init__(self, process, name, parameters, returns_cache):
        self.process, self.__name__, self.returns_cache = process, str(name), returns_cache
        self.watch = process.watch
        kinds = list(inspect._ParameterKind)
        try:
            parts = [inspect.Parameter(name, kinds[kind]) for name, kind in parameters]
            self.__signature__ = inspect.Signature(parts)
        except (ValueError, TypeError, IndexError):
            self.__signature__ = inspect.Signature()

    def __call__(self, *arguments, **settings):
        return self.process.call(self.__name__, arguments, settings, self.returns_cache)


class RemoteError(Exception):
    """Error that a submission's function raised.

    Attributes
    ----------
    lines : list of str
        The error, and the line of the submission that raised it.
    """

    def __init__(self, text, line):
        self.lines = [f"it stopped with {text}"]
        self.lines += [f"on this line of your code:  {line}"] * bool(line)
        super().__init__(self.lines[0])


def copy_back(given, changed):
    """Copy the arrays of one nested value into those of another, where their shapes are equal."""
    if hasattr(given, "shape") and given.shape == getattr(changed, "shape", None):
        if given.shape:  # a single number can't be changed in place
            given[...] = changed
    elif isinstance(given, dict) and isinstance(changed, dict):
        for name in set(given) & set(changed):
            copy_back(given[name], changed[name])
    elif isinstance(given, tuple | list) and isinstance(changed, tuple | list):
        for before, after in zip(given, changed, strict=False):
            copy_back(before, after)
