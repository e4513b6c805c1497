"""``minidraw compare`` on tiny networks."""

import json
import signal

import numpy as np
import pytest
from PIL import Image

from minidraw import datasets
from minidraw.compare import painters, readers, reference, report
from minidraw.compare.runs import Rival
from minidraw.estimators import load_estimator
from minidraw.training import loop

TINY = ("--data", "digits", "--minutes", "0.005", "--seeds", 2, "--out", "out")
TABLE, FIGURE, FILM = "out/comparison.md", "out/comparison.png", "out/film.gif"


@pytest.fixture
def tiny(here, monkeypatch):
    """Networks of a few units, and sets of a few images."""
    small = {"hidden": 4, "latent": 2}
    rivals = (
        Rival("DRAW", "mnist", small | {"glimpses": 2}),
        Rival("VAE", "vae", small),
        Rival("GAN", "gan", small),
    )
    monkeypatch.setattr(painters, "RIVALS", rivals)
    monkeypatch.setattr(painters, "BOUND_IMAGES", 20)
    monkeypatch.setattr(painters, "BOUND_SAMPLES", 2)
    monkeypatch.setattr(reference, "LARGEST_SET", 200)
    return here


def read_rows(text):
    table = text.split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    head = cells[0]
    return {row[0]: dict(zip(head, row, strict=True)) for row in cells[2:]}


@pytest.mark.slow
def test_one_command_makes_runs_table_and_figure(minidraw, refused, tiny, monkeypatch):
    status, out, err = minidraw("compare", *TINY)
    assert (status, err) == (0, "") and "3 models, 2 seed(s)" in out
    rows = read_rows((tiny / TABLE).read_text(encoding="utf-8"))
    assert list(rows)[-3:] == ["DRAW", "VAE", "GAN"] and len(rows) == 10
    assert rows["GAN"]["bound, nats"] == rows["GAN"]["importance-weighted, nats"] == "–"
    for model in "DRAW", "VAE":
        plain, weighted = (
            float(rows[model][name].split()[0])
            for name in ("bound, nats", "importance-weighted, nats")
        )
        assert 50 < weighted <= plain < 600 and "±" in rows[model]["bound, nats"]
    assert Image.open(tiny / FIGURE).size > (1000, 700) and Image.open(tiny / FILM).n_frames > 1
    seeds = [json.loads((tiny / f"out/vae-{k}/config.json").read_text())["recipe"] for k in (0, 1)]
    assert [recipe["seed"] for recipe in seeds] == [0, 1] and seeds[0]["minutes"] == 0.005

    # again: finished runs are kept, and the numbers repeat
    table = (tiny / TABLE).read_bytes()
    weights = [path.read_bytes() for path in sorted(tiny.glob("out/*/checkpoint.npz"))]
    monkeypatch.setattr(loop, "fit", None)  # must not be called
    assert minidraw("compare", *TINY)[::2] == (0, "")
    assert (tiny / TABLE).read_bytes() == table
    assert [p.read_bytes() for p in sorted(tiny.glob("out/*/checkpoint.npz"))] == weights

    # another recipe or data set is refused
    other = ["compare", *TINY]
    other[other.index("0.005")] = "0.01"
    refused(*other, words=["draw-0", "another recipe", "--out"])
    np.savez(tiny / "own.npz", np.eye(28, dtype="u1")[None].repeat(200, axis=0) * 255)
    other = ["compare", *TINY]
    other[other.index("digits")] = "own.npz"
    refused(*other, words=["draw-0", "another data", "--out"])


def test_ctrl_c_says_how_to_continue(minidraw, tiny, monkeypatch):
    fit, calls = loop.fit, []

    def press_at_second(trainer, run):
        calls.append(run.folder.name)
        step = trainer.step

        def press():
            signal.raise_signal(signal.SIGINT)
            return step()

        trainer.step = press if len(calls) == 2 else step
        return fit(trainer, run)

    monkeypatch.setattr(loop, "fit", press_at_second)
    one_seed = ["compare", *TINY, "--seeds", 1]
    status, out, err = minidraw(*one_seed)
    assert (status, err) == (130, "") and "same command again" in out
    assert minidraw(*one_seed)[::2] == (0, "")
    assert calls == ["draw-0", "vae-0", "vae-0", "gan-0"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--minutes", "0"], "--minutes must be more than 0"),
        (["--minutes", "nan"], "--minutes must be more than 0"),
        (["--minutes", "inf"], "--minutes must be more than 0"),
        (["--seeds", "0"], "--seeds must be at least 1"),
    ],
)
def test_wrong_options_are_refused_before_training(refused, here, options, words):
    refused("compare", *options, words=words)
    assert not list(here.iterdir())


def test_other_pictures_are_refused_before_training(refused, here):
    np.savez(here / "own.npz", np.zeros((300, 9, 9), "u1"))
    refused("compare", "--data", "own.npz", words="needs digits")
    assert [path.name for path in here.iterdir()] == ["own.npz"]


def test_a_spread_needs_two_seeds():
    rows = {"a": [{"x": 1.0}], "b": [{"x": 1.0}, {"x": 3.0}], "c": [{}]}
    table = report.format_rows({"x": ("title", ".2f")}, rows)
    assert "| a | 1.00 |" in table and "| b | 2.00 ± 1.41 |" in table and "| c | – |" in table


@pytest.mark.slow
def test_readers_of_scenes_are_compared_by_their_errors(minidraw, here, monkeypatch):
    small = {"hidden": 4}
    rivals = (
        Rival("classifier", "cluttered", small | {"glimpses": 2}),
        Rival("RAM", "ram", small | {"glimpses": 2}),
        Rival("convnet", "convnet", small | {"filters": 2}),
    )
    monkeypatch.setattr(readers, "RIVALS", rivals)
    options = ("--data", "cluttered-digits", "--minutes", "0.005", "--seeds", 2, "--out", "out")
    status, out, err = minidraw("compare", *options)
    assert (status, err) == (0, "") and "3 models, 2 seed(s)" in out
    text = (here / TABLE).read_text(encoding="utf-8")
    rows = read_rows(text)
    assert list(rows) == ["classifier", "RAM", "convnet"]
    assert "500 validation cluttered-digits scenes" in text
    for title, row in rows.items():
        assert 70 < float(row["error, %"].split()[0]) <= 100 and "±" in row["cross-entropy, nats"]
        assert int(row["steps"].split()[0]) >= 1, title
    assert Image.open(here / FIGURE).size > (1000, 700) and not (here / FILM).exists()
    score = [
        100 * (1 - load_estimator(here / f"out/classifier-{k}").score(*labelled_scenes()))
        for k in range(2)
    ]
    assert np.mean(score) == pytest.approx(
        float(rows["classifier"]["error, %"].split()[0]), abs=0.06
    )


def labelled_scenes():
    valid = datasets.load("cluttered-digits").valid
    return valid.images, valid.labels
