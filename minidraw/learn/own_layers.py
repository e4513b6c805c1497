"""`OwnLayers`, the layers for ``--ops mine``: the learner's functions if they are right.

A forward and its backward share a cache, so they are checked and used as a pair.  A forward
alone is used if its cache suits minidraw's backward.  `minidraw.layers` replaces the others.
"""

from pathlib import Path

import numpy as np

from minidraw.errors import UserError
from minidraw.layers.compose import replace_layers
from minidraw.learn import own_functions
from minidraw.learn.checking.judge import judge, judge_pair
from minidraw.learn.exercises import all_exercises
from minidraw.learn.grading.child.plain import unroll

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
        groups = [*PAIRS.values(), *((id,) for id in SINGLES.values())]
        self.own, self.unused = find_usable(groups, theirs)
        vars(self).update(vars(compose_layers({name: theirs[name] for name in self.own})))

    def report(self):
        """Return a line that counts the functions used and says why others aren't."""
        total = 2 * len(PAIRS) + len(SINGLES)
        lines = [f"{len(self.own)} of {total} functions here are yours"]
        return "\n".join(lines + [f"{name}: not used, {why}" for name, why in self.unused.items()])


def find_usable(groups, theirs):
    """Judge a learner's functions in groups that can only be used together.

    Parameters
    ----------
    groups : iterable of tuples of exercise ids
        One function, or a forward and its backward.
    theirs : dict
        The learner's functions by name.

    Returns
    -------
    own : list of str
        Names of the functions that are right.
    unused : dict
        Name of any other function of `theirs` to the reason.
    """
    own, unused = [], {}
    for entries in ([all_exercises()[id] for id in ids] for ids in groups):
        names = [entry.name for entry in entries]
        missing = [name for name in names if name not in theirs]
        if not missing:
            bad, verdict = _judge_group(entries, theirs)
            if bad is None:
                own += names
                continue
            after = f"with {names[0]}'s cache " if bad > 0 else ""
            unused[names[bad]] = after + (verdict.message.splitlines() or [verdict.kind])[0]
        elif names[0] in theirs and _fits_our_backward(entries, theirs[names[0]]):
            own.append(names[0])
            continue
        for name in set(names) & set(theirs):
            needed = " and ".join(missing or set(names) - {name})
            unused.setdefault(name, f"needs {needed} too")
    return own, unused


def _judge_group(entries, theirs):
    """Return the number of the first function that is wrong, and its verdict; or (None, None)."""
    forward = theirs[entries[0].name]
    verdicts = [judge(entries[0], forward, entries[0].choose_forward(theirs))]
    verdicts += [judge_pair(entry, theirs[entry.name], forward) for entry in entries[1:]]
    bad = [(k, verdict) for k, verdict in enumerate(verdicts) if verdict.kind != "right"]
    return bad[0] if bad else (None, None)


def _fits_our_backward(entries, forward):
    """Return True if a learner's forward is right and minidraw's backward can use its cache."""
    backward = entries[1]
    return (
        judge(entries[0], forward).kind == "right"
        and judge_pair(backward, backward.answer, forward).kind == "right"
    )


def compose_layers(own):
    """Return all layers, which call the learner's functions `own` (by name) where there is one."""
    used = [*PAIRS, *(id.partition(".")[2] for ids in PAIRS.values() for id in ids), *SINGLES]
    adapted = {
        name: _adapt(function, returns_cache=name in PAIRS)
        for name, function in own.items()
        if name in used
    }
    return replace_layers(adapted | _split_linear(adapted))


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
        if not given:  # a number, for sigmoid; lesson 02 asks for arrays only
            return function(*map(np.atleast_1d, arguments), **settings)[0]
        value = function(*arguments, **settings)
        if returns_cache:
            result, cache = value
            return _make_fresh(result, given), cache
        value = _make_fresh(value, given)
        if out is None:
            return value
        out[...] = value[0]
        return (out, *value[1:])

    wrapped.__module__ = "minidraw.layers"  # `mine.py` imports it from there until it has its own
    return wrapped


def _list_arrays(value):
    if isinstance(value, np.ndarray):
        return [value]
    parts = value if isinstance(value, tuple | list) else ()
    return [array for part in parts for array in _list_arrays(part)]


def _make_fresh(value, given):
    """Return new arrays of the inputs' dtype, which callers may change in place."""
    value = unroll(value)
    if isinstance(value, tuple | list):
        return tuple(_make_fresh(part, given) for part in value)
    if value is None:
        return None
    value = np.asarray(value).astype(given[0].dtype, copy=False)
    return value.copy() if any(np.may_share_memory(value, array) for array in given) else value
