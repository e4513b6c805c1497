"""Messages between `grade` and a submission's process: a JSON document per line, never pickle.

Arrays travel as type, shape and base64.  Named tuples travel with the names of their fields.
What can't be written down stays where it is: the other side gets a `Handle`.
"""

import base64
import json
from collections import namedtuple
from functools import lru_cache

import numpy as np

MAX_MESSAGE_BYTES = 64 * 2**20
NUMBER_KINDS = "biufc"


class Handle:
    """A value that stays in the other process.

    Attributes
    ----------
    number : int
    type_name : str
    """

    def __init__(self, number, type_name):
        self.number, self.type_name = number, type_name


def write_message(stream, message, keep):
    """Write a message; ``keep(value)`` returns the `Handle` of what can't be sent."""
    stream.write(json.dumps(encode(message, keep)).encode("ascii") + b"\n")
    stream.flush()


def read_message(line, get):
    """Return the message in a line; ``get(handle)`` returns the value behind a `Handle`.

    Raises
    ------
    ValueError
        If the line is no message.
    """
    try:
        return decode(json.loads(line), get)
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"garbled message: {error!r}") from error


def encode(value, keep):
    if value is None or isinstance(value, bool | int | float | str) and not _is_numpy(value):
        return value
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.kind in NUMBER_KINDS and array.dtype.itemsize <= 16:
            data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
            return {"array": [array.dtype.str, list(array.shape), data]}
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        parts = [encode(part, keep) for part in value]
        return {"named": [type(value).__name__, list(value._fields), parts]}
    elif isinstance(value, tuple | list):
        parts = [encode(part, keep) for part in value]
        return {"tuple" if isinstance(value, tuple) else "list": parts}
    elif isinstance(value, dict) and all(type(key) is str for key in value):
        return {"dict": {key: encode(part, keep) for key, part in value.items()}}
    handle = value if isinstance(value, Handle) else keep(value)
    return {"handle": [handle.number, handle.type_name]}


def decode(tree, get):
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    match kind:
        case "array":
            return _decode_array(*content)
        case "named":
            name, fields, parts = content
            return make_record(name, tuple(fields))(*(decode(part, get) for part in parts))
        case "tuple":
            return tuple(decode(part, get) for part in content)
        case "list":
            return [decode(part, get) for part in content]
        case "dict":
            return {key: decode(part, get) for key, part in content.items()}
        case "handle":
            return get(Handle(int(content[0]), str(content[1])[:80]))
    raise ValueError(f"unknown kind {kind!r:.40}")


@lru_cache(maxsize=500)
def make_record(name, fields):
    """Return the named tuple class with this name and these fields; the same one every time."""
    return namedtuple(name, fields)


def _is_numpy(value):
    return isinstance(value, np.generic)  # np.float64 is a float too


def _decode_array(type_name, shape, data):
    dtype = np.dtype(type_name)
    if dtype.kind not in NUMBER_KINDS:
        raise ValueError(f"an array of {dtype}")
    flat = np.frombuffer(base64.b64decode(data, validate=True), dtype)
    return flat.reshape([int(size) for size in shape]).copy()[()]
