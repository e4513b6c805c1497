"""Values of a notebook that a saved function can take along: constants and imports."""

import ast
import sys


def is_constant(value):
    """Return True for numbers, texts and tuples of them, which can be written into a source."""
    if isinstance(value, tuple):
        return all(map(is_constant, value))
    plain = value is None or type(value) in (bool, int, float, str)
    return plain and repr(value) not in ("inf", "-inf", "nan")


def is_importable(value, module):
    """Return True for an object that its module, other than a notebook, has under its own name."""
    home, name = sys.modules.get(module), getattr(value, "__name__", "")
    return module not in ("__main__", "mine") and getattr(home, name, None) is value


def insert_lines(source, lines):
    """Insert lines at the start of a function's body, below its docstring."""
    if not lines:
        return source
    node = ast.parse(source).body[0]
    node.body[ast.get_docstring(node) is not None : 0] = ast.parse("\n".join(lines)).body
    return ast.unparse(node)
