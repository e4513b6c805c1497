"""A share of the mutated files in every run of the tests, 6,000 with ``-m slow``."""

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("needs alarms and a measure of memory", allow_module_level=True)

from tests.robustness import fuzz

FEW, ALL = 12, 400  # of each of the 15 kinds


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("originals")
    fuzz.make_originals(folder)
    return folder


@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_a_mutated_file_is_read_or_refused(originals, kind):
    for number in range(FEW):
        fuzz.run_case(originals, kind, number)


@pytest.mark.slow
@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_all_mutated_files_are_read_or_refused(originals, kind):
    failures = []
    for number in range(ALL):
        try:
            fuzz.run_case(originals, kind, number)
        except fuzz.Failure as failure:
            failures.append(str(failure)[:300])
    assert not failures, "\n".join(failures)
