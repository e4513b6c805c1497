"""``ops=mine``: DRAW's layers, made of the functions that a learner has written.

A forward and its backward count only as a pair, for their cache is theirs.  Every pair is tried
before it is used; what is missing or wrong comes from `minidraw.layers`.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from minidraw import layers
from minidraw.errors import UserError
from minidraw.learn import saved
from minidraw.learn.check import judge, judge_pair
from minidraw.learn.table import everything

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


class LatentCache(NamedTuple):
    raw: np.ndarray  # (n, 2 Z)
    sample: object
    kl: object


class Banks(NamedTuple):
    """Caches of a window and of both its filterbanks."""

    window: object
    y: object
    x: object


class ReadCache(NamedTuple):
    banks: Banks
    read: object
    s: np.ndarray | None  # (n, C, B, A); None where an image is read without a canvas
    patches: tuple  # shape of the glimpse as pictures


class WriteCache(NamedTuple):
    banks: Banks
    write: object
    shape: tuple  # of the patch as it came


class Mine:
    """Everything that a model asks of `ops`, with the learner's functions where there are any.

    Parameters
    ----------
    path : path
        The learner's file.

    Attributes
    ----------
    own : list of str
        Names of the functions that are the learner's.
    why : dict
        Name of a function in the file that isn't used to the reason.
    """

    __name__ = "mine"

    def __init__(self, path=saved.FILE):
        self.path = Path(path).resolve()
        if not self.path.is_file():
            raise UserError(f"there is no {path} here: the lessons write it (minidraw lessons)")
        theirs = saved.functions(self.path)
        self.own, self.why = [], {}
        for name, ids in PAIRS.items():
            self._take(name, ids, theirs)
        for name, id in SINGLES.items():
            self._take(name, (id,), theirs)

    def _take(self, name, ids, theirs):
        """Use one or two functions of the file, if all of them are there and right."""
        entries = [everything()[id] for id in ids]
        names = [entry.name for entry in entries]
        missing = [part for part in names if part not in theirs]
        if not missing:
            verdicts = [judge(entries[0], theirs[name])]
            if len(names) == 2:
                verdicts.append(judge_pair(entries[1], theirs[names[1]], theirs[name]))
            bad = [k for k, verdict in enumerate(verdicts) if verdict.kind != "right"]
            if not bad:
                self.own += names
                for part in names:
                    setattr(self, part, _in_step(theirs[part], cached=part in PAIRS))
                return
            first = verdicts[bad[0]].message.splitlines() or [verdicts[bad[0]].kind]
            after = f"with {name}'s cache " if bad == [1] else ""
            self.why[names[bad[0]]] = after + first[0]
        for part in set(names) & set(theirs):
            self.why.setdefault(part, f"needs {' and '.join(missing or set(names) - {part})} too")
        for part in names:
            setattr(self, part, getattr(layers, part))

    def report(self):
        """How many are the learner's, and what is said of those that aren't used."""
        total = 2 * len(PAIRS) + len(SINGLES)
        lines = [f"{len(self.own)} of {total} functions here are yours"]
        return "\n".join(lines + [f"{name}: not used, {why}" for name, why in self.why.items()])

    # What a training step calls by other names than the lessons do:

    packed = staticmethod(layers.packed)
    packed_transposed = staticmethod(layers.packed)
    read_full = staticmethod(layers.read_full)
    read_full_backward = staticmethod(layers.read_full_backward)
    softmax = staticmethod(layers.softmax)
    softmax_cross_entropy = staticmethod(layers.softmax_cross_entropy)
    softmax_cross_entropy_backward = staticmethod(layers.softmax_cross_entropy_backward)

    def linear_backward_input(self, dout, W):
        if "linear" not in self.own:
            return layers.linear_backward_input(dout, W)
        # Half of a gradient; the learner's function wants the cache of a whole forward.
        x, b = np.zeros((len(dout), len(W)), W.dtype), np.zeros(W.shape[1], W.dtype)
        return self.linear_backward(dout, self.linear(x, W, b)[1])[0]

    def linear_backward_weights(self, dout, x):
        if "linear" not in self.own:
            return layers.linear_backward_weights(dout, x)
        W, b = np.zeros((x.shape[1], dout.shape[1]), x.dtype), np.zeros(dout.shape[1], x.dtype)
        return self.linear_backward(dout, self.linear(x, W, b)[1])[1:]

    def lstm(self, x, h_prev, c_prev, W, b):
        a, linear_cache = self.linear(np.concatenate([h_prev, x], axis=1), W, b)
        (h, c), gates_cache = self.lstm_gates(a, c_prev)
        return (h, c), (linear_cache, gates_cache, h.shape[1])

    def lstm_backward(self, dout, cache):
        linear_cache, gates_cache, H = cache
        da, dc_prev = self.lstm_gates_backward(dout, gates_cache)
        djoined, dW, db = self.linear_backward(da, linear_cache)
        return djoined[:, H:].copy(), djoined[:, :H].copy(), dc_prev, dW, db

    def latent(self, raw, *, noise):
        mu, log_sigma = np.split(raw, 2, axis=1)
        z, sample_cache = self.sample(mu, log_sigma, noise=noise)
        nats, kl_cache = self.kl(mu, log_sigma)
        return (z, nats), LatentCache(raw, sample_cache, kl_cache)

    def latent_backward(self, dout, cache):
        through_z = np.concatenate(self.sample_backward(dout[0], cache.sample), axis=1)
        return through_z + np.concatenate(self.kl_backward(dout[1], cache.kl), axis=1)

    def _banks(self, raw, *, height, width, K):
        (x, y, stride, var, gamma), window = self.window(raw, height=height, width=width, K=K)
        F_y, cache_y = self.filterbank(y, stride, var, K=K, A=height)
        F_x, cache_x = self.filterbank(x, stride, var, K=K, A=width)
        return (F_y, F_x, gamma), Banks(window, cache_y, cache_x)

    def _banks_backward(self, dF_y, dF_x, dgamma, banks):
        dy, dstride_y, dvar_y = self.filterbank_backward(dF_y, banks.y)
        dx, dstride_x, dvar_x = self.filterbank_backward(dF_x, banks.x)
        dout = dx, dy, dstride_y + dstride_x, dvar_y + dvar_x, dgamma
        return self.window_backward(dout, banks.window)

    def read_attention(self, canvas, raw, *, x, K):
        s = self.sigmoid(canvas)
        filters, banks = self._banks(raw, height=x.shape[2], width=x.shape[3], K=K)
        glimpse, read_cache = self.read(x - s, *filters, x=x)
        return glimpse.reshape(len(x), -1), ReadCache(banks, read_cache, s, glimpse.shape)

    def read_attention_backward(self, dglimpse, cache):
        dx_err, *dfilters = self.read_backward(dglimpse.reshape(cache.patches), cache.read)
        dcanvas = -dx_err * cache.s * (1 - cache.s)  # x_err = x - sigmoid(canvas)
        return dcanvas, self._banks_backward(*dfilters, cache.banks)

    def read_image_attention(self, raw, *, x, K):
        filters, banks = self._banks(raw, height=x.shape[2], width=x.shape[3], K=K)
        glimpse, read_cache = layers.read_image(*filters, x=x)
        return glimpse.reshape(len(x), -1), ReadCache(banks, read_cache, None, glimpse.shape)

    def read_image_attention_backward(self, dglimpse, cache):
        dfilters = layers.read_image_backward(dglimpse.reshape(cache.patches), cache.read)
        return self._banks_backward(*dfilters, cache.banks)

    def write_attention(self, patch, raw, *, height, width, K):
        filters, banks = self._banks(raw, height=height, width=width, K=K)
        out, write_cache = self.write(patch.reshape(len(raw), -1, K, K), *filters)
        return out, WriteCache(banks, write_cache, patch.shape)

    def write_attention_backward(self, dout, cache):
        dpatch, *dfilters = self.write_backward(dout, cache.write)
        return dpatch.reshape(cache.shape), self._banks_backward(*dfilters, cache.banks)


def _in_step(function, cached):
    """A learner's function as the model wants it: the inputs' dtype kept, fresh arrays, `out`."""

    def wrapped(*arguments, out=None, **settings):
        given = _arrays(arguments)
        value = function(*arguments, **settings)
        if cached:
            result, cache = value
            return _kept(result, given), cache
        value = _kept(value, given)
        if out is None:
            return value
        out[...] = value[0]
        return (out, *value[1:])

    return wrapped


def _arrays(value):
    if isinstance(value, np.ndarray):
        return [value]
    return [a for part in value for a in _arrays(part)] if isinstance(value, tuple | list) else []


def _kept(value, given):
    """Arrays of the inputs' dtype, and none of them an input, for the caller may change them."""
    if isinstance(value, tuple | list):
        return tuple(_kept(part, given) for part in value)
    if value is None:
        return None
    value = np.asarray(value).astype(given[0].dtype, copy=False)
    return value.copy() if any(np.may_share_memory(value, array) for array in given) else value
