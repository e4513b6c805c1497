"""Open exercises: right answers pass, wrong ones don't, and lessons/OPEN.md names them all."""

import inspect
from pathlib import Path

import pytest

from minidraw.learn.exercises.open_exercises import OPEN_EXERCISES, judge_open
from minidraw.learn.grading import grade
from tests.learn import open_answers

THEIRS = {name: value for name, value in vars(open_answers).items() if callable(value)}
SHEET = Path(__file__).resolve().parents[2] / "lessons" / "OPEN.md"
ids = pytest.mark.parametrize("id", OPEN_EXERCISES)


def name(id):
    return id.partition(".")[2]


@ids
def test_right_answers_pass(id):
    assert judge_open(id, THEIRS) == ("right", "")


@ids
def test_one_wrong_output_is_refused(id):
    def wrong(*arguments, **settings):
        value = THEIRS[name(id)](*arguments, **settings)
        if value is None:  # it changes its inputs
            arguments[0][0] += 1e-3
            return None
        if not id.endswith("_backward"):
            out, cache = value
            return (
                (tuple(1.001 * part for part in out), cache)
                if isinstance(out, tuple)
                else (1.001 * out, cache)
            )
        if not isinstance(value, tuple):
            return 1.001 * value
        return *value[:-1], value[-1] * 1.001

    verdict = judge_open(id, THEIRS | {name(id): wrong})
    assert verdict.kind == "wrong"
    assert "Largest error: " in verdict.message and "Inputs: " in verdict.message


@ids
def test_a_missing_or_unwritten_one(id):
    def unwritten(*arguments, **settings):
        raise NotImplementedError

    assert judge_open(id, {}).kind == "missing"
    assert judge_open(id, THEIRS | {name(id): unwritten}).kind == "unwritten"


def test_a_backward_is_held_against_ones_own_forward():
    """Any cache will do; without a right forward there is nothing to compare with."""

    def doubled(*arguments):
        out, cache = THEIRS["gru"](*arguments)
        return 2 * out, cache

    assert judge_open("08.gru_backward", THEIRS | {"gru": doubled}).kind == "unjudged"
    without = {key: value for key, value in THEIRS.items() if key != "gru"}
    assert judge_open("08.gru_backward", without).kind == "unjudged"


def test_the_words_of_a_wrong_gradient():
    def wrong(dout, cache):
        dx, dh_prev, dW, dU, db = THEIRS["gru_backward"](dout, cache)
        return dx, dh_prev, dW, dU, db / len(dout)

    message = judge_open("08.gru_backward", THEIRS | {"gru_backward": wrong}).message
    assert message.startswith("db: ") and "the finite difference gives" in message
    assert "dh (" in message or "dout (" in message


def test_grading_a_file_of_open_answers(tmp_path):
    path = tmp_path / "open.py"
    path.write_text(inspect.getsource(open_answers))
    results = grade(path)
    assert {id for id, result in results.items() if result["verdict"] == "right"} >= set(
        OPEN_EXERCISES
    )


def test_answers_that_call_the_package_do_not_count(tmp_path):
    path = tmp_path / "open.py"
    path.write_text(
        "from minidraw.learn.exercises import open_exercises as o\n\n"
        "def gru(*arguments):\n    return o.gru(*arguments)\n"
    )
    assert grade(path)["08.gru"]["verdict"] == "borrowed"


def test_the_sheet_names_every_open_exercise_and_its_arguments():
    text = SHEET.read_text("utf-8")
    for id, entry in OPEN_EXERCISES.items():
        assert f"\n## {id[:2]} " in text
        names = ", ".join(entry.cases[0].inputs)
        assert f"`{entry.name}({names}" in text, id
