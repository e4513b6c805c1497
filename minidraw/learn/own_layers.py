"""``--ops mine``: DRAW's layers, made of the functions that a learner has written.

A forward and its backward count only as a pair, because the cache between them is the learner's.
Every pair is checked before it is used; what is missing or wrong comes from `minidraw.layers`.
"""

from pathlib import Path

import numpy as np

from minidraw import layers
from minidraw.errors import UserError
from minidraw.layers.compose import replace_layers
from minidraw.learn import own_functions
from minidraw.learn.checking.judge import judge, judge_pair
from minidraw.learn.exercises import all_exercises

PAIRS = {  # forward to the exercises of the two; together they are what a training step runs on
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
    """Everything that a model asks of `ops`, with the learner's functions where there are any.

    Parameters
    ----------
    path : path
        The learner's file.

    Attributes
    ----------
    own : list of str
        Names of the functions that are the learner's.
    unused : dict
        Name of a function in the file that isn't used to the reason.
    """

    def __init__(self, path=own_functions.FILE):
        self.path = Path(path).resolve()
        if not self.path.is_file():
            raise UserError(
                f"{path}: no such file. The lessons write it: see minidraw lessons --help"
            )
        theirs = own_functions.functions(self.path)
        self.own, self.unused = [], {}
        for name, ids in PAIRS.items():
            self._judge(name, ids, theirs)
        for name, id in SINGLES.items():
            self._judge(name, (id,), theirs)
        own = {name: _for_training(theirs[name], cached=name in PAIRS) for name in self.own}
        vars(self).update(vars(replace_layers(own | _halves_of_linear(own))))

    def _judge(self, name, ids, theirs):
        """Add one or two functions of the file to `own`, if all of them are there and right."""
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
        """Say how many functions are the learner's, and why others aren't used."""
        total = 2 * len(PAIRS) + len(SINGLES)
        lines = [f"{len(self.own)} of {total} functions here are yours"]
        return "\n".join(lines + [f"{name}: not used, {why}" for name, why in self.unused.items()])


def _halves_of_linear(own):
    """The two halves of the learner's `linear_backward`, which the model calls one at a time."""
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
        "pack_transposed": layers.pack,  # W as the learner's function expects it
    }


def _for_training(function, cached):
    """A learner's function as the model wants it: the inputs' dtype kept, fresh arrays, `out`."""

    def wrapped(*arguments, out=None, **settings):
        given = _arrays(arguments)
        value = function(*arguments, **settings)
        if cached:
            result, cache = value
            return _fresh(result, given), cache
        value = _fresh(value, given)
        if out is None:
            return value
        out[...] = value[0]
        return (out, *value[1:])

    return wrapped


def _arrays(value):
    if isinstance(value, np.ndarray):
        return [value]
    return [a for part in value for a in _arrays(part)] if isinstance(value, tuple | list) else []


def _fresh(value, given):
    """Arrays of the inputs' dtype, none of them an input: the caller may change them in place."""
    if isinstance(value, tuple | list):
        return tuple(_fresh(part, given) for part in value)
    if value is None:
        return None
    value = np.asarray(value).astype(given[0].dtype, copy=False)
    return value.copy() if any(np.may_share_memory(value, array) for array in given) else value
