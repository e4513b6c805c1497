"""What is accepted as a submission, what a rubric must say, and the variants of a seed."""

import json
from pathlib import Path

import numpy as np
import pytest

from minidraw.cli import main
from minidraw.errors import UserError
from minidraw.learn.exercises.variants import choose_variants, render_sheet
from minidraw.learn.grading import grade
from minidraw.learn.grading.child import wire
from minidraw.learn.grading.marks import grade_folder, read_rubric
from minidraw.learn.grading.submissions import drop_magics, find_submissions, read_blocks
from minidraw.learn.notebook.copies import find_lessons
from minidraw.learn.own_functions import get_source
from tests.learn.styles import STYLES

TEXT = "# -*- coding: latin-1 -*-\nname = 'é'\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("latin-1"),
        "name = 'é'\n".encode("utf-8-sig"),
        "name = 'é'\n".encode("utf-16"),
        "name = 'é'\n".encode("utf-32"),
    ],
)
def test_encodings(content):
    path = Path("theirs.py")
    path.write_bytes(content)
    (block,) = read_blocks(path)
    assert block.endswith("name = 'é'\n")


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("theirs.py", "name = 'é'".encode("latin-1"), "save it as UTF-8"),
        ("theirs.py", "name = 1".encode("utf-16-le"), "as UTF-16 does"),
        ("theirs.py", b"# coding: nothing-like-it\n", "its encoding isn't UTF-8"),
        ("theirs.ipynb", b'{"cells": [', "not a whole notebook"),
        ("theirs.ipynb", b'{"cells": 3}', "not a whole notebook"),
        ("theirs.zip", b"PK", "hand in a .py file or a notebook"),
    ],
)
def test_what_cannot_be_read_is_one_line(name, content, words):
    Path(name).write_bytes(content)
    with pytest.raises(UserError, match=words):
        read_blocks(Path(name))


def test_magics_are_dropped_and_lines_keep_their_numbers():
    source = (
        "%matplotlib inline\nx = 7\n!ls\nfor k in x:\n    %timeit k\nfiles = !ls\nx?\ny = x % 2\n"
    )
    assert drop_magics(source).splitlines() == (
        ["pass", "x = 7", "pass", "for k in x:", "    pass", "pass", "pass", "y = x % 2"]
    )


def test_each_student_has_a_row_whatever_was_handed_in():
    for name in ("anna.py", "anna.ipynb", "berta.zip", ".hidden"):
        Path(name).write_text("{")
    Path("carl").mkdir()
    Path("carl/open.py").write_text("x = 1")
    Path("carl/mine.py").write_text("x = 1")
    found = {one.student: (list(one.files), one.fault) for one in find_submissions(Path())}
    assert list(found) == ["anna.ipynb", "anna.py", "berta", "carl"]
    assert found["carl"] == (["mine.py", "open.py"], "")
    assert "hand in" in found["berta"][1]


NAMES = "latent, linear, lstm_gates, read_attention, write_attention"


@pytest.mark.parametrize(
    "head",
    [
        f"from minidraw.layers.linear import linear\nfrom minidraw.layers import {NAMES}\n",
        "from minidraw.learn import use_earlier\nearlier = use_earlier('11')\n"
        + "".join(f"{name} = earlier.{name}\n" for name in NAMES.split(", ")),
    ],
)
def test_a_submission_may_call_what_its_exercise_allows(head):
    """`layers.linear` is a module and a function."""
    (function, *_), name = STYLES["11.step"], "step"
    source = get_source(function).replace(function.__name__, name)
    Path("mine.py").write_text(f"import numpy as np\n{head}\n{source}\n")
    assert grade("mine.py")["11.step"] == {"verdict": "right", "message": ""}


@pytest.mark.parametrize(
    "text, words",
    [
        ("points = 3", "no points"),
        ('[points]\n"08.gru" = -1', "0 or more"),
        ('[points]\n"08.gru" = nan', "0 or more"),
        ('[points]\n"08.gur" = 1', "no exercise is called 08.gur"),
        ("points = [", "not TOML"),
        ("marks = 1", "found \\['marks'\\]"),
        ('seed = "a"\n[points]\n"*" = 1', "seed is 'a'"),
    ],
)
def test_a_faulty_rubric_is_one_line(text, words):
    Path("rubric.toml").write_text(text)
    with pytest.raises(UserError, match=words):
        read_rubric(Path("rubric.toml"))


def test_the_first_pattern_counts():
    Path("rubric.json").write_text(json.dumps({"points": {"08.gru": 5, "08.*": 2}, "seed": 3}))
    rubric = read_rubric(Path("rubric.json"))
    assert rubric.points["08.gru"] == 5 and rubric.points["08.gru_backward"] == 2
    assert rubric.seed == 3 and "07.write" not in rubric.points


def test_a_name_is_no_formula_and_no_markup(capsys):
    Path("in").mkdir()
    Path("in/=1+1<b>.py").write_text(
        "x = '<script>'\n1 / 0  # <i>\ndef sigmoid(a):\n    return 1 + '<u>'\n"
    )
    assert main("lessons grade in --csv marks.csv --feedback pages".split()) == 0
    assert Path("marks.csv").read_text().splitlines()[1].startswith("'=1+1<b>,0,")
    page = Path("pages/=1+1<b>.html").read_text()
    assert "<h1>=1+1&lt;b&gt;</h1>" in page and "<u>" not in page and "ZeroDivisionError" in page


def test_a_seed_changes_formulas_and_their_statements():
    plain, changed = render_sheet(0), render_sheet(7)
    assert "h = u h_prev + (1 - u) candidate" in changed and "--seed 7" in changed
    assert "h = (1 - u) h_prev + u candidate" in plain
    entry, ours = choose_variants(7)["08.gru"], choose_variants(0)["08.gru"]
    arguments, _ = entry.cases[0].make_arguments(entry)
    assert not np.allclose(entry.answer(*arguments)[0], ours.answer(*arguments)[0])
    for seed in range(60):  # each statement is found, each forward runs
        render_sheet(seed)
    for id, entry in choose_variants(11).items():
        assert entry.id != id or entry.cases


@pytest.mark.parametrize(
    "line",
    [
        '{"array": ["O", [1], "AAAA"]}',
        '{"array": ["<f8", [9], "AAAA"]}',
        '{"named": ["a", ["b c"], [1]]}',
        "[" * 10**5,
        '{"x": 1}',
        '{"array": 3}',
    ],
)
def test_a_message_that_is_none_is_refused(line):
    with pytest.raises(ValueError):
        wire.read_message(line.encode(), lambda handle: handle)


def test_line_breaks_of_the_sheet_may_change(monkeypatch):
    text = (find_lessons() / "OPEN.md").read_text("utf-8")
    monkeypatch.setattr(Path, "read_text", lambda *_: " ".join(text.split()))
    for seed in range(60):
        render_sheet(seed)


def test_earlier_marks_and_the_rubric_are_hidden():
    Path("rubric.toml").write_text('seed = 5\n[points]\n"02.sigmoid" = 0.5\n"02.*" = 0.1\n')
    Path("marks.csv").write_text("ada,10\n")
    Path("in").mkdir()
    places = [str(Path(name).resolve()) for name in ("marks.csv", "rubric.toml", "in/ada.py")]
    Path("in/spy.py").write_text(
        f"def sigmoid(a):\n    raise ValueError(''.join(map(look, {places})))\n\n\n"
        "def look(path):\n    try:\n        return open(path).read()\n"
        "    except PermissionError:\n        return 'hidden '\n"
    )
    Path("in/ada.py").write_text(
        "import numpy as np\n\n\ndef sigmoid(a):\n    return 1 / (1 + np.exp(-a))\n"
    )
    rubric = read_rubric(Path("rubric.toml"))
    ours = Path("marks.csv"), Path("rubric.toml")
    marks = {mark.student: mark for mark in grade_folder(Path("in"), rubric, 20, ours)}
    assert marks["ada"].points["02.sigmoid"] == 0.5 and rubric.points["02.linear"] == 0.1
    assert "ValueError: hidden hidden hidden" in marks["spy"].results["02.sigmoid"]["message"]
