"""Numbers as a text writes them, and whether a set of values supports them."""

import re
import tomllib
from pathlib import Path

TABLE = tomllib.loads((Path(__file__).parent / "numbers.toml").read_text("utf-8"))
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


def find_numbers(text):
    """Return the numbers of a text to be checked: as written, whether hedged and in percent."""
    text = NOT_CHECKED.sub(lambda match: " " * len(match[0]), text)
    for match in NUMBER.finditer(text):
        unit = UNITS.match(text, match.end())
        if unit or "." in match[0] or abs(float(match[0].replace(",", ""))) >= SMALL:
            hedged = HEDGE.search(" ".join(text[: match.start()].split()) + " ")
            yield match[0], bool(hedged), bool(unit and re.search("%|percent", unit[0])), match


def supports(values, written, hedged, percent, *, roughly=False):
    """Return whether one of the values is the number, rounded as it is written, or roughly."""
    number = abs(float(written.replace(",", "")))
    places = len(written.partition("e")[0].partition(".")[2])
    error = 0.5 * 10.0**-places * 10.0 ** int(written.partition("e")[2] or 0) * (1 + 1e-9)
    if roughly or (hedged and written.endswith("0") and not places):
        error = max(error, CLOSE * number)
    return any(abs(v - number) <= error for v in values) or (
        percent and any(abs(100 * v - number) <= error for v in values)
    )
