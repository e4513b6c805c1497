"""`minidraw bench` at tiny sizes."""

import importlib.util
import os
import subprocess
import time
from itertools import product

import numpy as np
import pytest

from minidraw import __version__, bench, kernels, layers
from minidraw.bench import contenders, processes, profile, scaling, steps
from minidraw.cli import main
from minidraw.errors import UserError
from minidraw.pictures import curves

TINY = {"height": 9, "width": 9, "glimpses": 2, "hidden": 40, "latent": 35}
CLASSIFIER = dict(model="classifier", height=9, width=9, glimpses=3, hidden=40, read_size=4)
TINY_SIZES = {"paper": TINY, "cifar10": TINY | {"channels": 3}, "classifier": CLASSIFIER}


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setattr(contenders, "SIZES", TINY_SIZES)
    monkeypatch.setattr(steps, "PAUSE_SECONDS", 0)


def test_turns_alternate_and_a_returned_float_is_the_time():
    order = []

    def sleeper(name, seconds, own=None):
        def step():
            order.append(name)
            time.sleep(seconds)
            return own

        return step

    contenders = {"a": sleeper("a", 0.01), "b": sleeper("b", 0.03), "c": sleeper("c", 0, 5.0)}
    seconds = steps.time_in_turn(contenders, 3)
    assert order == list("abc") * 3
    assert 0.01 <= np.median(seconds["a"]) < np.median(seconds["b"]) and seconds["c"] == [5.0] * 3


def test_the_table_has_multiples_of_the_first_row():
    class Done:
        note = "a note"

    seconds = {"kernels": [0.1, 0.2, 0.3], "torch": [0.5, 0.6, 0.4]}
    contenders = dict.fromkeys(seconds, Done)
    table = steps._format_table("paper", seconds, contenders, {"jax": "why"}).splitlines()
    assert table[2].split()[:6] == ["kernels", "200.0", "100.0", "300.0", "500", "1.00"]
    assert table[3].split()[:6] == ["torch", "500.0", "400.0", "600.0", "200", "2.50"]
    assert table[3].endswith("a note")
    assert table[4].split() == ["jax", "not", "measured:", "why"]


def peer(name):
    missing = importlib.util.find_spec(name) is None
    return pytest.param(name, marks=pytest.mark.skipif(missing, reason=f"{name} isn't installed"))


def build_missing(size, threads):
    import numpy.no_such_module  # noqa: F401


def build_killed(size, threads):
    os._exit(3)


def build_killed_later(size, threads):
    calls = iter(range(5))  # three to warm up, and two more
    return lambda: next(calls, None) is None and os._exit(4), ""


def test_rows_that_fail_are_told_in_one_line(monkeypatch):
    rows = {"a": build_missing, "b": build_killed}
    monkeypatch.setattr(steps, "CONTENDERS", {name: (build, 1) for name, build in rows.items()})
    *_, a, b = steps.measure("paper", 1).splitlines()
    assert a == "a               not measured: No module named 'numpy.no_such_module'"
    assert b == "b               not measured: its process ended with exit code 3"


def test_a_row_that_dies_between_turns_stops_the_table(monkeypatch):
    monkeypatch.setattr(steps, "CONTENDERS", {"c": (build_killed_later, 1)})
    with pytest.raises(UserError, match="its process ended with exit code 4"):
        steps.measure("paper", 2)


@pytest.mark.parametrize("words", [[], ["steps"], ["profile", "processes"]])
def test_where_no_process_can_be_started(words, refused, here, monkeypatch):
    def refuse(*arguments, **settings):
        raise OSError(138, "this system does not support processes.")

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    refused("bench", *words, words=["does not support processes", "minidraw bench profile scaling"])
    assert not list(here.iterdir())


def test_a_program_that_fails_is_told_in_one_line():
    with pytest.raises(UserError, match="a program to be timed failed: ImportError: no resource"):
        processes._run(["-c", "raise ImportError('no resource')"])


ROWS = ["kernels", "layers", "products, ours", "products, BLAS"]


@pytest.mark.slow
@pytest.mark.parametrize("size", TINY_SIZES)
@pytest.mark.parametrize("name", [*ROWS, peer("torch"), peer("jax")])
def test_every_row_makes_steps(name, size):
    if name == "jax" and size in contenders.SIZES_NOT_IN_JAX:
        pytest.skip("not written in JAX")
    build, _ = contenders.CONTENDERS[name]
    step, note = build(size, 2)
    for _ in range(3):
        step()
    assert isinstance(note, str)


@pytest.mark.parametrize("ops, size", [*product([layers, kernels], TINY_SIZES)])
def test_the_products_row_multiplies_as_a_step_does(ops, size, monkeypatch):
    """Each layer T times forward and backward, its weights once."""
    counted = {"step": profile.TimedOps(ops), "products": profile.TimedOps(ops)}
    calls = {name: [] for name in counted}
    for name, timed in counted.items():
        for function in ("linear", "linear_backward_input", "linear_backward_weights"):
            real = getattr(ops, function)

            def spy(a, b, *rest, real=real, function=function, name=name):
                b_shape = getattr(b, "matrix", b).shape
                calls[name].append((function, a.shape, b_shape))
                return real(a, b, *rest)

            setattr(timed, function, spy)
    from minidraw.training.workers import Workers

    with Workers(1) as workers:
        contenders.make_trainer(size, workers, counted["step"]).step()
    contenders._build_products(size, 1, counted["products"])()
    assert sorted(calls["step"]) == sorted(calls["products"])


def test_the_profile_adds_up_and_draws(tmp_path):
    table = profile.measure(tmp_path / "profile.png").splitlines()
    assert (tmp_path / "profile.png").read_bytes()[:4] == b"\x89PNG"
    shares = [float(line.rsplit("ms", 1)[1].strip(" %")) for line in table[1:-1]]
    assert sum(shares) == pytest.approx(100, abs=5) and min(shares) >= 0
    names = {name for names in profile.GROUPS.values() for name in names}
    assert names <= set(dir(kernels))


def test_the_sizes_are_the_papers(monkeypatch):
    monkeypatch.undo()
    config, classifier = (contenders.make_case(size).config for size in ("cifar10", "classifier"))
    sizes = config.glimpses, config.hidden, config.latent, config.read_size, config.write_size
    assert sizes == (64, 400, 200, 5, 5) and config.image_shape == (3, 32, 32)
    assert (classifier.glimpses, classifier.hidden, classifier.read_size) == (8, 256, 12)
    assert classifier.image_shape == (1, 100, 100) and contenders.BATCH == 100


def test_exponents_of_known_powers():
    values = np.array([1, 2, 4, 8, 16])
    assert scaling.fit_exponent(values, 3.0 * values**2) == pytest.approx(2)
    assert scaling.fit_exponent(values, 5 + 0.0 * values) == pytest.approx(0)


def test_scaling_draws_every_size(tmp_path, monkeypatch):
    ranges = {"T": [1, 2, 3], "H": [4, 8, 9], "side": [8, 9, 10], "batch": [4, 6, 8]}
    monkeypatch.setattr(scaling, "RANGES", ranges)
    monkeypatch.setattr(scaling, "TIMED_STEPS", 1)
    monkeypatch.setattr(scaling, "BASE", TINY)
    figures, save = [], curves.save_figure
    keep = lambda path, figure: (figures.append(figure), save(path, figure))  # noqa: E731
    monkeypatch.setattr(curves, "save_figure", keep)
    table = scaling.measure(tmp_path / "scaling.png")
    assert table.count("exponent") == 5  # the head, and a row each
    assert (tmp_path / "scaling.png").read_bytes()[:4] == b"\x89PNG"
    assert __version__ in figures[0].get_suptitle()
    for axes, name in zip(figures[0].axes, ranges, strict=True):
        assert axes.get_ylabel() == "time of a training step (ms)"
        assert axes.get_xlabel() == scaling.LABELS[name]
        low, high = axes.get_ylim()
        shown = [tick for tick in axes.get_yticks() if low <= tick <= high]
        labels = [label.get_text() for label in axes.get_yticklabels()]
        assert shown and all(f"{tick:g}" in labels for tick in shown)
        assert "exponent" in axes.get_title()


@pytest.mark.slow
def test_whole_programs_are_timed():
    table = processes.measure(1)
    for row in ("import minidraw", "100 digits", "compiling", "1,000 digits", "training"):
        assert row in table


@pytest.mark.parametrize(
    "words, message",
    [
        (
            ["step"],
            "unknown measurement 'step'; choose from 'steps', 'processes', 'profile', 'scaling'",
        ),
        (["--sizes", "large"], "unknown size 'large'; choose from 'paper', "),
        (["steps", "--only", "tensorflow"], "unknown row 'tensorflow'; choose from 'kernels', "),
        (["--rounds", "0"], "--rounds must be at least 1, got 0"),
    ],
)
def test_unknown_names_are_refused(words, message, capsys, tmp_path):
    assert main(["bench", *words, "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_the_command_prints_its_tables(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(bench, "SIZES", {"paper": TINY})
    for part in ("steps", "processes"):
        monkeypatch.setattr(getattr(bench, part), "measure", lambda *a: f"table {a}")
    out = tmp_path / "out"
    assert main(["bench", "steps", "processes", "--rounds", "2", "--out", str(out)]) == 0
    assert "table ('paper', 2, None)" in capsys.readouterr().out and out.is_dir()
