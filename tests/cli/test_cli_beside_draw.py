"""The commands with the models beside DRAW: each goes through the same loop, files and options."""

import json
import os
from dataclasses import fields

import pytest
from PIL import Image

from minidraw import cli, datasets
from minidraw.estimators import load_estimator
from minidraw.models import MODEL_NAMES, get_model

TINY = "--hidden 8 --batch 40 --threads 2 --validate 1000 --valid-images 50 --epochs 0.05".split()
DATA = {"vae": "digits", "gan": "digits", "convnet": "cluttered-digits", "ram": "cluttered-digits"}
SIZES = {
    "vae": ["--latent", "3"],
    "gan": ["--latent", "3"],
    "convnet": [],
    "ram": ["--glimpses", "2", "--read-size", "3"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A short run of each model."""
    place = tmp_path_factory.mktemp("runs")
    for name, data in DATA.items():
        run = ["train", name, "--data", data, "--run", str(place / name), *TINY, *SIZES[name]]
        assert cli.main(run) == 0
    return place


@pytest.mark.parametrize("name", DATA)
def test_a_run_can_be_resumed_evaluated_and_loaded(minidraw, folder, name):
    meta = json.loads((folder / name / "config.json").read_text())
    assert meta["model"] == name and meta["config"]["hidden"] == 8
    status, out, err = minidraw("train", "--resume", folder / name)
    assert (status, err) == (0, "") and ": 0 steps to go" in out
    status, out, err = minidraw("evaluate", folder / name, "--images", 60)
    assert (status, err) == (0, "") and "60 images" in out and out.startswith("T = ")
    network = load_estimator(folder / name)
    assert network.MODEL == name and network.hidden == 8
    network.save(folder / f"{name}.npz")
    assert minidraw("evaluate", folder / f"{name}.npz", "--images", 60)[1] == out


@pytest.mark.parametrize(
    "name, typed, config",
    [
        ("ram", "--scales 2 --spread 0.2", {"scales": 2, "spread": 0.2}),
        ("convnet", "--filters 3 --filter-stride 20", {"filters": 3, "filter_stride": 20}),
    ],
)
def test_every_size_of_a_model_is_an_option(minidraw, here, name, typed, config):
    run = "train", name, "--data", DATA[name], *TINY, *SIZES[name], "--run", "run"
    assert minidraw(*run, *typed.split())[::2] == (0, "")
    assert json.loads((here / "run/config.json").read_text())["config"].items() >= config.items()


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_the_help_of_train_lists_every_size(minidraw, name):
    _, out, _ = minidraw("train", "--help")
    for field in fields(get_model(name).Config):
        option = f"  --{field.name.replace('_', '-')}"
        assert field.name in ("height", "width", "channels", "classes") or option in out


@pytest.mark.parametrize("name", ["vae", "gan"])
def test_a_painter_paints(minidraw, folder, here, name):
    for word in "sample", "film":
        status, _, err = minidraw(word, folder / name, "--count", 4)
        assert (status, err) == (0, "")
    assert sorted(os.listdir(here)) == ["film.gif", "samples.png"]
    assert Image.open("film.gif").n_frames in (2, 3)


def test_the_vae_redraws_and_has_both_bounds(minidraw, folder, here):
    assert minidraw("reconstruct", folder / "vae", "--count", 4)[::2] == (0, "")
    assert os.listdir(here) == ["reconstructions.png"]
    for bound in ([], ["--bound", "iw", "--samples", 5]):
        assert "nats" in minidraw("evaluate", folder / "vae", "--images", 20, *bound)[1]


def test_the_attention_model_shows_where_it_looks(minidraw, folder, here):
    assert (folder / "ram/glimpses.png").exists()
    scene = datasets.load("cluttered-digits").valid.images[0][0]
    Image.fromarray(scene).save("scene.png")
    command = "classify", "scene.png", "--network", folder / "ram", "--out", "looks.png"
    assert minidraw(*command)[::2] == (0, "") and (here / "looks.png").exists()


def test_a_network_without_windows_classifies(minidraw, refused, folder, here):
    scene = datasets.load("cluttered-digits").valid.images[0][0]
    Image.fromarray(scene).save("scene.png")
    command = "classify", "scene.png", "--network", folder / "convnet"
    status, out, err = minidraw(*command)
    assert (status, err) == (0, "") and out.startswith("scene.png: ")
    refused(*command, "--out", "x.png", words="has no windows to draw: leave out --out")


@pytest.mark.parametrize(
    "command, words",
    [
        ("page {vae}", "a page runs draw or classifier networks; this one is vae"),
        ("figures {vae}", "holds a vae network; expected draw"),
        ("classify x.png --network {vae}", "holds a vae network; expected classifier"),
        ("train vae --data digits --glimpses 3", "a vae network has no glimpses; choose"),
        ("sample {convnet}", "holds a convnet network; expected draw or vae"),
        ("reconstruct {gan}", "a GAN has no encoder, so it can't redraw an image"),
        ("evaluate {gan} --bound iw", "a gan network bounds no probability: leave out --bound"),
        ("page {ram}", "a page runs draw or classifier networks; this one is ram"),
        ("figures --classifier {convnet}", "holds a convnet network; expected classifier"),
        ("evaluate {convnet} --bound iw", "leave out --bound"),
        ("train ram --data digits --latent 4", "a ram network has no latent; choose from"),
        ("sample {ram}", "holds a ram network; expected draw or vae or gan"),
        ("train convnet --data digits --glimpses 4", "a convnet network has no glimpses"),
        ("train quick --scales 2", "a draw network has no scales; choose from"),
        ("train cluttered --data digits --spread 0.2", "a classifier network has no spread"),
        ("train ram --data digits --scales 13", "scales must be 1 to 12, got 13"),
        ("train ram --data digits --spread 0", "spread must be above 0 and at most 1, got 0"),
    ],
)
def test_what_a_model_cannot_do_is_refused(refused, folder, here, command, words):
    paths = {name: folder / name for name in DATA}
    refused(*(word.format(**paths) for word in command.split()), words=words)


def test_a_model_of_one_step_ignores_the_stages_of_growth(minidraw, here):
    grown = ["train", "vae", "--data", "digits", *TINY, "--grow", "3:0.5", "--run", "run"]
    assert minidraw(*grown)[::2] == (0, "")
