"""Right answers in two styles other than the package's own pass too."""

import pytest

from minidraw.learn.checking.judge import judge
from tests.learn.mutations import EXERCISES
from tests.learn.styles import STYLES

ALL = [(id, function) for id, functions in STYLES.items() for function in functions]


@pytest.mark.parametrize("id, function", ALL, ids=[function.__name__ for _, function in ALL])
def test_right_however_written(id, function):
    verdict = judge(EXERCISES[id], function)
    assert verdict.kind == "right", verdict.message


def test_every_exercise_has_two_other_styles():
    assert {id: len(STYLES.get(id, ())) for id in EXERCISES if len(STYLES.get(id, ())) < 2} == {}
