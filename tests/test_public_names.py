"""Names that users may have typed, at version 0.1.0, still work: commands, Python names, files."""

import inspect
import json
import shlex

import numpy as np
import pytest

import minidraw
from minidraw import datasets
from minidraw.cli import build_parser
from minidraw.datasets import bundled_path

COMMANDS = """
minidraw train
minidraw lessons start my-lessons
minidraw sample
minidraw sample runs/quick
minidraw sample --coins
minidraw film --count 9
minidraw film --image my.png --invert
minidraw reconstruct
minidraw figures
minidraw figures runs/quick
minidraw evaluate
minidraw evaluate --bound iw --images 1000
minidraw gradcheck
minidraw lessons
minidraw train --ops mine
minidraw bench steps --rounds 3
minidraw train mnist
minidraw train --resume runs/mnist
minidraw data drawings --size 28
minidraw train --data drawings --size 28 --invert --minutes 10
minidraw train cluttered --glimpses 4
minidraw classify scene.png --out looks.png
minidraw data two-digits
minidraw train cifar10-small
minidraw train svhn-small --data numbers.npz --crop 54
minidraw evaluate data/mnist-no-attention.npz
minidraw evaluate data/mnist-fresh.npz --data binarized-mnist
minidraw evaluate --bound iw --samples 200 --images 1000
minidraw train mnist --glimpses 16 --rate 2.5e-3 --minutes 4
minidraw train mnist-no-attention
minidraw train two-digits-small --minutes 26 --threads 1
minidraw bench steps --sizes classifier cifar10 --rounds 5
minidraw train --epochs 1 --run runs/profile
"""
DATA_SETS = """digits mnist binarized-mnist cluttered cluttered-digits two-digits cifar10 svhn
svhn-no-extra svhn-digits""".split()
PRESETS = """quick mnist mnist-no-attention cluttered two-digits two-digits-small svhn svhn-small
cifar10 cifar10-small""".split()
WEIGHTS = (
    "mnist mnist-no-attention mnist-fresh mnist-t32 two-digits cluttered-4 cluttered-8".split()
)


@pytest.mark.parametrize("line", COMMANDS.strip().splitlines())
def test_commands_can_be_parsed(line):
    arguments = build_parser().parse_args(shlex.split(line)[1:])
    assert callable(arguments.command)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_can_be_named(preset):
    assert build_parser().parse_args(["train", preset]).preset == preset


def test_data_sets_can_be_named():
    assert set(DATA_SETS) <= set(datasets.DATASET_NAMES)


@pytest.mark.parametrize(
    "method, arguments",
    [
        (minidraw.load, (["digits"], {"size": 28, "crop": 20, "data_dir": "x", "invert": True})),
        (minidraw.Draw, ([], {"glimpses": 16})),
        (minidraw.Draw.fit, ([None, "images"], {"minutes": 3, "epochs": 1, "verbose": True})),
        (minidraw.Draw.sample, ([None, 64], {"seed": 0})),
        (minidraw.Draw.film, ([None, 9], {"images": None, "seed": 0})),
        (minidraw.Draw.reconstruct, ([None, "images"], {"seed": 0})),
        (minidraw.Draw.score, ([None, "images"], {"seed": 0})),
        (minidraw.Draw.save, ([None, "mine.npz"], {"dtype": np.float16})),
        (minidraw.Draw.load, (["mine.npz"], {})),
        (minidraw.Classifier, ([], {"glimpses": 4, "hidden": 256, "read_size": 12})),
        (minidraw.Classifier.fit, ([None, "images", "labels"], {"minutes": 3})),
        (minidraw.Classifier.predict, ([None, "images"], {})),
        (minidraw.Classifier.predict_proba, ([None, "images"], {})),
        (minidraw.Classifier.look, ([None, "images"], {})),
        (minidraw.Classifier.scanpath, ([None, "images"], {})),
        (minidraw.Classifier.score, ([None, "images", "labels"], {})),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_python_names_take_their_arguments(method, arguments):
    positional, keywords = arguments
    inspect.signature(method).bind(*positional, **keywords)


def test_attributes_after_load():
    network = minidraw.Draw.load(bundled_path("mnist-t32.npz"))
    assert {"config_", "params_", "meta_"} <= set(vars(network))
    digits = minidraw.load("digits")
    assert digits.train.images.shape == (4500, 1, 28, 28) and len(digits.valid.images) == 500
    assert network.sample(2, seed=0).shape == (2, 1, 28, 28)
    assert network.film(2).canvas.shape == (33, 2, 1, 28, 28)


def test_classify_warns_and_is_the_classifier():
    with pytest.warns(FutureWarning, match="Classify is now minidraw.Classifier"):
        former = minidraw.Classify
    assert former is minidraw.Classifier
    with pytest.raises(AttributeError, match="no attribute 'Glimpse'"):
        minidraw.Glimpse  # noqa: B018


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_as_written_at_that_version_load(name, tmp_path):
    """The classifier's model was called glimpse then, and DRAW's size had no classes."""
    classifier = name.startswith("cluttered")
    with np.load(bundled_path(f"{name}.npz"), allow_pickle=False) as archive:
        arrays = dict(archive)
    meta = json.loads(bytes(arrays["meta"]).decode())
    meta["model"] = "glimpse" if classifier else "draw"
    if not classifier:
        meta["config"].pop("classes", None)
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    np.savez(tmp_path / "old.npz", **arrays)
    estimator = minidraw.Classifier if classifier else minidraw.Draw
    network, bundled = (
        estimator.load(tmp_path / "old.npz"),
        estimator.load(bundled_path(f"{name}.npz")),
    )
    assert network.config_ == bundled.config_
    for weights, value in bundled.params_.items():
        np.testing.assert_array_equal(network.params_[weights], value)
