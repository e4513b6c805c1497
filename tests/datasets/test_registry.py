import pytest

from minidraw.datasets import DATASET_NAMES, load

SETTINGS = [{"size": 28}, {"stretch": True}, {"invert": True}, {"crop": 9}, {"valid": 0.1}]


def test_names():
    digits = ("digits", "mnist", "binarized-mnist", "cluttered", "cluttered-digits", "two-digits")
    assert DATASET_NAMES == (*digits, "cifar10", "svhn", "svhn-no-extra", "svhn-digits")


@pytest.mark.parametrize(
    "given, nearest",
    [("DIGITS", "digits"), ("mnst", "mnist"), ("binarised-mnist", "binarized-mnist"), ("zz", "")],
)
def test_unknown_names(one_line_error, given, nearest):
    with one_line_error(f"'{given}'", f"did you mean {nearest}", *DATASET_NAMES, "path"):
        load(given)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", DATASET_NAMES)
def test_settings_for_own_pictures_are_refused(one_line_error, name, setting):
    with one_line_error(name, *setting):
        load(name, **setting)
