"""Every wrong answer is refused; ``words.txt`` lists the message for each."""

import os
from pathlib import Path

import numpy as np
import pytest

from minidraw.learn.checking import messages
from minidraw.learn.checking.judge import RANDOM, judge
from minidraw.learn.checking.mutants import make_mutants
from minidraw.learn.exercises.exercise import list_arrays
from tests.learn.mutations import ALTERED, EXERCISES, allow_answer, alter, list_wrong_answers

WORDS = Path(__file__).with_name("words.txt")

EXPECTED = {  # part of the message for the altered results, in every exercise
    "sign": ("the sign is wrong",),
    "factor 2": ("twice what it should be",),
    "factor 1/2": ("half of what it should be",),
    "factor 0.7": ("every entry is off by the same factor, 0.7",),
    "mean for sum": ("as if averaged",),
    "zero": ("every entry is zero",),
    "nan": ("contains nan or inf",),
    "transpose": ("transposed",),
    "extra axis": ("the numbers are right, but the shape is wrong",),
    "in place": ("in place: make a new array instead",),
}


def list_messages(entry):
    """Return the message for each wrong answer, one line each."""
    lines = []
    for name, function in list_wrong_answers(entry):
        verdict = judge(allow_answer(entry), function)
        assert verdict.kind in ("wrong", "raised"), (entry.id, name, verdict)
        said = [line for line in verdict.message.splitlines() if is_cause(line)]
        lines.append(f"{name} -> {' '.join(said)}")
    return list(dict.fromkeys(lines))


def is_cause(line):
    return (
        not line.startswith(("Largest error", "Inputs", "On that line"))
        and "right shape" not in line
        and not line.endswith("right already.")
        and RANDOM not in line
    )


@pytest.mark.parametrize("id", EXERCISES)
def test_the_answer_is_right(id):
    entry = EXERCISES[id]
    assert judge(allow_answer(entry), entry.answer).kind == "right"


@pytest.mark.slow
@pytest.mark.parametrize("id", EXERCISES)
def test_words_for_every_mistake(id):
    entry = EXERCISES[id]
    found = list_messages(entry)
    for line in found:
        name, said = line.split(" -> ")
        if name in EXPECTED:
            assert any(text in said for text in EXPECTED[name]), line
    stored = read_words()
    if os.environ.get("MINIDRAW_UPDATE_WORDS"):
        stored[id] = found
        write_words(stored)
    assert stored.get(id) == found, f"MINIDRAW_UPDATE_WORDS=1 pytest {__file__}, then read the diff"


def read_words():
    blocks = WORDS.read_text("utf-8").split("\n\n") if WORDS.exists() else []
    return {head: lines for head, *lines in (block.strip().splitlines() for block in blocks)}


def write_words(words):
    blocks = ["\n".join([id, *words[id]]) for id in EXERCISES if id in words]
    WORDS.write_text("\n\n".join(blocks) + "\n", "utf-8")


@pytest.mark.parametrize("id", EXERCISES)
def test_a_mistake_of_the_table_is_called_by_its_name(id):
    """Or by a plainer name that fits as well, such as a factor or a sign; never by none."""
    named = [words for *_, words in EXERCISES[id].mistakes]
    told = dict(line.split(" -> ") for line in read_words()[id])
    for words in named:
        assert words not in told or messages.UNKNOWN not in told[words], words


@pytest.mark.parametrize("id", EXERCISES)
def test_what_nothing_explains_is_not_explained(id):
    """Noise gets the numbers and no cause."""
    entry = EXERCISES[id]

    def noisy(array):
        rng = np.random.default_rng(array.size)  # the same in every call
        return array * (1 + 0.1 * rng.standard_normal(array.shape)) + 0.01

    verdict = judge(allow_answer(entry), alter(entry, noisy))
    assert verdict.kind == "wrong"
    if max(v.size for v in map(np.asarray, list_arrays(entry.cases[0].inputs))) > 1:
        assert messages.UNKNOWN in verdict.message
        assert "Largest error" in verdict.message


@pytest.mark.parametrize("small", [1e-8, 1e-7])
def test_a_small_number_too_many_is_neither_a_sign_nor_a_factor(small):
    entry = allow_answer(EXERCISES["18.floor_and_excess"])

    def function(logits, *, x):
        return tuple(part * (1 + small) for part in entry.answer(logits, x=x))

    verdict = judge(entry, function)
    assert verdict.kind == "wrong" and "floor and excess: nearly right" in verdict.message


@pytest.mark.slow
@pytest.mark.parametrize("id", EXERCISES)
@pytest.mark.parametrize("first", ["sign", "twice", "table"])
def test_a_cause_must_explain_all_cases(id, first):
    """A mistake in the first case and noise in the others has no name."""
    entry = EXERCISES[id]
    assert entry.cases and entry.returns_cache in (True, False)  # computed before calls are watched
    named, _ = make_mutants(entry)
    if first == "table" and not named:
        pytest.skip("its table has no mistakes")
    rng, calls = np.random.default_rng(0), iter(range(99))
    mistakes = {"sign": lambda a: -a, "twice": lambda a: 2 * a}

    def function(*arguments, **settings):
        if next(calls):
            return alter(entry, lambda a: a + rng.standard_normal(a.shape))(*arguments, **settings)
        if first == "table":
            return named[0][1](*arguments, **settings)
        return alter(entry, mistakes[first])(*arguments, **settings)

    verdict = judge(allow_answer(entry), function)
    assert verdict.kind in ("wrong", "raised")
    for line in verdict.message.splitlines():
        assert messages.UNKNOWN in line or not is_cause(line) or "stopped" in line, line


@pytest.mark.parametrize("id", EXERCISES)
def test_a_small_error_in_one_entry_is_refused(id):
    entry = EXERCISES[id]

    def off(array):
        array = array.copy()
        array.flat[0] += 1e-6 * (np.abs(array).max() or 1)
        return array

    assert judge(allow_answer(entry), alter(entry, off)).kind == "wrong"


@pytest.mark.parametrize("id", EXERCISES)
def test_right_only_for_one_set_of_sizes_is_refused(id):
    """A factor that is right in the first case by accident is wrong in the others."""
    entry = EXERCISES[id]
    letter = entry.sizes.split()[0]
    first = entry.cases[0].sizes[letter]
    assert [case.sizes[letter] for case in entry.cases].count(first) == 1
    assert all(len(set(case.sizes.values())) == len(case.sizes) for case in entry.cases)
    assert "n" not in entry.sizes.split() or all(case.sizes["n"] >= 3 for case in entry.cases)


def test_every_kind_is_tried():
    assert set(ALTERED) == set(EXPECTED)
