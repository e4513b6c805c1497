"""Processes that start or resume one run at the same moment: one trains, the others say why not.

A few races in every run of the tests, 50 with ``-m slow``.
"""

import subprocess
import sys
import textwrap

import pytest

if sys.platform == "win32":
    pytest.skip("needs fork", allow_module_level=True)

FEW, ALL = 2, 50
PROGRAM = r"""
    import csv, json, os, random, shutil, sys, time
    from pathlib import Path
    from minidraw import cli
    from minidraw.training import checkpoint, loop, setup
    from minidraw.training.run import Run

    place, races = Path(sys.argv[1]), int(sys.argv[2])
    TINY = "--hidden 4 --glimpses 2 --latent 2 --read-size 2 --write-size 2 --batch 50 --epochs 0.1"
    TINY = [*TINY.split(), "--threads", "1", "--validate", "5"]
    STEPS, REFUSED = 9, ("another process is training it", "already holds a run")

    def start(arguments, gate, out, delay):
        child = os.fork()
        if child:
            return child
        for descriptor in (1, 2):
            os.dup2(os.open(out, os.O_CREAT | os.O_WRONLY | os.O_APPEND), descriptor)
        os.read(gate, 1)  # all wait until the gate opens
        time.sleep(delay)
        try:
            status = cli.main(["train", *arguments])
        except BaseException as error:
            print(repr(error), flush=True)
            status = 99
        sys.stdout.flush()
        os._exit(status)

    def check(folder, seeds):
        meta = json.loads((folder / "config.json").read_text())
        saved = checkpoint.load_meta(folder / "checkpoint.npz")
        assert meta["recipe"]["seed"] in seeds and saved["recipe"] == meta["recipe"], folder
        with open(folder / "log.csv", newline="") as file:
            steps = [int(row["step"]) for row in csv.DictReader(file)]
        assert steps == list(range(1, STEPS + 1)) and saved["step"] == STEPS, (folder, steps)

    def stop(run, trainer):
        raise KeyboardInterrupt

    os.chdir(place)
    Run.draw_pictures = stop  # at the first validation
    assert cli.main(["train", "--run", "whole", "--seed", "9", *TINY]) == 130
    Run.draw_pictures = lambda run, trainer: None  # slow, and no part of the race
    for race in range(races):
        folder = place / f"race{race}"
        folder.mkdir()
        os.chdir(folder)
        shutil.copytree(place / "whole", "stopped")
        groups = {
            "same": [["--run", "same", "--seed", str(k), *TINY] for k in range(3)],
            "free": [["--seed", str(k), *TINY] for k in range(2)],
            "stopped": [["--resume", "stopped"] for _ in range(2)],
        }
        gate, opener = os.pipe()
        rng = random.Random(race)
        children = {}
        for name, commands in groups.items():
            for k, arguments in enumerate(commands):
                out = f"{name}{k}.txt"
                children[start(arguments, gate, out, rng.uniform(0, 0.1))] = name, out
        os.write(opener, bytes(len(children)))
        os.close(opener)
        os.close(gate)
        trained = dict.fromkeys(groups, 0)
        for child, (name, out) in children.items():
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            text = Path(out).read_text()
            assert status in (0, 2), f"race {race}, {name}: {status} {text}"
            trained[name] += status == 0 and ": 0 steps to go" not in text
            if status == 2:
                assert text.count("\n") == 1 and any(words in text for words in REFUSED), text
        assert trained == {"same": 1, "free": 2, "stopped": 1}, f"race {race}: {trained}"
        check(Path("same"), range(3))
        for path in ("runs/quick", "runs/quick-2"):
            check(Path(path), range(2))
        check(Path("stopped"), [9])
"""


def race(folder, races):
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(folder), str(races)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_few_races(tmp_path):
    race(tmp_path, FEW)


@pytest.mark.slow
def test_50_races(tmp_path):
    race(tmp_path, ALL)
