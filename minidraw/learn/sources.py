"""The source text of a learner's function, and names in it."""

import ast
import inspect
import textwrap

from minidraw.learn.grading.child.plain import find_inner


class NotSelfContained(Exception):
    """Error for a function that needs something from its notebook."""


def get_source(function):
    """Return a function's source, with the decorators that `make_plain` has kept.

    Raises
    ------
    NotSelfContained
        If it has no source.
    """
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise NotSelfContained("its source can't be found; define it with def in a cell") from error
    node = ast.parse(text).body[0]
    if not isinstance(node, ast.FunctionDef):
        raise NotSelfContained("it isn't defined with def")
    kept = [ast.get_source_segment(text, d) for d in node.decorator_list]
    kept = [f"@{d}" for d in kept if not d.startswith("exercise(")]
    kept = kept if find_inner(function) is not function else []
    return "\n".join([*kept, *text.splitlines()[node.lineno - 1 : node.end_lineno]])


def get_segment(text, node):
    """Return the source of a function in a text, with its decorators."""
    first = min([node.lineno, *(part.lineno for part in node.decorator_list)])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])


def rename(source, old, new):
    """Rename a function in source text, wherever its name stands for it."""
    tree, places = ast.parse(source), []
    if old not in find_free_names(source) and tree.body[0].name != old:
        return source
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == old:
            places.append((node.lineno, node.col_offset))
        elif isinstance(node, ast.FunctionDef) and node.name == old:
            places.append((node.lineno, node.col_offset + len("def ")))
    lines = source.encode().splitlines()
    for number, column in sorted(places, reverse=True):
        line = lines[number - 1]
        lines[number - 1] = line[:column] + new.encode() + line[column + len(old.encode()) :]
    return b"\n".join(lines).decode()


def find_free_names(source):
    """Return the names that a function reads but doesn't bind."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {n.arg for n in nodes if isinstance(n, ast.arg)} | {tree.body[0].name}
    return {n.id for n in nodes if isinstance(n, ast.Name)} - bound
