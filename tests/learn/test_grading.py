"""Twelve submissions graded from one folder: each mark is right, and nothing else is written."""

import csv
from pathlib import Path

import pytest

import minidraw
from minidraw.cli import main
from minidraw.learn.grading import limits
from tests.learn.submissions import POINTS, write_submissions

PACKAGE = Path(minidraw.__file__).resolve().parents[1]


def list_files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Grade the twelve; return the folder, the points expected and the rows of the table."""
    base = tmp_path_factory.mktemp("course")
    folder = base / "handed in"
    folder.mkdir()
    expected = write_submissions(folder, PACKAGE)
    points = "".join(f'"{id}" = {value}\n' for id, value in POINTS.items())
    (base / "rubric.toml").write_text(f"seed = 5\n\n[points]\n{points}")
    before = list_files(base)
    options = ["--csv", base / "marks.csv", "--feedback", base / "pages", "--seconds", 6]
    options += ["--rubric", base / "rubric.toml"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "MAX_MEMORY_BYTES", 300 * 2**20)  # soon reached
        assert main(["lessons", "grade", str(folder), *map(str, options)]) == 0
    after = list_files(base)
    assert {path: after[path] for path in before} == before
    with open(base / "marks.csv", encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    return base, expected, rows, set(after) - set(before)


@pytest.mark.slow
def test_each_mark_is_right(course):
    _, expected, rows, _ = course
    assert {student: float(row["points"]) for student, row in rows.items()} == expected


@pytest.mark.slow
def test_each_function_has_its_own_verdict(course):
    _, _, rows, _ = course
    assert rows["exits"]["02.linear"] == rows["exits"]["02.sigmoid"] == "raised"
    assert rows["loops"]["02.sigmoid"] == "timeout"
    assert rows["hog"]["02.sigmoid"] == "memory"
    assert rows["differences"]["02.linear_backward"] == "differences"
    assert rows["differences"]["10.kl_between_backward"] == "differences"


@pytest.mark.slow
def test_nothing_else_is_written(course):
    base, expected, _, written = course
    pages = {base / "pages" / f"{student}.html" for student in expected}
    assert written == pages | {base / "marks.csv"}


@pytest.mark.slow
def test_a_page_says_what_happened(course):
    base, _, rows, _ = course
    page = (base / "pages" / "exits.html").read_text("utf-8")
    assert "SystemExit" in page and "it ended the whole process" in page
    assert f"{rows['exits']['points']} of 31 points" in page
