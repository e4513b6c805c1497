"""`use_earlier`: later lessons run on the learner's functions, and say which."""

import sys

from minidraw import layers
from minidraw.learn import own_functions, use_earlier
from minidraw.learn.exercises import get_exercise
from tests.learn.test_export import write_mine


def test_a_lesson_runs_on_the_functions_of_earlier_lessons(capsys):
    write_mine("02.sigmoid", "04.filterbank", "07.write", "07.write_backward")
    found = use_earlier("06")
    assert "Here: 2 functions yours (filterbank, sigmoid)" in capsys.readouterr().out
    assert found.write is layers.write  # lesson 07 is later than 06
    found = use_earlier("08")
    assert (
        "4 functions yours (filterbank, write, write_backward, sigmoid)" in capsys.readouterr().out
    )
    assert found.write is not layers.write and found.read is layers.read


def test_what_is_missing_calls_what_is_there(capsys):
    """minidraw's step, in minidraw's draw_forward, calls the learner's lstm_gates."""
    write_mine("08.lstm_gates", "08.lstm_gates_backward")
    found, case = use_earlier("14"), get_exercise("12.draw_forward").cases[0]
    assert "2 functions yours (lstm_gates, lstm_gates_backward)" in capsys.readouterr().out
    theirs = own_functions.load_functions()["lstm_gates"]
    calls = []

    def count(frame, event, argument):
        calls.append(frame.f_code) if event == "call" else None

    sys.setprofile(count)
    found.draw_forward(*case.inputs.values(), **case.settings)
    sys.setprofile(None)
    assert [c.co_name for c in calls if c.co_filename == theirs.__code__.co_filename].count(
        "lstm_gates"
    ) == 2 * len(case.settings["noise"])


def test_a_wrong_function_is_not_used_and_the_reason_is_printed(capsys):
    write_mine("02.sigmoid")
    text = own_functions.FILE.read_text().replace("1 / (1", "2 / (1")
    own_functions.FILE.write_text(text)
    found = use_earlier("05")
    assert found.sigmoid is layers.sigmoid
    said = capsys.readouterr().out
    assert "Here: 0 functions yours" in said and "sigmoid: not used, " in said


def test_without_a_file_all_are_minidraws(capsys):
    assert use_earlier("13").draw_forward.__name__ == "draw_forward"
    assert capsys.readouterr().out.startswith("Here: 0 functions yours")


def test_a_broken_file_is_said(capsys):
    own_functions.FILE.write_text("def sigmoid(a:\n")
    assert use_earlier("05").sigmoid is layers.sigmoid
    assert "doesn't run: SyntaxError" in capsys.readouterr().out


def test_an_own_sigmoid_takes_a_plain_number():
    write_mine("02.sigmoid")
    assert use_earlier("03").sigmoid(0.0) == 0.5
