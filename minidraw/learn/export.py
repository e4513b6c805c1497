"""`export` joins the learner's functions into one program that needs nothing but NumPy."""

import ast
import base64
import inspect
import sys
import types
import zlib
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np

from minidraw.atomic_write import write_atomically
from minidraw.datasets import load
from minidraw.errors import UserError
from minidraw.learn import own_functions, program
from minidraw.learn.exercises import all_exercises
from minidraw.learn.grading.child.plain import make_plain
from minidraw.learn.notebook.earlier import GROUPS
from minidraw.learn.own_layers import find_usable

HEADER = '''"""DRAW (Gregor et al. 2015), which learns to paint digits stroke by stroke, in NumPy.

{written} functions are my own, written in minidraw's lessons; the others join them.

    python {name} [minutes] [seed]
"""

'''
PROGRAM_CONSTANTS = {name for name in vars(program) if name.isupper()}


def export(path, mine=own_functions.FILE):
    """Write the program; return the number of its lines and the names of the learner's functions.

    Parameters
    ----------
    path : path
        Python file to write.
    mine : path
        The learner's file.

    Raises
    ------
    UserError
        If a function that the program needs is missing or wrong; the message lists all of them.
    """
    path, theirs = Path(path), own_functions.load_functions(mine)
    parts, imports = _collect(theirs)
    exercises = {entry.name: id for id, entry in all_exercises().items()}
    _, unused = find_usable(GROUPS, theirs)
    needed = sorted((id[:2], name) for name, id in exercises.items() if name in parts)
    if missing := [(lesson, name) for lesson, name in needed if name not in theirs]:
        lessons = [
            f"{lesson}: {', '.join(name for _, name in names)}"
            for lesson, names in groupby(missing, key=itemgetter(0))
        ]
        raise UserError(f"{path} not written; {mine} lacks (by lesson) {'; '.join(lessons)}")
    if wrong := [f"{name}: {unused[name]}" for _, name in needed if name in unused]:
        raise UserError(f"{path} not written; not right in {mine}: {'; '.join(wrong)}")
    written = [name for name in parts if name in theirs]
    text = HEADER.format(written=len(written), name=path.name)
    text += "\n".join(
        [*sorted(imports), "from collections import namedtuple", "", *_read_constants()]
    )
    text += "\n\n" + "\n\n".join(parts.values())
    text += f'\n\n\nDIGITS = "{pack_digits()}"\n\nif __name__ == "__main__":\n    main()\n'
    with write_atomically(path) as file:
        file.write(text.encode())
    return text.count("\n"), written


def pack_digits():
    """Return all bundled digits in black and white, as text; the 500 for validation are last."""
    digits = load("digits")
    bits = np.concatenate([digits.train.images, digits.valid.images]) > 127
    return base64.b85encode(zlib.compress(np.packbits(bits).tobytes(), 9)).decode()


def _read_constants():
    """Return the lines of `program` that set its constants, without DIGITS."""
    lines = inspect.getsource(program).splitlines()
    assigned = [node for node in ast.parse("\n".join(lines)).body if isinstance(node, ast.Assign)]
    kept = [lines[node.lineno - 1] for node in assigned]
    return [line for line in kept if not line.startswith("DIGITS")]


def _collect(theirs):
    """Return what `program.main` needs: sources by name, and lines that import modules."""
    exercises = {entry.name for entry in all_exercises().values()}
    found, values, imports = {}, {}, set()

    def add(name, value):
        value = theirs.get(name, value) if name in exercises else value
        if name in found:
            if values[name] is not value:
                raise UserError(f"the program has a {name} of its own; rename yours")
            return
        found[name], values[name] = None, value  # its place: before what it calls
        if not isinstance(value, types.FunctionType | type):
            found[name] = f"{name} = {value!r}"
            return
        if hasattr(value, "_fields"):
            found[name] = f'{name} = namedtuple("{name}", "{" ".join(value._fields)}")'
            return
        own = value.__module__ == "mine"
        source = _read_own(value) if own else _shorten_docstring(inspect.getsource(value))
        found[name] = source.rstrip()
        known = getattr(value, "__globals__", {})
        for used in sorted(own_functions.find_free_names(source) & set(known)):
            if isinstance(known[used], types.ModuleType):
                module = known[used].__name__
                if module.partition(".")[0] not in ("numpy", *sys.stdlib_module_names):
                    raise UserError(f"{name} uses {module}; the program can only use NumPy")
                imports.add(f"import {module}" + (f" as {used}" if used != module else ""))
            elif used not in PROGRAM_CONSTANTS:
                add(used, make_plain(known[used]) or known[used])

    add("main", program.main)
    return found, imports


def _read_own(function):
    """Return the source of a function in the learner's file, whose lines `inspect` can't know."""
    text = Path(function.__code__.co_filename).read_text("utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            return own_functions.get_segment(text, node)
    raise UserError(f"{function.__name__}: not at the top level of {function.__code__.co_filename}")


def _shorten_docstring(source):
    """Keep the first line of a docstring."""
    body = ast.parse(source).body[0].body
    if not (isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)):
        return source.rstrip()
    lines, doc = source.splitlines(), body[0]
    first = lines[doc.lineno - 1].rstrip()
    if doc.end_lineno > doc.lineno:
        first += '"""'
    return "\n".join([*lines[: doc.lineno - 1], first, *lines[doc.end_lineno :]]).rstrip()
