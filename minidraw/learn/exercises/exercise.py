"""What an exercise is: an entry in the table, and the random cases that its answer is tried on."""

import types
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

PRIMES = 3, 5, 7, 11, 13, 17  # no size is another's, nor 2; averaging over images shows
EVEN = 4, 6, 8, 10, 12, 14  # primes alone would hide a division that rounds down
DRAWS = 3


@dataclass(frozen=True)
class Exercise:
    """One entry of the table; ``table/lesson_NN.py`` has those of a lesson.

    The answer is the package's own function.  Where the package has none, as for a step on the
    way, it stands beside the entry.
    """

    id: str  # lesson and name of the function: "05.filterbank_backward"
    answer: Callable | None  # None: there is nothing but the forward to hold it against
    draw: Callable  # draw(rng, **sizes): inputs and settings, two dicts
    sizes: str  # letters of DESIGN's shapes, "n K A": every draw gives them other primes
    lines: int  # budget, without the `def` line and what the stub gives
    hints: tuple  # derivation steps in words, the first one first; never code
    forward: Callable | None = None  # of a backward: out, cache = forward(*inputs, **settings)
    outputs: tuple = ()  # names of what is returned; of a backward "d" and the input's name
    blocks: tuple = ()  # names of equal blocks of columns, where the output is to be split
    mistakes: tuple = ()  # (piece of the answer's source, what stands there instead, words)
    parts: tuple = ()  # functions that the answer is made of: mistakes may lie there as well
    uses: tuple = ()  # names of earlier functions that may be called
    edges: tuple = ()  # (draw, words): further cases, such as a window outside the image
    changed: tuple = ()  # names of inputs that the function is asked to change in place
    optional: bool = field(default=False)  # not part of the core lessons

    @property
    def name(self):
        """The function's name."""
        return self.id.partition(".")[2]

    @property
    def output_names(self):
        if self.outputs:
            return self.outputs
        given = self.changed or self.cases[0].inputs
        return tuple(given) if self.changed else tuple(f"d{name}" for name in given)

    @cached_property
    def cached(self):
        """Whether it returns a cache behind its output, because a backward follows."""
        module = self.answer.__globals__
        return self.forward is None and f"{self.name}_backward" in module

    @cached_property
    def cases(self):
        """The random draws, always the same."""
        return tuple(_case(self, number, self.draw, PRIMES) for number in range(DRAWS))

    @cached_property
    def edge_cases(self):
        """What is tried once the random draws are right, with words for each."""
        even = _case(self, DRAWS, self.draw, EVEN)
        sizes = ", ".join(f"{letter} = {size}" for letter, size in even.sizes.items())
        cases = [(_case(self, DRAWS, draw, PRIMES), words) for draw, words in self.edges]
        return (even, f"even sizes ({sizes})"), *cases

    def own_forward(self, theirs):
        """Of a backward: the learner's own forward; where the lesson gave it, the lesson's on their
        functions, for these hand their own caches on.  None where they have none of them."""
        if self.forward is None:
            return None
        if self.forward.__name__ in theirs:
            return theirs[self.forward.__name__]
        code = self.forward.__code__
        own = {name: theirs[name] for name in code.co_names if name in theirs}
        return types.FunctionType(code, self.forward.__globals__ | own) if own else None

    def __hash__(self):
        return hash(self.id)


class Case(NamedTuple):
    sizes: dict  # letter to prime
    inputs: dict  # differentiable arrays by name
    settings: dict
    dout: object  # of a backward: the gradient that arrives, an array or a tuple of them

    def arguments(self, exercise, forward=None):
        """Positional and keyword arguments for a call, all of them copies."""
        inputs, settings = copied(self.inputs), copied(self.settings)
        if exercise.forward is None:
            return tuple(inputs.values()), settings
        _, cache = (forward or exercise.forward)(*inputs.values(), **settings)
        return (copied(self.dout), copied(cache)), {}

    def names(self, exercise):
        """Everything that a learner sees by a name: inputs, settings, fields of the cache."""
        found = {**self.inputs, **self.settings, **self.sizes}
        if exercise.forward is not None:
            _, cache = exercise.forward(*self.inputs.values(), **self.settings)
            found |= cache._asdict() if hasattr(cache, "_asdict") else {}
        return found

    def slope(self, exercise, name, place, step=1e-5):
        """Central difference of the scalar that `dout` stands for, by one entry of an input."""

        def loss(by):
            moved = self.inputs[name].copy()
            moved[place] += by
            inputs = self.inputs | {name: moved}
            out, _ = exercise.forward(*inputs.values(), **self.settings)
            pairs = zip(as_tuple(self.dout), as_tuple(out), strict=True)
            return sum(np.sum(d * part) for d, part in pairs)

        return (loss(step) - loss(-step)) / (2 * step)


def _case(exercise, number, draw, known):
    letters = exercise.sizes.split()
    sizes = {letter: known[(k + number) % len(known)] for k, letter in enumerate(letters)}
    rng = np.random.default_rng([zlib.crc32(exercise.id.encode()), number])
    inputs, settings = draw(rng, **sizes)
    if exercise.forward is None:
        return Case(sizes, inputs, settings, None)
    out, _ = exercise.forward(*inputs.values(), **settings)
    dout = tuple(rng.standard_normal(np.shape(part)) for part in as_tuple(out))
    return Case(sizes, inputs, settings, dout if isinstance(out, tuple) else dout[0])


def as_tuple(value):
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def copied(value):
    """The same again, with new arrays."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    if hasattr(value, "_fields"):
        return type(value)(*map(copied, value))
    return type(value)(map(copied, value)) if isinstance(value, tuple | list) else value
