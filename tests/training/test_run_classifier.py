"""The loop trains the classifier as it trains DRAW: same bits, same folder, other columns."""

import csv
import json
import os
import signal

import numpy as np
import pytest

from minidraw.errors import UserError
from minidraw.presets import Preset
from minidraw.training import checkpoint, loop, setup
from minidraw.training.recipe import Recipe
from minidraw.training.workers import Workers

PRESET = Preset(
    "tiny",
    data="",
    config={"glimpses": 2, "hidden": 8, "read_size": 3},
    recipe=Recipe(epochs=8 / 112, batch=40, validate=4, rate=0.01, valid_images=50),
    model="classifier",
)
SOURCE = {"name_or_path": "cluttered-digits"}
STEPS = 8


@pytest.fixture
def workers():
    with Workers(2) as pool:
        yield pool


def begin(folder, workers, **changes):
    return setup.start_run(PRESET, folder, workers, name="tiny", source=SOURCE, **changes)


def rows(folder):
    with open(folder / "log.csv", newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def test_there_is_no_latent_cost_to_warm_up(workers, tmp_path):
    with pytest.raises(UserError, match="only DRAW and the VAE .* leave out kl_warmup"):
        begin(tmp_path / "run", workers, recipe={"kl_warmup": 0.3})
    assert not (tmp_path / "run/config.json").exists()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run on scenes that nothing stopped: its folder and its result."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    with Workers(2) as pool:
        return folder, loop.fit(*begin(folder, pool))


def test_the_folder(whole):
    folder, result = whole
    names = [".lock", "checkpoint.npz", "config.json", "curves.png", "glimpses.png", "log.csv"]
    assert sorted(os.listdir(folder)) == names
    meta = json.loads((folder / "config.json").read_text())
    assert meta["model"] == "classifier" and meta["config"]["classes"] == 10
    assert meta["protocol"] == "cluttered-digits" and meta["fresh"] is False
    log = rows(folder)
    assert [row["step"] for row in log] == [str(k) for k in range(1, STEPS + 1)]
    for row in log:
        assert row["total"] == row["nll"] and 0 <= float(row["error"]) <= 1
        assert (float(row["error"]) * 40) % 1 == pytest.approx(0, abs=1e-9)
        checked = row["step"] in ("4", "8")
        for name in ("valid_nll", "valid_error", "valid_total"):
            assert bool(row[name]) is checked
    assert log[-1]["valid_error"] == repr(result.error) and result.images == 500


@pytest.mark.parametrize("stop", [1, 5])
def test_resumed_bit_for_bit(tmp_path, workers, whole, stop):
    """Scenes are made anew at every step, and yet the same after a resume."""
    folder = tmp_path / "run"
    trainer, run = begin(folder, workers)
    real = trainer.step

    def step():
        if trainer.step_count + 1 == stop:
            os.kill(os.getpid(), signal.SIGINT)
        return real()

    trainer.step = step
    with pytest.raises(loop.Interrupted):
        loop.fit(trainer, run)
    result = loop.fit(*setup.resume_run(folder, workers))
    assert result == whole[1] and rows(folder) == rows(whole[0])
    shapes = {name: w.shape for name, w in checkpoint.load_network(folder)[2].items()}
    groups = ("weights", "average", "mean", "square")
    one, two = (checkpoint.load(f / "checkpoint.npz", shapes, groups) for f in (folder, whole[0]))
    for group in groups:
        assert all((one[group][name] == two[group][name]).all() for name in shapes)
    assert (folder / "glimpses.png").read_bytes() == (whole[0] / "glimpses.png").read_bytes()


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_a_run_by_rounding_only(tmp_path, whole, threads):
    with Workers(threads) as pool:
        loop.fit(*begin(tmp_path / "run", pool))
    for row, other in zip(rows(tmp_path / "run"), rows(whole[0]), strict=True):
        assert float(row["total"]) == pytest.approx(float(other["total"]), rel=1e-4)


def test_films_of_glimpses_may_grow(tmp_path, workers):
    trainer, _ = begin(tmp_path / "run", workers, recipe={"grow": "1:0.5"})
    assert [trainer._config_at(step).glimpses for step in (0, 3, 4, 7)] == [1, 1, 2, 2]


def test_the_best_weights_are_those_of_the_lower_cross_entropy(tmp_path, workers, whole):
    trainer, _ = setup.resume_run(whole[0], workers)
    result = trainer.validate()
    views = trainer.adam.average if trainer.averaged else trainer.adam.weights
    assert result == whole[1] and trainer.params is views.views
    assert np.isfinite(result.total) and result.total == result.nll
