"""`Exercise`, a function to write, and `Case`, a set of inputs to check it with."""

import inspect
import types
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

PRIME_SIZES = 3, 5, 7, 11, 13, 17  # pairwise different and none is 2: a wrong factor shows
EVEN_SIZES = 4, 6, 8, 10, 12, 14  # primes alone would hide a division that rounds down
RANDOM_CASES = 3
SCALES = {1e4: "large", 1e-6: "small"}  # of the arriving gradient; a backward is linear in it
SINGLES = "n", "C"  # a single grey image: np.squeeze would drop these axes


@dataclass(frozen=True)
class Exercise:
    """A function to write, with everything that its check needs.

    The answer is the package's own function.  If the package has none, as for an intermediate
    step, the lesson's module defines it.
    """

    id: str  # lesson and function name: "05.filterbank_backward"
    answer: Callable | None  # the right function; None if only finite differences can judge
    make_inputs: Callable  # make_inputs(rng, **sizes) returns two dicts, inputs and settings
    sizes: str  # shape letters, "n K A"; every case gives them other values
    lines: int  # line budget, without the `def` line and what the stub gives
    hints: tuple  # derivation steps in words, in order; never code
    forward: Callable | None = None  # for a backward: out, cache = forward(*inputs, **settings)
    outputs: tuple = ()  # names of the outputs; by default "d" and each input's name
    blocks: tuple = ()  # names of equal column blocks, if the one output is judged block by block
    mistakes: tuple = ()  # (piece of the answer's source, its wrong replacement, message)
    parts: tuple = ()  # functions that the answer calls and that `mistakes` may edit as well
    uses: tuple = ()  # names of earlier functions that the learner may call
    edges: tuple = ()  # (make_inputs, description): further cases, "a window outside the image"
    in_place: tuple = ()  # names of the inputs that the function must change in place
    returns_dict: bool = False  # a dict of gradients, whose names are `outputs`
    optional: bool = False  # not part of the core lessons
    seed: int = 0  # of the cases; a mark's cases shouldn't be those of the lesson, 0

    @property
    def name(self):
        """Name of the function."""
        return self.id.partition(".")[2]

    @property
    def output_names(self):
        if self.outputs or self.in_place:
            return self.outputs or self.in_place
        return tuple(f"d{name}" for name in self.cases[0].inputs)

    @cached_property
    def returns_cache(self):
        """True for a forward that has a backward: it returns its output and a cache."""
        module = self.answer.__globals__
        return self.forward is None and f"{self.name.removesuffix('_forward')}_backward" in module

    @cached_property
    def cases(self):
        """Random cases; the same on every run."""
        return tuple(
            _make_case(self, k, self.make_inputs, PRIME_SIZES) for k in range(RANDOM_CASES)
        )

    @cached_property
    def edge_cases(self):
        """Cases to try after the random ones, each with its description."""
        even = _make_case(self, RANDOM_CASES, self.make_inputs, EVEN_SIZES)
        sizes = ", ".join(f"{letter} = {size}" for letter, size in even.sizes.items())
        ones = [letter for letter in SINGLES if letter in even.sizes]
        cases = [
            (_make_case(self, RANDOM_CASES, make_inputs, PRIME_SIZES), description)
            for make_inputs, description in self.edges
        ]
        if ones:
            single = _make_case(self, RANDOM_CASES, self.make_inputs, PRIME_SIZES, ones)
            cases.append((single, " and ".join(f"{letter} = 1" for letter in ones)))
        if self.forward is not None:
            first = self.cases[0]
            cases += [
                (first._replace(dout=_scale(first.dout, factor)), f"{size} incoming gradients")
                for factor, size in SCALES.items()
            ]
        return (even, f"{sizes} (even sizes)"), *cases

    def choose_forward(self, theirs):
        """Return the forward whose cache the learner's backward may expect, or None.

        It is the learner's own, or the lesson's.  What it calls of minidraw calls the learner's
        functions in turn, because they make their own caches.
        """
        if self.forward is None:
            return None
        own = theirs.get(self.forward.__name__)
        if own is None or inspect.isfunction(own):
            return _call_own(own or self.forward, theirs) or own
        return own  # in another process

    def __hash__(self):
        return hash(self.id)


def _call_own(function, theirs):
    """Return a copy of a function that calls the learner's, also through others, or None."""
    own = {}
    for name in function.__code__.co_names:
        found = function.__globals__.get(name)
        if name in theirs:
            own[name] = theirs[name]
        elif (
            inspect.isfunction(found)
            and found is not function
            and found.__module__.startswith("minidraw.")
            and (changed := _call_own(found, theirs))
        ):
            own[name] = changed
    if not own:
        return None
    return rebind(function, own)


def rebind(function, names):
    """Return a copy of a function in which some global names mean something else."""
    inside = function.__globals__ | names, function.__name__
    copy = types.FunctionType(
        function.__code__, *inside, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


class Case(NamedTuple):
    """A set of inputs for an exercise."""

    sizes: dict  # letter to size
    inputs: dict  # differentiable arrays by name
    settings: dict
    dout: object  # for a backward: the gradient that arrives, an array or a tuple of arrays

    def make_arguments(self, exercise, forward=None):
        """Return copies of the positional and keyword arguments for a call."""
        inputs, settings = copy_arrays(self.inputs), copy_arrays(self.settings)
        if exercise.forward is None:
            return tuple(inputs.values()), settings
        _, cache = (forward or exercise.forward)(*inputs.values(), **settings)
        return (copy_arrays(self.dout), copy_arrays(cache)), {}

    def collect_names(self, exercise):
        """Return the inputs, settings, sizes and cache fields in a dict, by name."""
        found = {**self.inputs, **self.settings, **self.sizes}
        if exercise.forward is not None:
            _, cache = exercise.forward(*self.inputs.values(), **self.settings)
            found |= cache._asdict() if hasattr(cache, "_asdict") else {}
        return found

    def finite_difference(self, exercise, number, place, step=1e-5):
        """Return the central difference of sum(dout * out) with respect to one input entry.

        `number` counts the input arrays; a dict of weights counts as several.
        """

        def loss(change):
            inputs = copy_arrays(self.inputs)
            list_arrays(inputs)[number][place] += change
            out, _ = exercise.forward(*inputs.values(), **self.settings)
            pairs = zip(as_tuple(self.dout), as_tuple(out), strict=True)
            return sum(np.sum(d * part) for d, part in pairs)

        return (loss(step) - loss(-step)) / (2 * step)


def _make_case(exercise, number, make_inputs, known_sizes, ones=()):
    letters = exercise.sizes.split()
    if number == 1 and len(letters) > 2:  # an image is taller than wide once: B > A
        letters[-2:] = letters[:-3:-1]
    sizes = {
        letter: 1 if letter in ones else known_sizes[(k + number) % len(known_sizes)]
        for k, letter in enumerate(letters)
    }
    seeds = [zlib.crc32(exercise.id.encode()), number, *[exercise.seed] * bool(exercise.seed)]
    rng = np.random.default_rng(seeds)
    inputs, settings = make_inputs(rng, **sizes)
    if exercise.forward is None:
        return Case(sizes, inputs, settings, None)
    out, _ = exercise.forward(*inputs.values(), **settings)
    dout = tuple(rng.standard_normal(np.shape(part)) for part in as_tuple(out))
    return Case(sizes, inputs, settings, dout if isinstance(out, tuple) else dout[0])


def _scale(dout, factor):
    scaled = tuple(factor * part for part in as_tuple(dout))
    return scaled if isinstance(dout, tuple) else scaled[0]


def as_tuple(value):
    """Return the outputs of a function; a dict of weights is one output per weight."""
    if isinstance(value, dict):
        return tuple(value.values())
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def list_arrays(inputs):
    """Return all arrays of a dict whose values are arrays or dicts of arrays."""
    return [array for value in inputs.values() for array in as_tuple(value)]


def copy_arrays(value):
    """Return a copy of a nested value and all its arrays."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: copy_arrays(part) for key, part in value.items()}
    if hasattr(value, "_fields"):
        return type(value)(*map(copy_arrays, value))
    return type(value)(map(copy_arrays, value)) if isinstance(value, tuple | list) else value
