"""Every wrong answer is refused; ``words.txt`` lists what a learner is told of each."""

import os
from pathlib import Path

import numpy as np
import pytest

from minidraw.learn.checking import messages
from minidraw.learn.checking.judge import judge
from minidraw.learn.checking.mutants import mutants
from tests.learn.mutations import BENT, EXERCISES, answered, bent, wrong_answers

WORDS = Path(__file__).with_name("words.txt")

EXPECTED = {  # what everyone's slips are called, whatever the exercise
    "sign": ("the sign is wrong",),
    "factor 2": ("it is twice what it should be",),
    "factor 1/2": ("it is half of what it should be",),
    "factor 0.7": ("every entry is off by the same factor, 0.7",),
    "mean for sum": ("it is an average where it should be a sum, too small by a factor of",),
    "zero": ("it is zero everywhere",),
    "nan": ("it holds nan or inf",),
    "transpose": ("it is transposed",),
    "extra axis": ("the numbers are right, the shape isn't",),
    "in place": ("changed in place",),
}


def table(entry):
    """The words for each wrong answer, one line each."""
    lines = []
    for name, function in wrong_answers(entry):
        verdict = judge(answered(entry), function)
        assert verdict.kind in ("wrong", "raised"), (entry.id, name, verdict)
        said = [line for line in verdict.message.splitlines() if is_cause(line)]
        lines.append(f"{name} -> {' '.join(said)}")
    return list(dict.fromkeys(lines))


def is_cause(line):
    return (
        not line.startswith(("Most wrong", "Inputs", "On that line")) and "right shape" not in line
    )


@pytest.mark.parametrize("id", EXERCISES)
def test_the_answer_is_right(id):
    entry = EXERCISES[id]
    assert judge(answered(entry), entry.answer).kind == "right"


@pytest.mark.parametrize("id", EXERCISES)
def test_words_for_every_mistake(id):
    entry = EXERCISES[id]
    found = table(entry)
    for line in found:
        name, said = line.split(" -> ")
        if name in EXPECTED:
            assert any(text in said for text in EXPECTED[name]), line
    stored = stored_words()
    if os.environ.get("MINIDRAW_UPDATE_WORDS"):
        stored[id] = found
        write_words(stored)
    assert stored.get(id) == found, f"MINIDRAW_UPDATE_WORDS=1 pytest {__file__}, then read the diff"


def stored_words():
    blocks = WORDS.read_text("utf-8").split("\n\n") if WORDS.exists() else []
    return {head: lines for head, *lines in (block.strip().splitlines() for block in blocks)}


def write_words(words):
    blocks = ["\n".join([id, *words[id]]) for id in EXERCISES if id in words]
    WORDS.write_text("\n\n".join(blocks) + "\n", "utf-8")


@pytest.mark.parametrize("id", EXERCISES)
def test_a_mistake_of_the_table_is_called_by_its_name(id):
    """Or by plainer words that are as true: a factor, a sign, or another edit with the same
    numbers.  Never by none."""
    named = [words for *_, words in EXERCISES[id].mistakes]
    told = dict(line.split(" -> ") for line in stored_words()[id])
    for words in named:
        assert words not in told or messages.UNKNOWN not in told[words], words


@pytest.mark.parametrize("id", EXERCISES)
def test_what_nothing_explains_is_not_explained(id):
    """Noise, and two mistakes at once, get the numbers and no cause."""
    entry = EXERCISES[id]
    rng = np.random.default_rng(0)

    def noisy(array):
        return array * (1 + 0.1 * rng.standard_normal(array.shape)) + 0.01

    verdict = judge(answered(entry), bent(entry, noisy))
    assert verdict.kind == "wrong"
    if max(np.size(v) for v in entry.cases[0].inputs.values()) > 1:
        assert messages.UNKNOWN in verdict.message
        assert "Most wrong" in verdict.message


@pytest.mark.parametrize("small", [1e-8, 1e-7])
def test_a_small_number_too_many_is_neither_a_sign_nor_a_factor(small):
    entry = answered(EXERCISES["18.floor_and_excess"])

    def function(logits, *, x):
        return tuple(part * (1 + small) for part in entry.answer(logits, x=x))

    verdict = judge(entry, function)
    assert verdict.kind == "wrong" and "floor and excess: nearly right" in verdict.message


@pytest.mark.parametrize("id", EXERCISES)
@pytest.mark.parametrize("first", ["sign", "twice", "table"])
def test_a_cause_must_explain_all_draws(id, first):
    """A mistake on the first draw and something else on the others has no name."""
    entry = EXERCISES[id]
    assert entry.cases and entry.cached in (True, False)  # computed before a call is watched
    named, _ = mutants(entry)
    if first == "table" and not named:
        pytest.skip("its table has no mistakes")
    rng, calls = np.random.default_rng(0), iter(range(99))
    mistakes = {"sign": lambda a: -a, "twice": lambda a: 2 * a}

    def function(*arguments, **settings):
        if next(calls):
            return bent(entry, lambda a: a + rng.standard_normal(a.shape))(*arguments, **settings)
        if first == "table":
            return named[0][1](*arguments, **settings)
        return bent(entry, mistakes[first])(*arguments, **settings)

    verdict = judge(answered(entry), function)
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

    assert judge(answered(entry), bent(entry, off)).kind == "wrong"


@pytest.mark.parametrize("id", EXERCISES)
def test_right_only_for_one_set_of_sizes_is_refused(id):
    """A factor that is right on the first draw by accident isn't on the others."""
    entry = EXERCISES[id]
    letter = entry.sizes.split()[0]
    first = entry.cases[0].sizes[letter]
    assert [case.sizes[letter] for case in entry.cases].count(first) == 1
    assert all(len(set(case.sizes.values())) == len(case.sizes) for case in entry.cases)
    assert "n" not in entry.sizes.split() or all(case.sizes["n"] >= 3 for case in entry.cases)


def test_every_kind_is_tried():
    assert set(BENT) == set(EXPECTED)
