"""Installed elsewhere: from the wheel, and where nothing can be written beside the package."""

import configparser
import os
import shutil
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
TINY = "--hidden 8 --glimpses 2 --latent 3 --read-size 2 --write-size 3 --batch 20 --validate 1000"
TINY = TINY.split()


def run(*command, **settings):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=1200, **settings
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def clean(environment):
    """The environment without what would lead to this checkout or to its compiled kernels."""
    hidden = ("PYTHONPATH", "NUMBA_CACHE_DIR", "MINIDRAW_DATA", "XDG_CACHE_HOME")
    return {name: value for name, value in environment.items() if name not in hidden}


def index_reachable():
    """Whether pip's package index answers."""
    ask = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    found = subprocess.run(ask, capture_output=True, text=True).stdout.strip()
    index = os.environ.get("PIP_INDEX_URL") or found or "https://pypi.org/simple"
    try:
        with urllib.request.urlopen(f"{index.rstrip('/')}/tqdm/", timeout=10):
            return True
    except (OSError, ValueError):
        return False


def test_every_package_is_part_of_the_wheel():
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    listed = set(settings["options"]["packages"].split()) - {"minidraw.data", "minidraw.lessons"}
    found = [path.parent.relative_to(ROOT) for path in ROOT.glob("minidraw/**/__init__.py")]
    assert {".".join(folder.parts) for folder in found} == listed


@pytest.mark.slow
def test_the_wheel_trains_and_samples_in_an_empty_environment(tmp_path):
    if not index_reachable():
        pytest.skip("no package index is reachable: nothing can be installed")
    source = tmp_path / "source"
    source.mkdir()
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("minidraw", "data", "lessons"):
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    env = clean(os.environ)
    build = ("-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path / "dist", source)
    run(sys.executable, *build, env=env)
    shutil.rmtree(source)
    (wheel,) = (tmp_path / "dist").glob("*.whl")

    place = tmp_path / "env"
    venv.create(place, with_pip=True)
    python = place / "bin/python"
    run(python, "-m", "pip", "install", "-q", wheel, env=env)

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    settings = {"cwd": elsewhere, "env": env}
    where = run(python, "-c", "import minidraw; print(minidraw.__file__)", **settings).stdout
    assert str(place) in where
    command = place / "bin/minidraw"
    done = run(command, "train", "quick", *TINY, "--batch", "100", "--epochs", "0.2", **settings)
    assert "digits, dynamic binarisation" in done.stdout
    run(command, "sample", "runs/quick", "--count", "4", **settings)
    assert sorted(path.name for path in elsewhere.iterdir()) == ["runs", "samples.png"]


@pytest.mark.slow
def test_it_trains_where_no_compiled_kernel_can_be_kept(tmp_path):
    """As in a read-only install whose user has no home."""
    ignored = shutil.ignore_patterns("__pycache__")
    package = tmp_path / "place/minidraw"
    shutil.copytree(ROOT / "minidraw", package, ignore=ignored)
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (folder / "__pycache__").write_text("")  # a folder can't be made here, not even by root
    np.savez(
        tmp_path / "pictures.npz",
        images=np.random.default_rng(0).integers(0, 256, (60, 7, 6), np.uint8),
    )
    nowhere = str(tmp_path / "pictures.npz/home")
    env = clean(os.environ) | {"PYTHONPATH": str(package.parent), "HOME": nowhere}
    env |= {"MPLCONFIGDIR": str(tmp_path / "mpl")}
    settings = {"cwd": tmp_path, "env": env}
    check = (
        "import minidraw.kernels.adam as a; print(a.__file__);"
        "print(type(a._update._cache).__name__)"
    )
    found = run(sys.executable, "-c", check, **settings).stdout.split()
    assert found == [str(package / "kernels/adam.py"), "NullCache"]
    command = ["train", "--data", "pictures.npz", "--run", "run", *TINY, "--epochs", "1"]
    done = run(sys.executable, "-m", "minidraw", *command, **settings)
    [line] = done.stderr.splitlines()
    assert "Numba's cache can't be used" in line and "validation bound" in done.stdout
    assert (tmp_path / "run/checkpoint.npz").exists()
