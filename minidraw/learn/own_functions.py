"""The learner's own file, ``mine.py``: every function that was right, under the package's name."""

import ast
import inspect
import re
import textwrap
import types
from pathlib import Path

from minidraw.atomic_write import write_atomically
from minidraw.errors import UserError

FILE = Path("mine.py")  # beside the notebook
TOP = '"""My own functions, written in minidraw\'s lessons."""\n\nimport numpy as np\n'
MARK = "# lesson "


class NotAlone(Exception):
    """A function needs something that only its notebook has."""


def functions(path=FILE):
    """The functions that the file defines itself, by name; none where there is no file.

    Raises
    ------
    UserError
        If it doesn't run.
    """
    path = Path(path)
    world = run(path.read_text("utf-8"), path) if path.exists() else {}
    kinds = types.FunctionType
    return {k: v for k, v in world.items() if isinstance(v, kinds) and v.__globals__ is world}


def run(text, path=FILE):
    """The names that a text defines, run in a namespace of its own."""
    world = {"__name__": "mine"}
    try:
        exec(compile(text, str(path), "exec"), world)
    except Exception as error:
        raise UserError(f"{path} doesn't run: {type(error).__name__}: {error}") from error
    return world


def text_with(exercise, function, path=FILE):
    """The file's text with this function in place of an earlier version of it.

    Raises
    ------
    NotAlone
        If the function uses what can't be taken along.
    """
    head, blocks = _parsed(Path(path).read_text("utf-8") if Path(path).exists() else TOP)
    sources, needed = _sources(exercise, function, {_name(id) for id in blocks})
    blocks[exercise.id] = "\n\n\n".join(sources)
    own = {_name(id) for id in blocks}
    # What was imported for want of the learner's own needn't be any more.
    lines = [
        line
        for line in head.rstrip().splitlines()
        if not (line.startswith("from minidraw.") and line.split()[-1] in own)
    ]
    lines += sorted(line for line in needed - set(lines) if line.split()[-1] not in own)
    body = "".join(f"\n\n\n{MARK}{id}\n{block}" for id, block in sorted(blocks.items()))
    return "\n".join(lines).rstrip() + body + "\n"


def write(text, path=FILE):
    """Keep that text; complete or not at all."""
    with write_atomically(Path(path)) as file:
        file.write(text.encode())


def _parsed(text):
    """What stands above the first function, kept as it is, and the blocks by exercise."""
    head, *parts = re.split(rf"^{MARK}(\S+)\n", text, flags=re.M)
    return head, {id: block.strip() for id, block in zip(parts[::2], parts[1::2], strict=True)}


def _name(id):
    return id.partition(".")[2]


def _sources(exercise, function, known):
    """Source of the function and of the learner's helpers that it calls; imports for the rest."""
    sources, imports, done = [], set(), set()

    def take(function):
        done.add(function.__name__)
        source = source_of(function)
        for name in sorted(_free_names(source) - done):
            if name not in function.__globals__:
                continue  # a builtin, or missing: then running it tells
            value = function.__globals__[name]
            module = getattr(value, "__module__", None) or ""
            if isinstance(value, types.ModuleType):
                alias = "" if name == value.__name__ else f" as {name}"
                imports.add(f"import {value.__name__}{alias}")
            elif name in known and name in exercise.uses:
                pass
            elif module.startswith("minidraw."):
                imports.add(f"from {module} import {name}")
            elif isinstance(value, types.FunctionType) and module == function.__module__:
                take(value)
            else:
                raise NotAlone(f"it uses {name}, which only this notebook knows: pass it in")
        sources.append(source)

    take(inspect.unwrap(function))
    return sources, imports


def source_of(function):
    """A function's source without its decorators.

    Raises
    ------
    NotAlone
        If there is no source to be had.
    """
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise NotAlone("its source can't be found") from error
    node = ast.parse(text).body[0]
    if not isinstance(node, ast.FunctionDef):
        raise NotAlone("it isn't written as a def")
    return "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno])


def _free_names(source):
    """Names that a function reads and doesn't bind itself."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {n.arg for n in nodes if isinstance(n, ast.arg)} | {tree.body[0].name}
    return {n.id for n in nodes if isinstance(n, ast.Name)} - bound
