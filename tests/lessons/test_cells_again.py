"""Cells run again, in any order: no cell reads a name that another cell has given a new value."""

import ast

import pytest

from lessons import render

SCRIPTS = render.scripts()
DRAWN = {"rng"}  # running a cell again draws other numbers, and nothing breaks


def names(node, context):
    """Return the names that a node reads or sets, without those that it keeps to itself."""
    walked = list(ast.walk(node))
    found = {n.id for n in walked if isinstance(n, ast.Name) and isinstance(n.ctx, context)}
    for inner in walked:
        if isinstance(inner, ast.comprehension):
            found -= {n.id for n in ast.walk(inner.target) if isinstance(n, ast.Name)}
        if isinstance(inner, ast.arguments):
            parts = *inner.args, *inner.kwonlyargs, inner.vararg
            found -= {argument.arg for argument in parts if argument}
    return found


def read_and_set(statements, known=frozenset()):
    """Return the names that statements read before they set them, and those that they set."""
    read, set_here = set(), set(known)
    functions = {node.name for node in statements if isinstance(node, ast.FunctionDef)}
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            read |= names(node, ast.Load) - names(node, ast.Store) - set_here - functions
            set_here.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            set_here |= {(a.asname or a.name).partition(".")[0] for a in node.names}
        elif isinstance(node, ast.For | ast.While | ast.If | ast.With | ast.Try):
            head = [getattr(node, part, None) for part in ("iter", "test")]
            head = [part for part in head if part] + getattr(node, "items", [])
            read |= set().union(*(names(part, ast.Load) for part in head)) - set_here
            set_here |= names(node.target, ast.Store) if isinstance(node, ast.For) else set()
            inner, set_here = read_and_set(node.body, set_here)
            read |= inner
        else:
            read |= names(node, ast.Load) - set_here
            if isinstance(node, ast.AugAssign):
                read |= names(node.target, ast.Store) - set_here
            set_here |= names(node, ast.Store)
    return read, set_here


@pytest.mark.parametrize("script", SCRIPTS, ids=[path.stem for path in SCRIPTS])
def test_no_cell_reads_a_name_with_two_meanings(script):
    cells = [c.source for c in render.clean(script).cells if c.cell_type == "code"]
    cells = [source for source in cells if "raise NotImplementedError" not in source]
    scans = [read_and_set(ast.parse(source).body) for source in cells]
    for source, (read, set_here) in zip(cells, scans, strict=True):
        for name in read - DRAWN:
            setters = sum(name in other for _, other in scans)
            assert setters <= 1, f"{name}, read in a cell, is set in {setters}:\n{source[:300]}"
            assert name not in set_here, f"{name} changes whenever this cell runs:\n{source[:300]}"
