"""Values of a notebook that a saved function can take along: constants, imports, layers."""

import ast
import sys
import types


def is_constant(value):
    """Return True for numbers, texts and tuples of them, which can be written into a source."""
    if isinstance(value, tuple):
        return all(map(is_constant, value))
    plain = value is None or type(value) in (bool, int, float, str)
    return plain and repr(value) not in ("inf", "-inf", "nan")


def find_module(value):
    """Return the name of the module that a value is from, or an empty text.

    A compiled function such as ``scipy.special.expit`` doesn't tell it.
    """
    if module := getattr(value, "__module__", None):
        return module
    name = getattr(value, "__name__", "")
    homes = [m for m, home in sys.modules.items() if name and vars(home).get(name) is value]
    return min((m for m in homes if m != "__main__" and "._" not in m), key=len, default="")


def is_importable(value, module):
    """Return True for an object that its module, other than a notebook, has under its own name."""
    home, name = sys.modules.get(module), getattr(value, "__name__", "")
    return module not in ("__main__", "mine") and getattr(home, name, None) is value


def insert_constants(source, constants):
    """Define constants at the start of a function's body, and put them into its defaults."""
    if not constants:
        return source
    node = ast.parse(source).body[0]
    node.args = _FillIn(constants).visit(node.args)
    lines = [f"{name} = {value!r}" for name, value in constants.items()]
    node.body[ast.get_docstring(node) is not None : 0] = ast.parse("\n".join(lines)).body
    return ast.unparse(node)


class _FillIn(ast.NodeTransformer):
    def __init__(self, constants):
        self.constants = constants

    def visit_Name(self, node):
        if node.id not in self.constants:
            return node
        return ast.parse(repr(self.constants[node.id])).body[0].value


class NameTaken(Exception):
    """Error for a variable that has the name of a function of the layers."""


def name_layers(source, names):
    """Write ``layers.linear`` as ``linear``, since `use_earlier`'s namespace can't be saved.

    Returns the source, and the functions by name.  Raises `NameTaken` if a variable of the source
    has the name of one of them.
    """
    nodes = list(ast.walk(ast.parse(source)))
    calls = [n for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)]
    spaces = {k: v for k, v in names.items() if isinstance(v, types.SimpleNamespace)}
    calls = [n for n in calls if n.value.id in spaces and hasattr(spaces[n.value.id], n.attr)]
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    lines, found = source.encode().splitlines(), {}
    for n in sorted(calls, key=lambda n: (n.lineno, n.col_offset), reverse=True):
        if n.attr in bound:
            raise NameTaken(f"give your variable {n.attr} another name than the function's")
        line = lines[n.lineno - 1]
        lines[n.lineno - 1] = line[: n.col_offset] + n.attr.encode() + line[n.end_col_offset :]
        found[n.attr] = getattr(spaces[n.value.id], n.attr)
    return b"\n".join(lines).decode(), found
