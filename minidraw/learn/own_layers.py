"""`OwnLayers`, the layers for ``--ops mine``: the learner's functions if they are right.

A forward and its backward are used only as a pair, because they share the learner's cache.
Each pair is checked before use; `minidraw.layers` replaces what is missing or wrong.
"""

from pathlib import Path

import numpy as np

from minidraw.errors import UserError
from minidraw.layers.compose import replace_layers
from minidraw.learn import own_functions
from minidraw.learn.checking.judge import judge, judge_pair
from minidraw.learn.exercises import all_exercises

PAIRS = {  # forward to the exercises of the pair; a training step runs on these and SINGLES
    "linear": ("02.linear", "02.linear_backward"),
    "bernoulli_cost": ("03.bernoulli_cost", "03.bernoulli_cost_backward"),
    "window": ("04.window", "05.window_backward"),
    "filterbank": ("04.filterbank", "05.filterbank_backward"),
    "read": ("06.read", "06.read_backward"),
    "write": ("07.write", "07.write_backward"),
    "lstm_gates": ("08.lstm_gates", "08.lstm_gates_backward"),
    "sample": ("10.sample", "10.sample_backward"),
    "kl": ("10.kl", "10.kl_backward"),
}
SINGLES = {"sigmoid": "02.sigmoid", "adam_update": "13.adam_update"}


class OwnLayers:
    """The `ops` of a model, with the learner's functions if they are right.

    Parameters
    ----------
    path : path
        The learner's file.

    Attributes
    ----------
    own : list of str
        Names of the learner's functions that are used.
    unused : dict
        Name of a function in the file that isn't used, to the reason.
    """

    def __init__(self, path=own_functions.FILE):
        self.path = Path(path).resolve()
        if not self.path.is_file():
            raise UserError(
                f"{path}: no such file; the lessons write it. Type minidraw lessons --help"
            )
        theirs = own_functions.load_functions(self.path)
        self.own, self.unused = [], {}
        for name, ids in PAIRS.items():
            self._add_if_right(name, ids, theirs)
        for name, id in SINGLES.items():
            self._add_if_right(name, (id,), theirs)
        own = {name: _adapt(theirs[name], returns_cache=name in PAIRS) for name in self.own}
        vars(self).update(vars(replace_layers(own | _split_linear(own))))

    def _add_if_right(self, name, ids, theirs):
        """Add a function or a pair to `own` if it is complete and right."""
        entries = [all_exercises()[id] for id in ids]
        names = [entry.name for entry in entries]
        missing = [part for part in names if part not in theirs]
        if not missing:
            verdicts = [judge(entries[0], theirs[name])]
            if len(names) == 2:
                verdicts.append(judge_pair(entries[1], theirs[names[1]], theirs[name]))
            bad = [k for k, verdict in enumerate(verdicts) if verdict.kind != "right"]
            if not bad:
                self.own += names
                return
            first = verdicts[bad[0]].message.splitlines() or [verdicts[bad[0]].kind]
            after = f"with {name}'s cache " if bad == [1] else ""
            self.unused[names[bad[0]]] = after + first[0]
        for part in set(names) & set(theirs):
            needed = " and ".join(missing or set(names) - {part})
            self.unused.setdefault(part, f"needs {needed} too")

    def report(self):
        """Return a line that counts the functions used and says why others aren't."""
        total = 2 * len(PAIRS) + len(SINGLES)
        lines = [f"{len(self.own)} of {total} functions here are yours"]
        return "\n".join(lines + [f"{name}: not used, {why}" for name, why in self.unused.items()])


def _split_linear(own):
    """Make the two halves of `linear_backward` that a model calls separately."""
    if "linear" not in own:
        return {}

    def cache_for(x, W):
        return own["linear"](x, W, np.zeros(W.shape[1], W.dtype))[1]

    def linear_backward_input(dout, W):
        x = np.zeros((len(dout), len(W)), W.dtype)
        return own["linear_backward"](dout, cache_for(x, W))[0]

    def linear_backward_weights(dout, x):
        W = np.zeros((x.shape[1], dout.shape[1]), x.dtype)
        return own["linear_backward"](dout, cache_for(x, W))[1:]

    return {
        "linear_backward_input": linear_backward_input,
        "linear_backward_weights": linear_backward_weights,
    }


def _adapt(function, returns_cache):
    """Wrap a learner's function to keep the inputs' dtype, return new arrays and accept `out`."""

    def wrapped(*arguments, out=None, **settings):
        given = _list_arrays(arguments)
        value = function(*arguments, **settings)
        if returns_cache:
            result, cache = value
            return _make_fresh(result, given), cache
        value = _make_fresh(value, given)
        if out is None:
            return value
        out[...] = value[0]
        return (out, *value[1:])

    return wrapped


def _list_arrays(value):
    if isinstance(value, np.ndarray):
        return [value]
    parts = value if isinstance(value, tuple | list) else ()
    return [array for part in parts for array in _list_arrays(part)]


def _make_fresh(value, given):
    """Return new arrays of the inputs' dtype, which callers may change in place."""
    if isinstance(value, tuple | list):
        return tuple(_make_fresh(part, given) for part in value)
    if value is None:
        return None
    value = np.asarray(value).astype(given[0].dtype, copy=False)
    return value.copy() if any(np.may_share_memory(value, array) for array in given) else value
