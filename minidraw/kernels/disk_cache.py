"""`SafeCache`: Numba's cache on disk, which may be damaged or unwritable.

Without it a program would stop at every start until somebody deletes the file.
"""

import hashlib
import pickle
import sys
from contextlib import suppress
from typing import NamedTuple

from numba.core.serialize import dumps


class SafeCache:
    """A kernel's cache on disk; where it is damaged or can't be written, the kernel is compiled.

    Parameters
    ----------
    cache : numba.core.caching.FunctionCache
    """

    def __init__(self, cache):
        self._cache = cache
        cache._impl = CheckedContents(cache._impl)

    def __getattr__(self, name):
        return getattr(self._cache, name)

    def load_overload(self, signature, context):
        try:
            found = self._cache.load_overload(signature, context)
        except Exception as error:  # unpickling damaged bytes may raise anything
            report_once(f"damaged file in {self.cache_path}: {error or type(error).__name__}")
            with suppress(Exception):
                self._cache.flush()  # so that the kernel can be saved anew
            found = None
        # Processes that compile at once may have exchanged the files of two signatures.
        if found and tuple(found.signature.args) == tuple(signature):
            return found
        _compiling.append(signature)
        return None

    def save_overload(self, signature, compiled):
        try:
            self._cache.save_overload(signature, compiled)
        except Exception as error:
            report_once(f"can't write to {self.cache_path}: {error or type(error).__name__}")


class Contents(NamedTuple):
    pickled: bytes
    checksum: bytes


class CheckedContents:
    """Numba's conversion of a compiled kernel to data and back, with a checksum."""

    def __init__(self, conversion):
        self._conversion = conversion

    def __getattr__(self, name):
        return getattr(self._conversion, name)

    def reduce(self, compiled):
        pickled = dumps(self._conversion.reduce(compiled))
        return Contents(pickled, hashlib.sha256(pickled).digest())

    def rebuild(self, context, data):
        if not isinstance(data, Contents):  # from an earlier version
            return None
        if hashlib.sha256(data.pickled).digest() != data.checksum:
            raise ValueError("the checksum differs")
        return self._conversion.rebuild(context, pickle.loads(data.pickled))


def report_once(reason):
    """Say why the cache isn't used, unless it was said before."""
    if not _reported:
        _reported.append(reason)
        with suppress(AttributeError, OSError, ValueError):  # standard error is closed
            line = " ".join(f"Numba's cache can't be used ({reason})".split())
            print(f"minidraw: {line}; compiling anew, up to a minute", file=sys.stderr, flush=True)


def is_compiling():
    """Return whether a kernel wasn't in the cache."""
    return bool(_compiling or _reported)


_reported, _compiling = [], []
