"""Numbers in the lessons' texts: each occurs in an output or in code near it, or in a table.

The table, ``numbers.toml``, holds those that a reader can compute (with the formula), those that
a figure shows, and those that are given (with the source).
"""

import math
import re
import tomllib
from pathlib import Path

import nbformat
import pytest

from lessons import render

SCRIPTS = render.scripts()
TABLE = tomllib.loads((Path(__file__).parent / "numbers.toml").read_text("utf-8"))
BEFORE, AFTER = 4, 2  # cells of code that support a text: so many above it, and below
SUMMARIES = "## Where it lives", "## In practice", "## Recap", "## Three questions"
SMALL = 13  # whole numbers below it are counts that a reader sees, unless they have a unit
CLOSE = 0.05  # relative error of what is called "about 200"; "about 206" is 206, rounded
FIGURES = r"-?\d{1,3}(?:,\d{3})+|-?\d+(?:\.\d+)?(?:e-?\d+)?"
NUMBER = re.compile(rf"(?<![\w.,/^_{{-])({FIGURES})(?![\w/]|[,.]\d)")
UNIT = r"\s*(?:%|percent|nats?|bits?|bytes|ms|seconds|pixels|weights|lines|times)"
UNITS = re.compile(rf"(?:(?:,| and| or| to|, then| against) (?:{FIGURES}))*{UNIT}\b|\s*%")
HEDGE = re.compile(r"(about|nearly|almost|roughly|above|below|over|under|than|some) -?$")
NOT_CHECKED = re.compile(  # links, references, years, headings (tested elsewhere), the time needed
    r"```.*?```|\]\(.*?\)|^#.*?$|\*\*You'll need:\*\*.*?(?=\n\n|\Z)|\(\d\d?(?: to \d\d?)?\)"
    r"|(?:figures?|lessons?|equations?|section)\s+[\d.]+(?:(?:\s+and|,|\s+to|\s+or)\s+[\d.]+)*"
    r"|\b(?:19|20)\d\d\b|\bat [0-9a-f]{7}\b",
    re.M | re.S | re.I,
)


def read_values(text):
    """Return all numbers in a text of code or of an output."""
    found = re.findall(r"\d[\d,_]*\.?\d*(?:e[-+]?\d+)?", text)
    return {float(re.sub("[,_]", "", number)) for number in found}


def gather(cell):
    """Return the code and the printed words of a cell; a picture's are its text alternative."""
    texts = [cell.source]
    for output in cell.get("outputs", []):
        texts += [output.get("text", ""), output.get("data", {}).get("text/plain", "")]
    return read_values("\n".join(texts))


def find_numbers(text):
    """Return the numbers of a text to be checked: as written, whether hedged and in percent."""
    text = NOT_CHECKED.sub(lambda match: " " * len(match[0]), text)
    for match in NUMBER.finditer(text):
        unit = UNITS.match(text, match.end())
        if unit or "." in match[0] or abs(float(match[0].replace(",", ""))) >= SMALL:
            hedged = HEDGE.search(" ".join(text[: match.start()].split()) + " ")
            yield match[0], bool(hedged), bool(unit and re.search("%|percent", unit[0])), match


def supports(values, written, hedged, percent):
    """Return whether one of the values is the number, rounded as it is written."""
    number = abs(float(written.replace(",", "")))
    places = len(written.partition("e")[0].partition(".")[2])
    error = 0.5 * 10.0**-places * 10.0 ** int(written.partition("e")[2] or 0) * (1 + 1e-9)
    if hedged and written.endswith("0") and not places:
        error = max(error, CLOSE * number)
    return any(abs(v - number) <= error for v in values) or (
        percent and any(abs(100 * v - number) <= error for v in values)
    )


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
    return {written for kind in TABLE.get(name, {}).values() for written in kind}


def test_what_is_listed_for_all_lessons_is_needed(unsupported):
    found = [written for lesson in unsupported.values() for written, _ in lesson]
    assert all(found.count(written) > 1 for written in list_numbers("all"))


def test_what_can_be_computed_is_right():
    for name, kinds in TABLE.items():
        for written, formula in kinds.get("computed", {}).items():
            value = eval(formula, {"__builtins__": {}}, vars(math))
            assert supports({abs(value)}, written, False, False), (name, written, value)
