"""Numbers in the lessons' texts: each occurs in an output or in code near it, or in a table.

The table, ``numbers.toml``, holds those that a reader can compute (with the formula) and those
that are given (with the source).
"""

import math
import re

import nbformat
import pytest

from lessons import render
from tests.lessons.numbers_in_texts import TABLE, find_numbers, read_values, supports

SCRIPTS = render.scripts()
BEFORE, AFTER = 4, 2  # cells of code that support a text: so many above it, and below
SUMMARIES = "## Where it lives", "## In practice", "## Recap", "## Three questions"


def gather(cell):
    """Return the code and the printed words of a cell; a picture's are its text alternative."""
    texts = [cell.source]
    for output in cell.get("outputs", []):
        texts += [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
    return read_values("\n".join(texts))


def find_unsupported(script):
    """Return the numbers without support in code or outputs, with the words around them."""
    cells = nbformat.read(script.with_suffix(".ipynb"), as_version=4).cells
    code = {k: gather(cell) for k, cell in enumerate(cells) if cell.cell_type == "code"}
    everywhere, found = set().union(*code.values()), []
    for k, cell in enumerate(cells):
        if cell.cell_type != "markdown":
            continue
        near = [code[n] for n in code if n < k][-BEFORE:] + [code[n] for n in code if n > k][:AFTER]
        near = set().union(*near)
        starts = [cell.source.find(f"{title}\n") for title in SUMMARIES]
        summary = min((start for start in starts if start >= 0), default=len(cell.source))
        for written, hedged, percent, match in find_numbers(cell.source):
            special = len(re.sub(r"[^\d]", "", written).strip("0")) >= 3
            values = everywhere if special or match.start() > summary else near
            if not supports(values, written, hedged, percent):
                words = cell.source[max(0, match.start() - 50) : match.end() + 40]
                found.append((written.lstrip("-"), " ".join(words.split())))
    return found


@pytest.fixture(scope="module")
def unsupported():
    return {script.name[:2]: find_unsupported(script) for script in SCRIPTS}


@pytest.mark.parametrize("number", [path.name[:2] for path in SCRIPTS])
def test_numbers_in_texts_are_seen_or_listed(number, unsupported):
    own, shared = list_numbers(number), list_numbers("all")
    found = {written: words for written, words in unsupported[number]}
    missing = [words for written, words in found.items() if written not in own | shared]
    assert not missing, "no output shows it: correct it, or list it in tests/lessons/numbers.toml"
    assert not own - found.keys(), "listed in numbers.toml, and not needed"
    assert not own & shared, "listed twice"


def list_numbers(name):
    kinds = TABLE.get(name, {}).items()
    return {written for kind, numbers in kinds if kind != "captions" for written in numbers}


def test_what_is_listed_for_all_lessons_is_needed(unsupported):
    found = [written for lesson in unsupported.values() for written, _ in lesson]
    assert all(found.count(written) > 1 for written in list_numbers("all"))


def test_what_can_be_computed_is_right():
    for name, kinds in TABLE.items():
        for written, formula in kinds.get("computed", {}).items():
            value = eval(formula, {"__builtins__": {}}, vars(math))
            assert supports({abs(value)}, written, False, False), (name, written, value)
