"""`is_stub`: a function as the lesson gives it, with nothing written yet."""

import ast
import json

from minidraw.learn.notebook.copies import find_lessons
from minidraw.learn.own_functions import NotSelfContained, get_source


def is_stub(id, function):
    """Return True if a function is the stub of its exercise, apart from comments and spaces."""
    try:
        ours = ast.parse(get_source(function)).body[0]
    except NotSelfContained:  # it has no source
        return False
    return any(ast.dump(ours) == ast.dump(stub) for stub in _find_stubs(id, function.__name__))


def _find_stubs(id, name):
    [path] = find_lessons().glob(f"{id[:2]}_*.ipynb")
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and f'@exercise("{id}")' in source:
            for node in ast.parse(source).body:
                if isinstance(node, ast.FunctionDef) and node.name == name:
                    node.decorator_list = []
                    yield node
