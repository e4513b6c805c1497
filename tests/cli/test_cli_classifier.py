"""The commands with a classifier; mistakes as in test_cli.py."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minidraw import Classifier, cli, datasets

TINY = "--hidden 8 --glimpses 2 --read-size 3 --batch 40 --threads 2 --validate 1000"
TINY = [*TINY.split(), "--valid-images", "50", "--epochs", "0.05"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run on scenes, one on pictures of its own with three classes, and scenes as pictures."""
    place = tmp_path_factory.mktemp("classifier")
    scenes = datasets.load("cluttered-digits").valid.images[:3][:, 0]
    for k, scene in enumerate(scenes):
        Image.fromarray(scene).save(place / f"{k}.png")
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (60, 9, 8), np.uint8), np.arange(60) % 3
    np.savez(place / "own.npz", images=images, labels=labels)
    np.savez(place / "bare.npz", images=images)
    np.savez(
        place / "words.npz", train_images=images, train_labels=np.array([*"abc"] * 20)[:, None]
    )
    run, own = (["train", "cluttered", *TINY, "--run", str(place / n)] for n in ("run", "own"))
    assert cli.main([*run, "--data", "cluttered-digits"]) == 0
    assert cli.main([*own, "--data", str(place / "own.npz"), "--epochs", "2"]) == 0
    (place / "draw").mkdir()
    draw = ["train", "--data", str(place / "own.npz"), "--run", str(place / "draw"), "--batch", "9"]
    draw += "--hidden 5 --glimpses 2 --latent 2 --read-size 2 --write-size 2 --epochs 0.2".split()
    assert cli.main(draw) == 0
    return place


def test_train_says_what_it_does(minidraw, here):
    status, out, err = minidraw("train", "cluttered", "--data", "cluttered-digits", *TINY)
    assert status == 0 and err == ""
    first, *_, progress, error, pictures = out.splitlines()  # in between, it may compile
    assert first == "runs/cluttered: 6 steps to go, cluttered-digits"
    words = r"validation error \((raw|averaged) weights\): \d+\.\d\d % \(standard error \d\.\d\d\),"
    assert re.match(words, error) and "500 images, cluttered-digits, validation" in error
    assert progress[6:].startswith("step 6 of 6: error ")
    assert pictures == "pictures: runs/cluttered/glimpses.png"
    meta = json.loads((here / "runs/cluttered/config.json").read_text())
    assert meta["model"] == "classifier" and meta["config"]["glimpses"] == 2
    status, out, err = minidraw("train", "--resume", "runs/cluttered")
    assert (status, err) == (0, "") and ": 0 steps" in out


def test_evaluate(minidraw, folder):
    status, out, err = minidraw("evaluate", folder / "run")
    assert (status, err) == (0, "")
    first, error = out.splitlines()
    assert re.match(r"T = 2 glimpses, (raw|averaged) weights, valid set", first)
    assert re.match(r"\d+\.\d\d % \(standard error", error)
    assert error.endswith("500 images, cluttered-digits, valid")
    assert "100 images" in minidraw("evaluate", folder / "run", "--images", 100)[1]
    assert "6 images, own.npz, valid" in minidraw("evaluate", folder / "own")[1]
    drawn = minidraw("evaluate", folder / "run", "--images", 100, "--seed", 3)[1]
    assert drawn.endswith("cluttered-digits, valid, scenes drawn anew with seed 3\n")
    own = minidraw("evaluate", folder / "own", "--seed", 3)[1]
    assert own.endswith("6 images, own.npz, valid\n")  # these are no scenes


def test_classify(minidraw, folder, here):
    pictures = [folder / f"{k}.png" for k in range(3)]
    network = ["--network", folder / "run"]
    status, out, err = minidraw("classify", *pictures, *network)
    assert (status, err) == (0, "") and not os.listdir(here)
    lines = out.splitlines()
    likely = Classifier.load(folder / "run").predict_proba(
        datasets.load("cluttered-digits").valid.images[:3]
    )
    for line, path, row in zip(lines, pictures, likely, strict=True):
        assert line == f"{path}: {row.argmax()} ({row.max():.1%})"
    status, out, err = minidraw("classify", pictures[1], *network, "--out", "looks.png")
    assert out.splitlines() == [lines[1], "looks.png"]
    with Image.open("looks.png") as shown:
        assert min(shown.size) > 2 * 400  # two steps, the image above its glimpse
    assert minidraw("classify", pictures[1], *network, "--invert")[1] != lines[1] + "\n"


def test_classify_uses_the_bundled_classifier_by_default(minidraw, folder, here):
    pictures = [folder / f"{k}.png" for k in range(3)]
    status, out, err = minidraw("classify", *pictures)
    labels = datasets.load("cluttered-digits").valid.labels[:3]
    assert (status, err) == (0, "")
    assert sum(f": {k} (" in line for k, line in zip(labels, out.splitlines(), strict=True)) >= 2


def test_a_sheet_of_many_scanpaths_is_cut(minidraw, folder, here, monkeypatch):
    monkeypatch.setattr("minidraw.cli.classify.MAX_ROWS", 2)
    pictures = [folder / f"{k}.png" for k in range(3)]
    status, out, err = minidraw(
        "classify", *pictures, "--network", folder / "run", "--out", "x.png"
    )
    assert status == 0 and out.splitlines()[-1] == "x.png: the first 2"
    with Image.open("x.png") as shown:
        assert 4 * 200 < shown.size[1] < 6 * 200  # two pictures, each above its glimpses


@pytest.mark.skipif(os.name != "posix", reason="file names are text there")
def test_a_name_that_is_no_text(folder, here):
    name = os.fsdecode(b"\xff.png")
    try:
        Path(name).write_bytes((folder / "0.png").read_bytes())
    except OSError:
        pytest.skip("this file system wants names that are text")
    command = [sys.executable, "-m", "minidraw", "classify", name, "--network", folder / "run"]
    utf8 = os.environ | {"PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, capture_output=True, text=True, env=utf8)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("\\udcff.png: ")


def test_a_small_picture_gets_a_margin_and_a_large_one_is_reduced(minidraw, folder, here):
    with Image.open(folder / "0.png") as scene:
        corner = scene.crop((0, 0, 40, 30))
        whole = Image.new("L", (100, 100))
        whole.paste(corner, (30, 35))
        corner.save("small.png")
        whole.save("whole.png")
        scene.resize((200, 200), Image.Resampling.NEAREST).save("large.png")
    network = ["--network", folder / "run"]
    found = minidraw("classify", "small.png", "whole.png", *network)[1].splitlines()
    assert found[0].partition(":")[2] == found[1].partition(":")[2]
    assert minidraw("classify", "large.png", *network)[0] == 0


def test_figure_5(minidraw, folder, here):
    status, out, err = minidraw("figures", "--classifier", folder / "run")
    assert (status, err) == (0, "") and "figures/figure-5.png" in out
    with Image.open("figures/figure-5.png") as figure:
        assert 6 * 200 < figure.size[1] < 8 * 200  # three scenes, each above its glimpses


def test_data(minidraw, here):
    status, out, err = minidraw("data", "cluttered-digits")
    assert (status, err) == (0, "")
    assert "4,500 train, 500 valid" in out and "100 x 100 pixels" in out
    with Image.open("data.png") as sheet:
        assert min(sheet.size) >= 1000  # ten by ten scenes


@pytest.mark.parametrize(
    "typed, words",
    [
        (
            "train cluttered --data {own} --latent 3",
            "a classifier network has no latent; choose from",
        ),
        ("train cluttered --data {own} --no-read-attention", "no read_attention"),
        ("train cluttered --data {bare}", "bare.npz has no labels"),
        ("train cluttered --data binarized", "did you mean"),
        ("train cluttered --data {own} --read-size 1", "read_size must be at least 2"),
        ("train cluttered --data {own} --glimpses 0", "glimpses must be at least 1"),
        ("train cluttered --data {own} --glimpses 1000000000000", "units over all steps"),
        ("train cluttered --data {own} --batch 99", "54 training images"),
        ("train cluttered --data cluttered --size 60", "cluttered has its own size"),
        ("train cluttered --data {own} --init {draw}", "shape of lstm.h_0: found none"),
        ("train --data {own} --init {run} --batch 5 --hidden 8", "canvas_0"),
        ("train clutered", "did you mean cluttered?"),
        ("classify", "IMAGE"),
        ("classify nowhere.png --network {run}", "nowhere.png"),
        ("classify {own} --network {run}", "own.npz is no picture but a .npz file"),
        ("classify {image} --network nowhere", "nowhere: no such file"),
        ("classify {image} --network {draw}", "holds a draw network; expected classifier"),
        ("classify {image} --network {run} --out {run}", "can't write"),
        ("classify {image} --netwrk {run}", "did you mean --network?"),
        ("sample {run}", "holds a classifier network; expected draw"),
        ("film {run}", "holds a classifier network; expected draw"),
        ("reconstruct {run}", "holds a classifier network; expected draw"),
        ("figures --classifier {draw}", "holds a draw network; expected classifier"),
        ("figures --classifier {own_run}", ["(1, 100, 100)", "(1, 9, 8)"]),
        ("evaluate {run} --bound iw", "network bounds no probability: leave out --bound"),
        ("evaluate {run} --samples 3", "leave out --samples"),
        ("evaluate {run} --out x.png", "leave out --out"),
        ("evaluate {run} --split test", "cluttered-digits has no test set"),
        ("evaluate {run} --data digits", ["(1, 28, 28)", "(1, 100, 100)"]),
        ("evaluate {own_run} --data {bare}", "labels of 0 classes; this network has 3"),
    ],
)
def test_mistakes(refused, folder, here, typed, words):
    names = ("run", "draw", "own.npz", "bare.npz")
    places = {name.removesuffix(".npz"): folder / name for name in names}
    given = typed.format(**places, own_run=folder / "own", image=folder / "0.png")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    refused(*shlex.split(given), words=words)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert os.listdir(here) == []


def test_classes_keep_their_words_from_training_to_predictions(minidraw, folder, here):
    """A folder's names and a file's words are what `classify` prints."""
    with np.load(folder / "words.npz") as words:
        pairs = zip(words["train_images"], words["train_labels"], strict=True)
        for k, (image, (label,)) in enumerate(pairs):
            (here / "folder" / label).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(here / "folder" / label / f"{k:02}.png")
    for data in (folder / "words.npz", here / "folder"):
        status, out, _ = minidraw("data", data)
        assert status == 0 and "labels     3 classes (a, b, c), which only a classifier" in out
        run = here / f"{data.stem}-run"
        train = ["train", "cluttered", *TINY, "--data", data, "--run", run, "--epochs", 1]
        assert minidraw(*train)[0] == 0
        status, out, _ = minidraw("classify", here / "folder/a/00.png", "--network", run)
        assert status == 0 and re.search(r"00.png: [abc] \(", out)
        status, out, _ = minidraw("evaluate", run)
        assert status == 0 and "6 images" in out
    (here / "folder/a").rename(here / "folder/A")
    assert "has changed" in minidraw("train", "--resume", here / "folder-run")[2]
    other = ("evaluate", run, "--data", here / "folder")
    status, _, err = minidraw(*other)
    assert status == 2 and "other classes, ['A', 'b', 'c']" in err


@pytest.mark.parametrize("command", ["classify", "film --image"])
def test_light_pictures_are_refused_where_training_saw_dark_ones(minidraw, folder, here, command):
    """Dark on light, the bundled networks see nothing they know."""
    with Image.open(folder / "1.png") as scene:
        Image.fromarray(255 - np.asarray(scene)).save(here / "paper.png")
    command = command.split()
    status, out, err = minidraw(*command, "paper.png")
    assert status == 2 and out == "" and "paper.png: the background is light" in err
    assert "Add --invert to swap light and dark, or --no-invert" in err
    for option in ("--invert", "--no-invert"):
        assert minidraw(*command, "paper.png", option)[0] == 0


def test_networks_remember_that_they_learned_from_inverted_pictures(minidraw, here):
    """Their pictures are inverted too, in every command."""
    rng = np.random.default_rng(0)
    paper = np.full((40, 9, 8), 255, np.uint8)
    paper[:, 3:6, 3:6] = rng.integers(0, 100, (40, 3, 3))
    for k, image in enumerate(paper):
        (here / "paper" / "ab"[k % 2]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(here / "paper" / "ab"[k % 2] / f"{k}.png")
    Image.fromarray(255 - paper[0]).save("dark.png")
    size = "--hidden 4 --glimpses 2 --read-size 2 --batch 9 --epochs 0.2".split()
    painter = ["train", "--latent", 2, "--write-size", 2, *size]
    for name, train in {"painter": painter, "reader": ["train", "cluttered", *size]}.items():
        command = ["film", name, "--image"] if name == "painter" else ["classify"]
        end = ["--network", name] if name == "reader" else []
        assert minidraw(*train, "--data", "paper", "--invert", "--run", name)[0] == 0
        assert json.loads((here / name / "config.json").read_text())["background"] == 0
        assert minidraw(*command, "paper/a/0.png", *end)[0] == 0
        status, _, err = minidraw(*command, "dark.png", *end)
        assert status == 2 and "is light, inverted as in training, but was dark" in err
        assert "Add --no-invert to swap" in err
        assert minidraw(*command, "dark.png", "--no-invert", *end)[0] == 0
    out = {}
    for option in ("", "--no-invert", "--invert"):
        data = ["--data", "paper", *option.split()]
        out[option] = minidraw("evaluate", "painter", *data)[1]
    assert out[""] == out["--invert"] != out["--no-invert"]
    status, out, _ = minidraw("data", "paper")
    assert "warning: the pictures are light at their edges (1.00 of 1)" in out
    assert (
        "--invert" in out and "light at their edges" not in minidraw("data", "paper", "--invert")[1]
    )
