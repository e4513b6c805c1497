"""``--conditional`` and ``--label``: a network that paints the digit that is asked for."""

import json

import numpy as np
import pytest
from PIL import Image

TINY = ["--hidden", 8, "--glimpses", 2, "--latent", 3, "--read-size", 2, "--write-size", 3]
TINY += ["--batch", 20, "--validate", 1000, "--threads", 1]


@pytest.fixture
def run(minidraw, here):
    status, out, err = minidraw(
        "train", "--data", "digits", "--conditional", "--epochs", 0.05, *TINY, "--run", "run"
    )
    assert status == 0, err
    return here / "run"


def test_a_digit_is_painted_redrawn_and_measured(minidraw, refused, run):
    assert json.loads((run / "config.json").read_text())["config"]["classes"] == 10
    for command in (
        ["sample", run, "--label", 7, "--count", 4, "--out", "sevens.png"],
        ["sample", run, "--label", 1, "--count", 4, "--out", "ones.png"],
        ["sample", run, "--out", "all.png"],
        ["film", run, "--label", 7, "--count", 2, "--out", "seven.gif"],
        ["reconstruct", run, "--count", 4, "--out", "redrawn.png"],
        ["evaluate", run, "--split", "valid", "--images", 40],
    ):
        status, _, err = minidraw(*command)
        assert status == 0, err
    sevens, ones = (np.asarray(Image.open(f"{name}.png")) for name in ("sevens", "ones"))
    assert sevens.shape == ones.shape and (sevens != ones).any()
    refused("sample", run, "--label", "ten", words=["no class is called 'ten'", "0, 1, 2"])
    status, _, err = minidraw("train", "--resume", run)
    assert status == 0, err


def test_the_bound_of_each_class(minidraw, refused, run, here):
    status, out, err = minidraw("evaluate", run, "--split", "valid", "--images", 60, "--per-class")
    assert status == 0, err
    classes = [line.rpartition(", ")[2] for line in out.splitlines()[2:]]
    assert classes == [f"class {k}" for k in range(10)]
    refused("evaluate", run, "--per-class", "--bound", "iw", words="leave out --bound iw")
    np.save(here / "pictures.npy", np.zeros((40, 28, 28), np.uint8))
    refused("evaluate", "--data", "pictures.npy", "--per-class", words="has no labels")


def test_labels_are_needed(refused, minidraw, here):
    np.save(here / "pictures.npy", np.zeros((40, 6, 5), np.uint8))
    refused("train", "--data", "pictures.npy", "--conditional", words="has no labels")
    refused("train", "cluttered", "--conditional", words="leave out conditional")
    refused("sample", "--label", 7, words="trained without labels")


def test_pictures_without_labels_cant_be_redrawn(refused, run, here):
    np.save(here / "pictures.npy", np.zeros((40, 28, 28), np.uint8))
    refused("reconstruct", run, "--data", "pictures.npy", words="labels")


def test_classes_with_names_are_redrawn(minidraw, here):
    rng = np.random.default_rng(0)
    for name in "bee", "wasp":
        (here / "insects" / name).mkdir(parents=True)
        for k in range(12):
            picture = Image.fromarray(rng.integers(0, 256, (8, 8), np.uint8))
            picture.save(here / "insects" / name / f"{k}.png")
    data = ["--data", "insects", "--size", 8]
    status, _, err = minidraw(
        "train", *data, "--conditional", "--epochs", 1, *TINY, "--run", "named"
    )
    assert status == 0, err
    for command in ["sample", "named", "--label", "wasp"], ["reconstruct", "named", "--count", 2]:
        status, _, err = minidraw(*command)
        assert status == 0, err
