"""Every command, and every mistake: one line, exit status 2, no traceback, nothing lost."""

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
from PIL import Image

from minidraw import Draw, __version__, cli, datasets, models
from minidraw.models.draw import Config
from minidraw.presets import PRESETS, Choice, Preset
from minidraw.training import checkpoint
from minidraw.training.recipe import Recipe

COMMANDS = ("train", "sample", "film", "reconstruct", "evaluate", "classify", "figures")
COMMANDS += ("gradcheck", "bench", "data")
TINY = "--hidden 8 --glimpses 2 --latent 3 --read-size 2 --write-size 3 --batch 20 --validate 1000"
TINY = [*TINY.split(), "--epochs", "1", "--threads", "2"]


SET_BY_DATA = "height", "width", "channels", "classes"  # fields without an option


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with pictures, one picture, and a run made from them by the command line."""
    place = tmp_path_factory.mktemp("cli")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (120, 7, 6), np.uint8)
    np.savez(place / "pictures.npz", images=images)
    (place / "drawings").mkdir()
    for k in range(30):
        Image.fromarray(rng.integers(0, 256, (9, 8), np.uint8)).save(place / f"drawings/{k}.png")
    command = ["train", "--data", str(place / "pictures.npz"), "--run", str(place / "run"), *TINY]
    assert cli.main(command) == 0
    return place


# What the commands do.


def test_version(minidraw):
    assert minidraw("--version") == (0, f"minidraw {__version__}\n", "")


def test_train_says_what_it_does(minidraw, folder, here):
    status, out, err = minidraw("train", "--data", folder / "pictures.npz", *TINY)
    assert status == 0 and err == ""
    first, *_, progress, bound, pictures = out.splitlines()  # in between, it may compile
    assert first == "runs/quick: 5 steps to go, pictures.npz, dynamic binarisation"
    assert bound.startswith("validation bound (") and "12 images, pictures.npz, dynamic" in bound
    assert progress[6:].startswith("step 5 of 5: bound ")  # --validate 1000: only at the end
    assert pictures == "pictures: runs/quick/samples.png, runs/quick/film.gif"
    status, out, _ = minidraw("train", "--data", folder / "pictures.npz", *TINY)
    assert out.startswith("runs/quick-2: 5 steps")


def test_train_goes_on_with_a_finished_run(minidraw, folder):
    status, out, err = minidraw("train", "--resume", folder / "run")
    assert (status, err) == (0, "") and ": 0 steps" in out


@pytest.mark.parametrize("network", ["run", "run/checkpoint.npz"])
def test_sample(minidraw, folder, here, network):
    status, out, err = minidraw("sample", folder / network, "--count", 5)
    assert (status, out, err) == (0, "samples.png\n", "")
    first = (here / "samples.png").read_bytes()
    for options, same in ((["--seed", 0], True), (["--seed", 1], False), (["--bernoulli"], False)):
        assert (
            minidraw("sample", folder / network, "--count", 5, "--out", "b.png", *options)[0] == 0
        )
        assert ((here / "b.png").read_bytes() == first) is same


def test_film(minidraw, folder, here, monkeypatch):
    assert minidraw("film", folder / "run", "--count", 3) == (0, "film.gif\n", "")
    drawing, paint, given = folder / "drawings/3.png", Draw.film, []

    def keep(network, count, *, images, labels, seed):
        given.append((images, seed))
        return paint(network, count, images=images, labels=labels, seed=seed)

    monkeypatch.setattr(Draw, "film", keep)
    for options in ([], ["--invert"], ["--seed", 4]):
        assert minidraw("film", folder / "run", "--image", drawing, *options)[0] == 0
        with Image.open(here / "film.gif") as film:
            assert film.n_frames >= 3
    (plain, seed), (inverted, _), (_, other_seed) = given
    assert np.allclose(plain + inverted, 1) and (seed, other_seed) == (0, 4)


def test_commands_use_the_bundled_network_by_default(minidraw, here):
    """Its digits are digits: each is closer to one of the 5,000 than noise could be."""
    assert minidraw("sample", "--count", 4) == (0, "samples.png\n", "")
    assert minidraw("film", "--count", 1) == (0, "film.gif\n", "")
    assert minidraw("reconstruct", "--count", 4)[0] == 0
    images = Draw.load(datasets.bundled_path("mnist.npz")).sample(16)
    known = datasets.load("digits").train.images / np.float32(255)
    gaps = ((images.reshape(16, 1, -1) - known.reshape(1, -1, 784)) ** 2).sum(axis=2).min(axis=1)
    assert (gaps < 60).mean() > 0.8  # two digits of one class are about 50 apart, of others 100


def test_evaluate(minidraw, folder, here):
    status, out, err = minidraw("evaluate", folder / "run", "--samples", 2, "--out", "nats.png")
    assert (status, err) == (0, "")
    first, bound, picture = out.splitlines()
    assert first in [f"T = 2 glimpses, {w} weights, valid set" for w in ("averaged", "raw")]
    assert "12 images, 2 samples of z per image, pictures.npz, dynamic binarisation, valid" in bound
    assert picture == "nats.png" and (here / "nats.png").exists()
    assert minidraw("evaluate", folder / "run", "--samples", 2)[1].splitlines()[1] == bound
    settings = ["--bound", "iw", "--samples", 20, "--images", 5]
    status, out, err = minidraw("evaluate", folder / "run", *settings)
    assert (status, err) == (0, "") and "importance-weighted over 20 samples of z" in out


def test_figures(minidraw, folder, here):
    data = ["--data", folder / "pictures.npz"]
    plain = ["--no-read-attention", "--no-write-attention", "--run", "plain"]
    assert minidraw("train", *data, *TINY, *plain)[0] == 0
    status, out, err = minidraw("figures", folder / "run", "--no-attention", "plain")
    names = [f"figures/figure-{number}.png" for number in (1, 3, 4, 6, 7, 5)]
    assert (status, err) == (0, "") and out.splitlines()[:6] == names
    assert out.splitlines()[6:] == [
        "searched for the nearest image: 108 training images of pictures.npz"
    ]
    assert all((here / name).stat().st_size for name in names)


@pytest.mark.parametrize(
    "words, at_hand, searched",
    [
        ("figures", True, "training images of binarized-mnist"),
        ("figures", False, "images of digits (not the training set, binarized-mnist)"),
        ("figures --data digits", True, "images of digits (not the training set, binarized-mnist)"),
        ("figures --data binarized-mnist", True, "training images of binarized-mnist"),
    ],
)
def test_figures_search_the_training_set_or_say_so(tmp_path, monkeypatch, words, at_hand, searched):
    from minidraw.cli import figures, inputs
    from minidraw.datasets import registry
    from minidraw.datasets.readers import download

    monkeypatch.setenv("MINIDRAW_DATA", str(tmp_path))
    small = datasets.load("digits")
    if at_hand:
        small = replace(small, name="binarized-mnist")
        monkeypatch.setitem(registry._LOADERS, "binarized-mnist", lambda folder: small)
    monkeypatch.setattr(download, "MIRRORS", {})  # nothing may be downloaded
    arguments = cli.build_parser().parse_args(words.split())
    network = inputs.load_painter(None)
    data, source = figures._find_nearest_images(arguments, network)
    assert source == searched and len(data.train) == 4500


def test_figures_of_another_set(minidraw, refused, folder, here, monkeypatch):
    monkeypatch.setattr("minidraw.pictures.paper_figures.FIGURE_NUMBERS", {"pictures.npz": (10, 9)})
    refused("figures", folder / "run", "--classifier", "x", words="leave out --no-attention")
    status, out, err = minidraw("figures", folder / "run")
    assert (status, err) == (0, "")
    assert out.splitlines()[:2] == ["figures/figure-10.png", "figures/figure-9.png"]
    assert sorted(os.listdir("figures")) == ["figure-10.png", "figure-9.png"]


def test_reconstruct_shows_the_pictures_that_the_run_learned_from(minidraw, folder, here):
    status, out, err = minidraw("reconstruct", folder / "run")
    assert (status, err) == (0, "") and out.startswith("reconstructions.png: pairs")
    status, _, err = minidraw("reconstruct", folder / "run", "--data", folder / "pictures.npz")
    assert (status, err) == (0, "")


def test_reconstruct_brings_them_to_the_size_of_the_run(minidraw, folder, here):
    """Size and inversion belong to the run as much as the path does."""
    drawings = ["--data", folder / "drawings", "--size", 7, "--invert"]
    assert minidraw("train", *drawings, "--run", "own", *TINY)[0] == 0
    meta = json.loads((here / "own/config.json").read_text())["data"]
    assert meta == {"name_or_path": str(folder / "drawings"), "size": 7, "invert": True}
    assert minidraw("reconstruct", "own")[::2] == (0, "")


def test_random_parts_of_colour_pictures_reach_every_command(minidraw, here):
    colour = np.random.default_rng(0).integers(0, 256, (60, 3, 9, 8), np.uint8)
    np.savez("colour.npz", images=colour)
    command = ["train", "--data", "colour.npz", "--crop", 6, "--run", "run", *TINY]
    status, out, err = minidraw(*command)
    assert (status, err) == (0, "") and "not a compression cost" in out
    meta = json.loads((here / "run/config.json").read_text())
    assert meta["data"] == {"name_or_path": str(here / "colour.npz"), "crop": 6}
    assert meta["config"]["height"] == meta["config"]["width"] == 6
    for words in ("reconstruct run", "evaluate run", "figures run", "train --resume run"):
        assert minidraw(*words.split())[::2] == (0, "")
    drawn = sorted(path.name for path in (here / "figures").iterdir())
    assert drawn == [f"figure-{number}.png" for number in (1, 3, 4, 5, 6, 7)]
    assert minidraw("data", "colour.npz", "--crop", 6)[::2] == (0, "")
    sheet = np.asarray(Image.open("data.png"))[:-14, 14:-14]  # without the page's margin
    scale = sheet.shape[1] // (8 * 7 - 1)  # 54 middles of 6 x 6, 8 in a row
    sheet = sheet[-scale * (7 * 7 - 1) :]  # without its title
    train = datasets.load("colour.npz", crop=6).train.images
    first = train[0, :, 1:7, 1:7].transpose(1, 2, 0)
    np.testing.assert_array_equal(sheet[: 6 * scale : scale, : 6 * scale : scale], first)


def test_data(minidraw, folder, here):
    status, out, err = minidraw("data", folder / "drawings", "--size", 8, "--out", "seen.png")
    assert (status, err) == (0, "")
    assert "an epoch" in out and (here / "seen.png").exists()


def test_gradcheck_says_which_gradient_is_wrong(minidraw, monkeypatch):
    from minidraw import gradcheck

    rows = [gradcheck.Row("layers", "kl", "mu", 1.5, 1.5, 2e-11, True)]
    monkeypatch.setattr(gradcheck, "check_all", lambda: rows)
    status, out, err = minidraw("gradcheck")
    assert status == 0 and err == "" and "kl" in out
    rows.append(gradcheck.Row("layers", "kl", "log_sigma", 1.5, 2.5, 0.5, False))
    status, out, _ = minidraw("gradcheck")
    assert status == 1 and "FAIL" in out


CHANGED = {
    "grow": "1:0.5",
    "read_attention": False,
    "write_attention": False,
    "binarize": "never",
    "minutes": 0,
    "train_on": "all",
    "weight_decay": 0.1,
    "kl_warmup": 0.4,
    "rate": 0.01,  # at 2 the gradients explode
}


def changed(field):
    """A value that isn't the field's default, and the words that choose it."""
    option = "--" + field.name.replace("_", "-")
    if field.type is bool:
        return not field.default, ["--no" + option[1:]]
    if field.name in CHANGED:
        return CHANGED[field.name], [option, str(CHANGED[field.name])]
    small = {"average": 0.5, "beta1": 0.7, "beta2": 0.8, "batch": 12, "hidden": 5, "glimpses": 3}
    value = small.get(field.name, field.type(field.default + 2))
    return value, [option, str(value)]


def test_every_field_can_be_overridden(minidraw, folder, here):
    config = [f for f in fields(Config) if f.name not in SET_BY_DATA]
    command = ["train", "--data", folder / "pictures.npz", "--run", "run"]
    for field in [*config, *fields(Recipe)]:
        command += changed(field)[1]
    assert minidraw(*command)[::2] == (0, "")
    meta = json.loads((here / "run/config.json").read_text())
    for group, record in (("config", config), ("recipe", fields(Recipe))):
        for field in record:
            assert meta[group][field.name] == changed(field)[0], field.name


def test_presets_can_be_used(monkeypatch):
    for name, preset in PRESETS.items():
        config = models.get_model(preset.model).Config(**preset.config)
        assert preset.data in datasets.DATASET_NAMES and preset.help
        assert bool(preset.recipe.minutes) != bool(preset.recipe.epochs), name
        side = 28 if preset.model in ("draw", "vae", "gan") else 100
        assert config.image_shape == (1, side, side)


@pytest.mark.parametrize(
    "name, sizes",  # tables 1 to 3 of the paper: T, H, Z, read N, write N
    [
        ("mnist", (64, 256, 100, 2, 5)),
        ("svhn", (32, 800, 100, 12, 12)),
        ("cifar10", (64, 400, 200, 5, 5)),
    ],
)
def test_presets_have_the_papers_sizes(name, sizes):
    config = Config(**PRESETS[name].config)
    found = config.glimpses, config.hidden, config.latent, config.read_size, config.write_size
    assert found == sizes and config.read_attention and config.write_attention
    small = PRESETS.get(f"{name}-small")
    assert small is None or small.recipe.minutes <= 60


def test_hours_choose_the_size_that_was_measured_best_for_them():
    short, long = Choice(0.1, {"glimpses": 8}, {"batch": 25}), Choice(2, {}, {"rate": 1e-3})
    recipe = Recipe(epochs=75, validate=1000)
    preset = Preset("", "", {"glimpses": 64, "latent": 9}, recipe, choices=(short, long))
    for hours, glimpses, batch, rate in [
        (0.01, 8, 25, 2e-3),  # less than the shortest time measured
        (0.1, 8, 25, 2e-3),
        (1.9, 8, 25, 2e-3),
        (2, 64, 100, 1e-3),
        (90, 64, 100, 1e-3),
    ]:
        chosen = preset.for_hours(hours)
        assert chosen.config == {"glimpses": glimpses, "latent": 9}
        assert chosen.recipe == Recipe(minutes=60 * hours, batch=batch, rate=rate)


def test_the_choices_of_presets_rise_in_hours_and_can_be_used():
    assert PRESETS["mnist"].choices
    for preset in PRESETS.values():
        hours = [choice.hours for choice in preset.choices]
        assert hours == sorted(set(hours))
        for number in (*hours, 0.5):
            chosen = preset.for_hours(number)
            models.get_model(preset.model).Config(**chosen.config)
            assert chosen.recipe.minutes == 60 * number and not chosen.recipe.epochs


def test_hours_of_training(minidraw, folder, here):
    command = ["train", "mnist", "--data", folder / "pictures.npz", "--hours", 0.0005]
    assert minidraw(*command, "--hidden", 4, "--glimpses", 2, "--batch", 9)[::2] == (0, "")
    meta = json.loads((here / "runs/mnist/config.json").read_text())
    assert meta["recipe"]["minutes"] == 0.03 and meta["recipe"]["batch"] == 9
    assert meta["config"]["latent"] == PRESETS["mnist"].choices[0].config["latent"]
    assert meta["config"]["glimpses"] == 2  # what is typed comes before the choice for the hours


def test_init_starts_from_other_weights_also_at_another_length(minidraw, folder, here):
    command = ["train", "--data", folder / "pictures.npz", "--init", folder / "run", *TINY]
    for options in ([], ["--glimpses", 5]):
        last = json.dumps(options) and f"run{len(options)}"
        assert minidraw(*command, "--run", last, *options)[::2] == (0, "")
    longer = checkpoint.load_meta(here / "run2/checkpoint.npz")
    assert longer["config"]["glimpses"] == 5


def test_threads_change_the_bound_by_rounding_only(minidraw, folder, here):
    bounds = []
    for threads in (1, 3):
        command = ["train", "--data", folder / "pictures.npz", *TINY, "--threads", threads]
        assert minidraw(*command, "--run", f"run{threads}")[0] == 0
        bounds.append(json.loads((here / f"run{threads}/config.json").read_text())["steps"])
        with open(here / f"run{threads}/log.csv") as file:
            bounds[-1] = float(file.readlines()[-1].split(",")[-1])
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-5)


# Help.


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_that_can_be_typed(minidraw, command):
    status, out, err = minidraw(command, "--help")
    assert (status, err) == (0, "")
    example = out.split("example:\n")[1].strip()
    words = shlex.split(example)
    assert words[:2] == ["minidraw", command]
    cli.build_parser().parse_args(words[1:])


def test_help_lists_every_command_and_every_field(minidraw):
    _, out, _ = minidraw("--help")
    assert all(re.search(rf"\n +{command}\b", out) for command in COMMANDS)
    _, out, _ = minidraw("train", "--help")
    for field in [*fields(Config), *fields(Recipe)]:
        shown = f"--{field.name.replace('_', '-')}" in out
        assert shown is (field.name not in SET_BY_DATA)
    for name, preset in PRESETS.items():
        assert re.search(rf"\n  {name} +{re.escape(preset.help)}.*{re.escape(preset.result)}", out)


# Mistakes in typing.


@pytest.mark.parametrize(
    "typed, words",
    [
        ("trian", ["trian", "did you mean train?"]),
        ("train quik", ["quik", "did you mean quick?"]),
        ("train mnst-no-attention", "did you mean mnist-no-attention?"),
        ("train --glimpse 4", ["--glimpse", "did you mean --glimpses?"]),
        ("train --glimpse=4", "did you mean --glimpses?"),
        ("train --learning-rate 1", "unknown option --learning-rate"),
        ("train --no-read-atention", "did you mean --no-read-attention?"),
        ("sample --sede 3", "did you mean --seed?"),
        ("film --imag x.png", "did you mean --image?"),
        ("train --batch ten", ["--batch", "ten"]),
        ("train --batch 2.5", ["--batch", "2.5"]),
        ("train --rate fast", ["--rate", "fast"]),
        ("train --batch", "--batch"),
        ("train quick extra", "extra"),
        ("sample a b", "b"),
        ("data", "data"),
        ("", "COMMAND"),
        ("--nonsense", "COMMAND"),
        ("-x", "COMMAND"),
        ("sample -x", "-x"),
        ("sample run 'a\nb'", "a b"),
        ("'a\nb'", "a"),
        ("train --data nowhere", ["nowhere", "did you mean"]),
        ("train --data digit", "did you mean digits?"),
        ("train --binarize freshly", ["auto, fresh, never", "freshly"]),
    ],
)
def test_typing_mistakes(refused, here, typed, words):
    refused(*shlex.split(typed), words=words)
    assert os.listdir(here) == []


@pytest.mark.parametrize(
    "typed, words",
    [
        ("--read-size 1", ["read_size must be at least 2", "eq 24"]),
        ("--write-size 1", "write_size must be at least 2"),
        ("--glimpses 0", "glimpses must be at least 1"),
        ("--glimpses -3", "glimpses must be at least 1"),
        ("--glimpses 1000000000000", "latents"),
        ("--hidden 1000000000", "weights"),
        ("--latent 0", "latent must be at least 1"),
        ("--batch 109", ["batch of 109", "108 training images"]),
        ("--batch 0", "batch must be at least 1"),
        ("--rate nan", "rate must be positive"),
        ("--rate 0", "rate must be positive"),
        ("--seed -1", "seed must be between 0 and"),
        ("--epochs -1", "epochs must be between 0 and"),
        ("--minutes inf", "minutes"),
        ("--minutes 1 --epochs 1", "both minutes and epochs"),
        ("--minutes 0 --epochs 0", "minutes or epochs"),
        ("--hours 0", "hours must be positive"),
        ("--hours nan", "hours must be positive"),
        ("--hours 1e300", "at most 16666666"),
        ("--hours 1 --epochs 1", "both hours and epochs"),
        ("--hours 1 --minutes 60", "both hours and minutes"),
        ("--average 1", "average must be in [0, 1)"),
        ("--threads 0", "threads must be at least 1"),
        ("--threads -2", "threads must be at least 1"),
        ("--threads 1000000000", "at most 1024"),
        ("--size 0", "size"),
        ("--size -3", "size"),
        ("--init nowhere", ["nowhere", "no such file"]),
        ("--init pictures.npz", "pictures.npz"),
        ("--run pictures.npz", "pictures.npz"),
        ("--run pictures.npz/below", ["pictures.npz/below", "Not a directory"]),
        ("--resume nowhere", "nowhere isn't a run folder"),
        ("--resume run --glimpses 3", ["own settings", "leave out --glimpses"]),
        ("--resume run --no-read-attention", "leave out --read-attention"),
        ("--resume run --invert", "leave out --invert"),
        ("--resume run --hours 1", "leave out --hours"),
    ],
)
def test_settings_that_make_no_sense(refused, folder, monkeypatch, typed, words):
    monkeypatch.chdir(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    data = [] if "--resume" in typed else ["--data", "pictures.npz", "--run", "new"]
    refused("train", *data, *typed.split(), words=words)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize(
    "typed, words",
    [
        ("evaluate {run} --samples 0", "--samples must be at least 1, got 0"),
        ("evaluate {run} --images 0", "--images must be at least 1"),
        ("evaluate {run} --seed -1", "--seed must be at least 0"),
        ("evaluate {run} --split test", "pictures.npz has no test set; choose from train, valid"),
        ("evaluate {run} --data digits", ["(1, 28, 28)", "(1, 7, 6)"]),
        ("evaluate {run} --out {run}", "can't write"),
        ("sample {run} --count 0", "--count must be at least 1"),
        ("sample {run} --count -1", "--count must be at least 1"),
        ("sample {run} --count 100000000000", "at most 10000"),
        ("sample {run} --seed -1", "seed must be at least 0"),
        ("film {run} --seed -1", "seed must be at least 0"),
        ("film {run} --count 0", "--count must be at least 1"),
        ("reconstruct {run} --seed -1", "seed must be at least 0"),
        ("sample {run} --out {file}/below.png", "can't write"),
        ("sample {run} --out .", "can't write"),
        ("data {data} --out {data}", "is read by this command"),
        ("sample {run}/checkpoint.npz --out {run}/../run/checkpoint.npz", "is read by this"),
        ("film {run} --image {image} --out {image}", "is read by this command"),
        ("film {run} --out {run}", "can't write"),
        ("reconstruct {run} --out {run}", "can't write"),
        ("data {data} --out {run}", "can't write"),
        ("sample nowhere", ["nowhere", "no such file"]),
        ("sample {folder}", "checkpoint.npz: no such file"),
        ("sample {data}", "pictures.npz"),
        ("film {run} --image {data}", "pictures.npz"),
        ("film {run} --image nowhere.png", "nowhere.png"),
        ("film {run} --image {folder}", "cli"),
        ("reconstruct {run} --data digits", ["(1, 28, 28)", "(1, 7, 6)"]),
    ],
)
def test_other_commands_say_what_is_wrong(refused, folder, here, typed, words):
    places = {
        "run": "run",
        "file": "run/config.json",
        "image": "drawings/3.png",
        "data": "pictures.npz",
        "folder": "",
    }
    given = typed.format(**{name: folder / path for name, path in places.items()})
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    refused(*shlex.split(given), words=words)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert os.listdir(here) == []


# Bad files.


def test_bad_pictures(refused, here):
    (here / "empty").mkdir()
    (here / "text").mkdir()
    (here / "text/a.png").write_text("this is no picture")
    np.savez("no_images.npz", weights=np.zeros(5))
    np.savez("beyond.npz", images=np.full((30, 7, 6), 300.0))
    np.savez("below.npz", images=np.full((30, 7, 6), -0.5))
    np.savez("nan.npz", images=np.full((30, 7, 6), np.nan))
    np.savez("pickled.npz", images=np.array([None] * 30))
    (here / "cut.npz").write_bytes((here / "beyond.npz").read_bytes()[:-40])
    for name in (
        "empty",
        "text",
        "no_images.npz",
        "beyond.npz",
        "below.npz",
        "nan.npz",
        "pickled.npz",
        "cut.npz",
    ):
        for command in (["data", name], ["train", "--data", name, "--run", "run", *TINY]):
            refused(*command, words=name)
    assert not (here / "run").exists() and not (here / "data.png").exists()


def test_a_damaged_checkpoint_stops_every_command(refused, folder, here):
    content = (folder / "run/checkpoint.npz").read_bytes()
    (here / "run").mkdir()
    for name in ("config.json", "log.csv"):
        (here / "run" / name).write_bytes((folder / "run" / name).read_bytes())
    commands = [["sample", "run"], ["film", "run"], ["reconstruct", "run"]]
    commands += [["train", "--resume", "run"]]
    commands += [["train", "--data", folder / "pictures.npz", "--init", "run", *TINY]]
    flipped = bytearray(content)
    flipped[content.index(b"weights/encoder.W") + 200] ^= 4
    for damaged in (content[:-30], content[: len(content) // 2], bytes(flipped), b""):
        (here / "run/checkpoint.npz").write_bytes(damaged)
        for command in commands:
            refused(*command, words="run/checkpoint.npz")
    assert sorted(os.listdir(here)) == ["run"]


def test_a_checkpoint_of_another_size_stops(refused, folder, here):
    command = ["train", "--data", folder / "pictures.npz", "--init", folder / "run", *TINY]
    refused(*command, "--hidden", 9, words="found (8,); expected (9,)")
    assert os.listdir(here) == []


@pytest.mark.parametrize(
    "source", ["pictures", [], {"unknown": 1}, {}, {"name_or_path": 3}], ids=str
)
def test_a_hostile_source_of_images(refused, folder, here, source):
    meta = checkpoint.load_meta(folder / "run/checkpoint.npz")
    _, config, params, _ = checkpoint.load_network(folder / "run")
    checkpoint.save("bad.npz", meta | {"data": source}, {"weights": params, "average": params})
    refused("reconstruct", "bad.npz", words="--data")


def test_a_network_with_the_least_description(minidraw, refused, folder, here):
    meta = checkpoint.load_meta(folder / "run/checkpoint.npz")
    _, config, params, _ = checkpoint.load_network(folder / "run")
    least = {name: meta[name] for name in ("model", "config")}
    checkpoint.save("least.npz", least, {"weights": params})
    assert minidraw("sample", "least.npz", "--count", 2)[0] == 0
    refused("reconstruct", "least.npz", words="names no data set: give --data")
    refused("reconstruct", "least.npz", "--data", "digits", words="(1, 28, 28)")


def test_a_run_that_diverges_stops_with_one_line(refused, folder, here):
    command = ["train", "--data", folder / "pictures.npz", "--run", "run", *TINY]
    command += ["--rate", "1e30", "--epochs", 20, "--validate", 50]
    err = refused(*command, words=["no longer finite", "--rate"])
    assert "step " in err
    checkpoint.load_network(here / "run")  # the last good one


def test_gradients_that_explode_give_one_line(minidraw, folder, here):
    """The least clip makes any gradient as much longer as one that explodes."""
    command = ["train", "--data", folder / "pictures.npz", "--run", "run", *TINY]
    status, _, err = minidraw(*command, "--epochs", 2, "--clip", 1e-9)
    assert status == 0
    (line,) = [line for line in err.splitlines() if line.startswith("minidraw:")]
    assert line.startswith("minidraw: warning: step 1: the gradients explode") and "Try" in line
    assert ".py" not in err


def test_offline_without_the_files(folder, here):
    """In a process of its own: nothing else may be written to standard error."""
    dead = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")}
    command = [sys.executable, "-m", "minidraw", "train", "mnist", "--data-dir", "none"]
    env = os.environ | dead | {name.upper(): url for name, url in dead.items()}
    env |= {"NO_PROXY": "", "no_proxy": ""}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if "Downloading data" not in line]  # pooch
    assert len(lines) == 1 and "binarized_mnist_train.amat" in lines[0], done.stderr


def test_ctrl_c_before_there_is_anything_to_save(minidraw, folder, here, monkeypatch):
    def interrupted(**settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(datasets, "load", interrupted)
    assert minidraw("train", *TINY) == (130, "", "minidraw: stopped\n")


def test_names_with_line_breaks_stay_in_one_line(refused, here):
    refused("train", "--data", "no\nsuch\rset", words="no such")
    refused("sample", "no\nsuch.npz", words="no such.npz")


def test_resume_keeps_the_threads_and_refuses_a_preset(
    minidraw, refused, folder, here, monkeypatch
):
    from minidraw.training import setup

    command = ["train", "--data", folder / "pictures.npz", "--run", "run", *TINY, "--threads", 3]
    assert minidraw(*command)[0] == 0
    refused("train", "mnist", "--resume", "run", words="leave out mnist")
    seen, real = [], setup.resume_run
    monkeypatch.setattr(
        setup, "resume_run", lambda f, w, *a: seen.append(w.threads) or real(f, w, *a)
    )
    (here / "run/samples.png").unlink()
    assert minidraw("train", "--resume", "run")[0] == 0
    assert minidraw("train", "--resume", "run", "--threads", 1)[0] == 0
    assert seen == [3, 1]
    assert (here / "run/samples.png").exists(), "no step was left, but the picture was missing"


@pytest.mark.parametrize("option", ["--minutes", "--epochs"])
def test_endless_budgets_are_refused(refused, folder, here, option):
    refused(
        "train", "--data", folder / "pictures.npz", option, "1e308", words="must be between 0 and"
    )
