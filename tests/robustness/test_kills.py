"""Runs that are killed at random moments end with the same bits as one that nothing stopped.

A few kills in every run of the tests, 200 with ``-m slow``.
"""

import subprocess
import sys
import textwrap

import pytest

if sys.platform == "win32":
    pytest.skip("needs fork and kill -9", allow_module_level=True)

FEW, ALL = 12, 200
PROGRAM = """
    import os, random, signal, sys, threading, time
    from pathlib import Path
    import numpy as np
    from tqdm import tqdm
    from minidraw.presets import Preset
    from minidraw.training import loop, setup
    from minidraw.training.recipe import Recipe
    from minidraw.training.run import Run
    from minidraw.training.workers import Workers

    place, kills = Path(sys.argv[1]), int(sys.argv[2])
    rng = np.random.default_rng(0)
    np.savez(place / "pictures.npz", images=rng.integers(0, 256, (120, 7, 6), np.uint8))
    sizes = {"glimpses": 2, "hidden": 8, "latent": 3, "read_size": 2, "write_size": 3}
    preset = Preset("tiny", "", sizes, Recipe(epochs=8, batch=20, validate=20))
    source = {"name_or_path": str(place / "pictures.npz")}
    # tqdm's own lock is shared with forked children: one killed while it holds it stops all others.
    tqdm.set_lock(threading.RLock())
    loop.CHECKPOINT_SECONDS = 0  # a checkpoint at every step
    Run.draw_pictures = lambda run, trainer: None  # it takes longer than a child lives

    def train(folder):
        with Workers(2) as workers:
            if (folder / "config.json").exists():
                trainer, run = setup.resume_run(folder, workers)
            else:
                trainer, run = setup.start_run(preset, folder, workers, name="a", source=source)
            loop.fit(trainer, run, quiet=True)

    def read(folder):
        with np.load(folder / "checkpoint.npz") as archive:
            arrays = {name: archive[name].tobytes() for name in archive.files}
        rows = [line.split(",") for line in (folder / "log.csv").read_text().splitlines()]
        seconds = rows[0].index("seconds")
        return arrays, [row[:seconds] + row[seconds + 1 :] for row in rows]

    train(place / "whole")
    whole = read(place / "whole")
    assert len(whole[1]) == 1 + 40
    k, runs, pause = 0, 0, random.Random(0)
    while k < kills:
        folder = place / f"run{runs}"
        while True:
            child = os.fork()
            if child == 0:
                try:
                    train(folder)
                    os._exit(0)
                except BaseException as error:
                    print(f"kill {k}, run {runs}: {error!r}", flush=True)
                    os._exit(1)
            time.sleep(pause.uniform(0, 0.5))
            os.kill(child, signal.SIGKILL)
            status = os.waitpid(child, 0)[1]
            if not os.WIFSIGNALED(status):
                break
            k += 1
            assert k < 100 * kills, f"run {runs} doesn't end"
        assert os.WEXITSTATUS(status) == 0
        assert read(folder) == whole, f"kill {k}, run {runs} ended otherwise"
        assert not list(folder.glob("*.part")), sorted(folder.iterdir())
        runs += 1
    print(f"{k} kills, {runs} runs")
"""


def kill(folder, kills):
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(folder), str(kills)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[-4]) >= kills


def test_killed_a_few_times(tmp_path):
    kill(tmp_path, FEW)


@pytest.mark.slow
def test_killed_200_times(tmp_path):
    kill(tmp_path, ALL)
