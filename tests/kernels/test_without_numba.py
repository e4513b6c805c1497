"""minidraw without Numba and without threads, as in a browser."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lessons import render
from minidraw.cli import main

ROOT = Path(__file__).parents[2]
BLOCKED = """
import sys, threading
sys.modules["numba"] = None
def refuse(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = refuse
"""
IN_BROWSER = """
import types
from minidraw.learn.notebook import in_browser
in_browser.sys = types.SimpleNamespace(platform="emscripten")
"""
COMMAND = "import sys\nfrom minidraw.cli import main\nsys.exit(main(sys.argv[1:]))"
NOTICE = "Numba can't be imported (import of numba halted; None in sys.modules); minidraw's"
TINY = "--hidden 8 --glimpses 2 --latent 3 --read-size 2 --write-size 3 --batch 20 --validate 1000"
TRAIN = ["train", "--data", "digits", "--epochs", "0.02", "--threads", "2", *TINY.split()]


def run_blocked(code, *arguments, folder):
    (folder / "sitecustomize.py").write_text(BLOCKED)  # for the processes that it starts, too
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )


def test_a_run_has_the_same_bits_as_one_of_plain_layers(tmp_path):
    done = run_blocked(COMMAND, *TRAIN, "--run", "blocked", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(NOTICE) == 1, "one notice, on first use"
    assert main([*TRAIN, "--ops", "layers", "--run", str(tmp_path / "plain")]) == 0
    with (
        np.load(tmp_path / "blocked" / "checkpoint.npz") as ours,
        np.load(tmp_path / "plain" / "checkpoint.npz") as theirs,
    ):
        names = [name for name in ours.files if ours[name].dtype.kind == "f"]
        assert names
        for name in names:
            np.testing.assert_array_equal(ours[name], theirs[name], name)


@pytest.mark.parametrize(
    "arguments, notices",
    [
        (["sample", "--count", "4"], 1),
        (["evaluate", ROOT / "data/cluttered-4.npz", "--images", "20", "--split", "valid"], 1),
        ([*TRAIN, "--ops", "layers"], 0),
    ],
)
def test_commands(arguments, notices, tmp_path):
    done = run_blocked(COMMAND, *arguments, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(NOTICE) == len(done.stderr.splitlines()) == notices


def test_bench_times_what_runs(tmp_path):
    rows = "kernels", "layers", "products, ours", "products, BLAS"
    options = "--sizes", "small", "--rounds", "1", "--only", *rows
    done = run_blocked(COMMAND, "bench", "steps", *options, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    lines = done.stdout.splitlines()
    told = {row: next(line for line in lines if line.startswith(f"{row} ")) for row in rows}
    for row in ("kernels", "products, ours"):
        assert "not measured: Numba, which this needs, can't be imported" in told[row]
    for row in ("layers", "products, BLAS"):
        assert re.search(r" \d+\.\d ", told[row])


def test_what_is_compiled_needs_numba(tmp_path):
    done = run_blocked("import minidraw.kernels.lstm", folder=tmp_path)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("minidraw.errors.UserError: Numba, which this needs, can't be imported")


@pytest.mark.slow
@pytest.mark.parametrize("script", render.scripts(), ids=lambda path: path.stem)
def test_lessons(script, tmp_path):
    """They take the smaller number of steps that they choose in a browser."""
    text = script.read_text("utf-8")
    done = run_blocked(IN_BROWSER + text, folder=tmp_path)
    if script.stem.startswith("14"):
        assert "UserError: Numba, which this needs" in done.stderr.splitlines()[-1]
    else:
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("In a browser: ") == text.count("choose_steps(")
