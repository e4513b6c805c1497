import numpy as np
import pytest

from minidraw.datasets import Dataset, Split, load
from minidraw.datasets.description import describe


def made(n=1000, channels=1, dtype=np.uint8, **settings):
    images = np.zeros((n, channels, 6, 5), dtype)
    images[0] = 1
    return Dataset("x", Split(images), Split(images[:10]), **settings)


def test_digits():
    description = describe(load("digits"))
    assert dict(description.rows) == {
        "images": "4,500 train, 500 valid",
        "labels": "10 classes, which only a classifier uses",
        "size": "28 x 28 pixels (width x height)",
        "channels": "1 (grey)",
        "range": "0 to 255 of 255",
        "memory": "3.9 MB",
        "protocol": "digits, dynamic binarisation",
    }
    assert description.warnings == []


@pytest.mark.parametrize(
    "settings, word",
    [
        ({}, "dynamic binarisation"),
        ({"binary": True}, "static binarisation"),
        ({"channels": 3}, "as probabilities"),
        ({"channels": 3, "binary": True}, "static binarisation"),
    ],
)
def test_protocol(settings, word):
    assert word in dict(describe(made(**settings)).rows)["protocol"]


def test_size_channels_range_and_test_split():
    data = made(channels=3, dtype=np.float32, test=Split(np.zeros((7, 3, 6, 5), np.float32)))
    rows = dict(describe(data).rows)
    assert rows["images"] == "1,000 train, 10 valid, 7 test"
    assert rows["size"].startswith("5 x 6 ")
    assert rows["channels"] == "3 (colour)"
    assert rows["range"] == "0 to 1 of 1"
    assert rows["memory"] == f"{1017 * 90 * 4 / 1e6:.1f} MB"


def test_few_images_are_warned_of():
    assert describe(made(1000)).warnings == []
    [warning] = describe(made(999)).warnings
    assert "999" in warning and "overfit" in warning and "\n" not in warning


def test_scenes():
    description = dict(describe(load("cluttered-digits"), paints=False).rows)
    assert description["images"] == "4,500 train, 500 valid"
    assert description["size"] == "100 x 100 pixels (width x height)"
    assert description["range"] == "0 to 255 of 255"
    assert description["memory"] == "5.6 MB"  # of digits and random numbers
    assert description["protocol"] == "cluttered-digits"


def test_random_parts_are_told_of():
    images = np.zeros((5, 3, 64, 60), np.uint8)
    rows = dict(describe(Dataset("x", Split(images), Split(images[:2, :, :54, :50]))).rows)
    size = "50 x 54 pixels (width x height), a random crop of 60 x 64 at every visit"
    assert rows["size"] == size
