"""The learner's file ``mine.py``, which holds every function that passed its check.

`load_functions` runs it.  `add_function` and `write_file` put a new function into it.
"""

import ast
import re
import types
from pathlib import Path

from minidraw.atomic_write import write_atomically
from minidraw.errors import UserError
from minidraw.learn.grading.child.plain import make_plain
from minidraw.learn.notebook_names import (
    NameTaken,
    find_module,
    insert_constants,
    is_constant,
    is_importable,
    name_layers,
)
from minidraw.learn.sources import (
    NotSelfContained,
    find_free_names,
    get_segment,
    get_source,
    rename,
)
from minidraw.regular_files import read_regular

MAX_SOURCE_BYTES = 2**20
FILE = Path("mine.py")  # beside the notebook
HEADER = '"""My own functions, written in minidraw\'s lessons."""\n\nimport numpy as np\n'
BLOCK_MARK = "# lesson "
MOVED_MODULES = {  # files written earlier import from the old ones
    "minidraw.learn.table": "minidraw.learn.exercises",
    "minidraw.layers.glance": "minidraw.layers",
}


def load_functions(path=FILE):
    """Run the file; return the functions that it defines itself, by name.

    Raises
    ------
    UserError
        If it doesn't run.
    """
    path = Path(path)
    names = run_source(_read_source(path), path) if path.exists() else {}
    plain = {name: make_plain(value) for name, value in names.items()}
    return {name: f for name, f in plain.items() if f and f.__globals__ is names}


def list_names(path=FILE):
    """Return the names of the functions that the file defines, without running it."""
    path = Path(path)
    try:
        body = ast.parse(_read_source(path)).body if path.exists() else []
    except (SyntaxError, ValueError, RecursionError) as error:
        raise UserError(f"{path} doesn't run: {type(error).__name__}: {error}") from error
    return {node.name for node in body if isinstance(node, ast.FunctionDef)}


def _read_source(path):
    try:
        return rename_modules(read_regular(path, MAX_SOURCE_BYTES).decode())
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"can't read {path}: {error}") from error


def rename_modules(text):
    """Return the source text with the current names of the modules that it imports from."""
    for old, new in MOVED_MODULES.items():
        text = re.sub(
            rf"^([ \t]*(?:from|import) ){re.escape(old)}\b", rf"\1{new}", text, flags=re.M
        )
    return text


def run_source(text, path=FILE):
    """Run source text in a new namespace, and return the namespace."""
    names = {"__name__": "mine"}
    try:
        exec(compile(text, str(path), "exec"), names)
    except Exception as error:
        raise UserError(f"{path} doesn't run: {type(error).__name__}: {error}") from error
    return names


def add_function(exercise, function, path=FILE):
    """Return the file's text with the function added, or its earlier version replaced.

    Raises
    ------
    NotSelfContained
        If the function uses something that can't be copied into the file.
    """
    path = Path(path)
    head, blocks = _split_blocks(_read_source(path) if path.exists() else HEADER)
    sources, needed = _collect_sources(exercise, function, {_get_name(id) for id in blocks})
    blocks[exercise.id] = _keep_apart(exercise, sources, blocks)
    own = {_get_name(id) for id in blocks}
    # The learner's own function replaces an import of the package's.
    lines = [
        line
        for line in head.rstrip().splitlines()
        if not (line.startswith("from minidraw.") and line.split()[-1] in own)
    ]
    lines += sorted(line for line in needed - set(lines) if line.split()[-1] not in own)
    body = "".join(f"\n\n\n{BLOCK_MARK}{id}\n{block}" for id, block in sorted(blocks.items()))
    return "\n".join(lines).rstrip() + body + "\n"


def write_file(text, path=FILE):
    """Write the text, completely or not at all."""
    with write_atomically(Path(path)) as file:
        file.write(text.encode())


def _split_blocks(text):
    """Split the text into what precedes the first function and one block per exercise."""
    head, *parts = re.split(rf"^{BLOCK_MARK}(\S+)\n", text, flags=re.M)
    return head, {id: block.strip() for id, block in zip(parts[::2], parts[1::2], strict=True)}


def _keep_apart(exercise, sources, blocks):
    """Join an exercise's sources; rename a helper if another block defines that name otherwise."""
    others = {}  # name to its sources in other blocks
    for id, block in blocks.items():
        if id != exercise.id:
            for node in ast.parse(block).body:
                if isinstance(node, ast.FunctionDef):
                    others.setdefault(node.name, set()).add(get_segment(block, node))
    for source in sources[:-1]:  # the last is the exercise's own function
        name = ast.parse(source).body[0].name
        if others.get(name, {source}) != {source}:
            sources = [rename(text, name, f"{exercise.name}_{name}") for text in sources]
    return "\n\n\n".join(sources)


def find_users(text, exercise):
    """Return the ids of the saved functions that may change with an exercise's new version.

    They use a name that its block defines, or go with the exercise's cache.
    """
    _, blocks = _split_blocks(text)
    defined = {getattr(node, "name", None) for node in ast.parse(blocks[exercise.id]).body}
    users = {id for id in blocks if _get_name(id) == f"{exercise.name}_backward"}
    for id, block in blocks.items():
        names = {node.id for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Name)}
        users |= {id} if names & defined else set()
    return sorted(users - {exercise.id})


def _get_name(id):
    return id.partition(".")[2]


def _collect_sources(exercise, function, known):
    """Return the sources of a function and its helpers, and imports of the other names used."""
    sources, imports, done = [], set(), set()

    def collect(function):
        done.add(function.__name__)
        source, of_layers = name_layers(get_source(function), function.__globals__)
        names, constants = function.__globals__ | of_layers, {}
        for name in sorted(find_free_names(source) - done):
            if name not in names:
                continue  # a builtin, or missing: running the file will show it
            value = names[name]
            module = find_module(value)
            if isinstance(value, types.ModuleType):
                alias = "" if name == value.__name__ else f" as {name}"
                imports.add(f"import {value.__name__}{alias}")
            elif name in known and (name in exercise.uses or module == "mine"):
                pass
            elif is_constant(value):
                constants[name] = value
            elif module.startswith("minidraw."):
                imports.add(f"from {module} import {name}")
            elif (plain := make_plain(value)) and plain.__module__ == function.__module__:
                if plain.__name__ == "<lambda>":
                    raise NotSelfContained(f"its helper {name} isn't defined with def")
                collect(plain)
            elif is_importable(value, module):
                called = value.__name__
                alias = "" if name == called else f" as {name}"
                imports.add(f"from {module} import {called}{alias}")
            else:
                raise NotSelfContained(
                    f"it uses {name}, which exists only in this notebook; "
                    "define it inside the function"
                )
        sources.append(insert_constants(source, constants))

    try:
        collect(function)
    except NameTaken as error:
        raise NotSelfContained(str(error)) from error
    return sources, imports
