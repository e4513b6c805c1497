"""A command does its work, and says what it can, whatever becomes of its standard streams."""

import os
import subprocess
import sys

import pytest

TINY = "--hidden 4 --glimpses 2 --latent 2 --read-size 2 --write-size 2"
TINY += " --batch 50 --epochs 0.05 --threads 1"
MINIDRAW = f"'{sys.executable}' -m minidraw"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the shell's redirections")


def shell(command, folder):
    paths = {"PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=folder,
        env=os.environ | paths,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&- <&-", "| true", "2>&1 | true"])
def test_training_goes_on_without_anyone_reading(tmp_path, closed):
    status, err = shell(f"{MINIDRAW} train --run run {TINY} {closed}", tmp_path)
    assert (status, err) == (0, "")
    assert (tmp_path / "run/film.gif").exists()
    assert len((tmp_path / "run/log.csv").read_bytes().splitlines()) == 1 + 4


@pytest.mark.parametrize("command", ["sample --count 1", "gradcheck --help", "lessons"])
@pytest.mark.parametrize("closed", ["2>&-", ">&-", "| true"])
def test_other_commands(tmp_path, command, closed):
    assert shell(f"{MINIDRAW} {command} {closed}", tmp_path) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux's full device")
def test_output_that_is_lost_to_a_full_disk_is_an_error(tmp_path):
    status, err = shell(f"{MINIDRAW} sample --count 1 > /dev/full", tmp_path)
    assert status == 2 and (tmp_path / "samples.png").exists()
    assert err == "minidraw: can't write the output: No space left on device\n"
    assert shell(f"{MINIDRAW} sample --count 0 2> /dev/full", tmp_path) == (2, "")
