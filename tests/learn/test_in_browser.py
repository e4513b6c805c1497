import sys

from minidraw.learn.notebook import choose_steps


def test_outside_a_browser_nothing_is_shortened_or_said(capsys):
    assert choose_steps(1600, in_browser=600) == 1600
    assert capsys.readouterr().out == ""


def test_in_a_browser_a_line_tells_both_numbers(monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert choose_steps(1600, in_browser=600) == 600
    told = capsys.readouterr().out
    assert told.startswith("In a browser: 600 steps instead of 1,600, ") and told.count("\n") == 1
