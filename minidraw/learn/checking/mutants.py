"""Mutants: the answer with a mistake made on purpose, to compare with a learner's numbers.

`make_mutants` edits the answer's source.  It makes the mistakes that the exercise names, and
common slips, such as a wrong sign, a mean for a sum, a wrong axis or a missing factor or term.
"""

import ast
import inspect
import re
import textwrap
import types
from functools import lru_cache

import numpy as np

from minidraw.layers import sigmoid
from minidraw.learn.exercises.exercise import as_tuple

SIGN = "one plus or minus sign is wrong"
MEAN = "one sum is taken as an average"
AXIS = "one sum runs over the wrong axis"
SQUARE = "one square is missing"
TRANSPOSE = "one transpose is missing"
INCOMING = "the incoming gradient, {}, is missing; it counts as 1"
MAX_QUOTED = 24  # characters
FUNCTIONS = "exp", "log", "log1p", "sqrt", "tanh", "abs", "sigmoid"  # forgotten now and then


@lru_cache
def make_mutants(exercise):
    """Make every known wrong answer to an exercise.

    Returns
    -------
    named, slips : lists of (message, function)
        Mistakes that the exercise names, and common slips.
    """
    if exercise.answer is None:
        return [], []
    functions = exercise.answer, *exercise.parts
    named = [(message, _apply_edit(functions, *edit)) for *edit, message in exercise.mistakes]
    slips = [_ignore_incoming(exercise)] if exercise.forward is not None else []
    slips += [
        (message, _replace_function(functions, function, tree))
        for function in functions
        for message, tree in _make_slips(_read_source(function))
    ]
    return named, slips


def _ignore_incoming(exercise):
    first = next(iter(inspect.signature(exercise.answer).parameters))

    def function(dout, cache):
        ones = [np.ones_like(part) for part in as_tuple(dout)]
        return exercise.answer(tuple(ones) if isinstance(dout, tuple) else ones[0], cache)

    return INCOMING.format(first), function


def _read_source(function):
    return textwrap.dedent(inspect.getsource(function))


def _apply_edit(functions, right, wrong):
    found = [f for f in functions if right in _read_source(f)]
    if len(found) != 1 or _read_source(found[0]).count(right) != 1:
        raise ValueError(f"{right!r} must occur exactly once in the answer's source")
    return _replace_function(
        functions, found[0], ast.parse(_read_source(found[0]).replace(right, wrong))
    )


def _replace_function(functions, changed, tree):
    """Return the first function, in a copy of its module with `changed` replaced by `tree`."""
    names = {"np": np, "sigmoid": sigmoid} | functions[0].__globals__
    exec(compile(ast.fix_missing_locations(tree), "<mistake>", "exec"), names)
    if changed is functions[0]:
        return names[changed.__name__]
    first = functions[0]
    copy = types.FunctionType(first.__code__, names, first.__name__, first.__defaults__)
    copy.__kwdefaults__ = first.__kwdefaults__
    return copy


def _make_slips(source):
    """Yield the message and the syntax tree of each possible slip."""
    count = sum(1 for _ in ast.walk(ast.parse(source)))
    for place in range(count):
        for choice in range(8):
            tree = ast.parse(source)
            node = next(n for k, n in enumerate(ast.walk(tree)) if k == place)
            edits = _list_edits(node)
            if choice >= len(edits):
                break
            message, replacement = edits[choice]
            yield message, _Replacer(node, replacement).visit(tree)


class _Replacer(ast.NodeTransformer):
    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


def _list_edits(node):
    """Return the possible slips at a node, as pairs (message, replacement node)."""
    if isinstance(node, ast.BinOp):
        left, right = node.left, node.right
        match node.op:
            case ast.Add():
                return [
                    (SIGN, ast.BinOp(left, ast.Sub(), right)),
                    (_describe_missing("term", right), left),
                    (_describe_missing("term", left), right),
                ]
            case ast.Sub():
                return [
                    (SIGN, ast.BinOp(left, ast.Add(), right)),
                    (_describe_missing("term", ast.UnaryOp(ast.USub(), right)), left),
                    (_describe_missing("term", left), ast.UnaryOp(ast.USub(), right)),
                ]
            case ast.Mult():
                return [
                    (_describe_missing("factor", right), left),
                    (_describe_missing("factor", left), right),
                    (
                        f"it is divided by {_quote(right)} instead of multiplied",
                        _divide(left, right),
                    ),
                    (
                        f"it is divided by {_quote(left)} instead of multiplied",
                        _divide(right, left),
                    ),
                ]
            case ast.Div():
                return [
                    (_describe_missing("division", right), left),
                    (
                        f"it is multiplied by {_quote(right)} instead of divided",
                        ast.BinOp(left, ast.Mult(), right),
                    ),
                ]
            case ast.Pow():
                return [(SQUARE, left)]
    if isinstance(node, ast.AugAssign):
        match node.op:
            case ast.Mult():
                return [(_describe_missing("factor", node.value), ast.Pass())]
            case ast.Div():
                return [(_describe_missing("division", node.value), ast.Pass())]
            case ast.Add():
                return [(SIGN, ast.AugAssign(node.target, ast.Sub(), node.value))]
            case ast.Sub():
                return [(SIGN, ast.AugAssign(node.target, ast.Add(), node.value))]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        if isinstance(node.operand, ast.Constant):  # an index or an axis
            return []
        return [(SIGN, node.operand)]
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        return [(TRANSPOSE, node.value)]
    if isinstance(node, ast.Attribute) and node.attr == "sum":
        return [(MEAN, ast.Attribute(node.value, "mean", node.ctx))]
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name == "sum":
            return [(AXIS, _set_axis(node, axis)) for axis in range(4)]
        if name in FUNCTIONS and len(node.args) == 1:
            twice = ast.Call(node.func, [node], [])
            return [
                (f"one {name} is missing", node.args[0]),
                (f"one {name} is applied twice", twice),
            ]
    return []


def _divide(left, right):
    return ast.BinOp(left, ast.Div(), right)


def _set_axis(call, axis):
    others = [keyword for keyword in call.keywords if keyword.arg != "axis"]
    return ast.Call(call.func, call.args, [*others, ast.keyword("axis", ast.Constant(axis))])


def _describe_missing(what, node):
    piece = _quote(node)
    if piece == "one part":
        return f"one {what} is missing"
    return f"the {what} {'by ' if what == 'division' else ''}{piece} is missing"


def _quote(node):
    """Return a short piece of the answer, or words for a long one."""
    text = ast.unparse(node)
    text = re.sub(r"\[[:None, ]*\]", "", text)  # an axis of length 1 doesn't matter here
    return text if len(text) <= MAX_QUOTED else "one part"
