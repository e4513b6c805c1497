"""Answers with one mistake in them: what a learner's numbers are compared with.

A mistake is an edit of the answer's own source, either one that the table names or one of the
slips that anyone makes: a sign, a mean for a sum, another axis, a factor left out.
"""

import ast
import inspect
import textwrap
import types
from functools import lru_cache

SIGN = "one plus or minus is the wrong way round"
MEAN = "one sum is an average"
AXIS = "one sum runs over the wrong axis"
SQUARE = "one square is missing"
TRANSPOSE = "one transpose is missing"


@lru_cache
def mutants(exercise):
    """Every wrong answer that is known for an exercise.

    Returns
    -------
    named, slips : lists of (words, function)
        What the exercise's table names, and what anyone might mistype.
    """
    if exercise.answer is None:
        return [], []
    functions = exercise.answer, *exercise.parts
    named = [(words, _edited(functions, *edit)) for *edit, words in exercise.mistakes]
    slips = [
        (words, _with(functions, function, tree))
        for function in functions
        for words, tree in _slips(_source(function))
    ]
    return named, slips


def _source(function):
    return textwrap.dedent(inspect.getsource(function))


def _edited(functions, right, wrong):
    found = [f for f in functions if right in _source(f)]
    if len(found) != 1 or _source(found[0]).count(right) != 1:
        raise ValueError(f"{right!r} isn't in the answer's source just once: mend the table")
    return _with(functions, found[0], ast.parse(_source(found[0]).replace(right, wrong)))


def _with(functions, changed, tree):
    """The first of the functions, in a world where one of them has another body."""
    world = dict(functions[0].__globals__)
    exec(compile(ast.fix_missing_locations(tree), "<mistake>", "exec"), world)
    if changed is functions[0]:
        return world[changed.__name__]
    first = functions[0]
    copy = types.FunctionType(first.__code__, world, first.__name__, first.__defaults__)
    copy.__kwdefaults__ = first.__kwdefaults__
    return copy


def _slips(source):
    """Each single slip: pairs of words and a syntax tree."""
    count = sum(1 for _ in ast.walk(ast.parse(source)))
    for place in range(count):
        for choice in range(8):
            tree = ast.parse(source)
            node = next(n for k, n in enumerate(ast.walk(tree)) if k == place)
            edits = _edits(node)
            if choice >= len(edits):
                break
            words, replacement = edits[choice]
            yield words, _Replace(node, replacement).visit(tree)


class _Replace(ast.NodeTransformer):
    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


def _edits(node):
    """What one might have written instead of a node: pairs (words, another node)."""
    if isinstance(node, ast.BinOp):
        left, right = node.left, node.right
        match node.op:
            case ast.Add():
                return [(SIGN, ast.BinOp(left, ast.Sub(), right))]
            case ast.Sub():
                return [(SIGN, ast.BinOp(left, ast.Add(), right))]
            case ast.Mult():
                return [(_missing("factor", right), left), (_missing("factor", left), right)]
            case ast.Div():
                return [(_missing("division", right), left)]
            case ast.Pow():
                return [(SQUARE, left)]
    if isinstance(node, ast.AugAssign):
        match node.op:
            case ast.Mult():
                return [(_missing("factor", node.value), ast.Pass())]
            case ast.Div():
                return [(_missing("division", node.value), ast.Pass())]
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
    if isinstance(node, ast.Call) and getattr(node.func, "attr", None) == "sum":
        return [(AXIS, _with_axis(node, axis)) for axis in range(4)]
    return []


def _with_axis(call, axis):
    others = [keyword for keyword in call.keywords if keyword.arg != "axis"]
    return ast.Call(call.func, call.args, [*others, ast.keyword("axis", ast.Constant(axis))])


def _missing(what, node):
    if not isinstance(node, ast.Name):
        return f"one {what} is missing"
    return f"the {what} {'by ' if what == 'division' else ''}{node.id} is missing"
