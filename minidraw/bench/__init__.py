"""``minidraw bench``: the time of a training step, compared with other frameworks.

`run` calls the four measurements. `steps.py` times the contenders of `contenders.py` in turn,
`processes.py` measures whole programs, `profile.py` divides a step's time among its functions, and
`scaling.py` fits it to the network's sizes.
"""

import os
import subprocess
import sys

from minidraw.bench import processes, profile, scaling, steps
from minidraw.bench.contenders import AVX2_ONLY, CONTENDERS, SIZES
from minidraw.errors import UserError

MEASUREMENTS = ("steps", "processes", "profile", "scaling")
NEED_PROCESSES = {"steps", "processes"}


def run(what, sizes, only, rounds, avx2, out):
    """Measure and print; the parameters are the command's options."""
    _check("measurement", what, MEASUREMENTS)
    _check("size", sizes or (), SIZES)
    _check("row", only or (), CONTENDERS)
    if rounds < 1:
        raise UserError(f"--rounds must be at least 1, got {rounds}")
    if NEED_PROCESSES & {*(what or MEASUREMENTS)}:
        _check_processes()
    if avx2:  # the contenders' processes inherit it
        os.environ.update(AVX2_ONLY)
    out.mkdir(parents=True, exist_ok=True)
    measurements = {
        "steps": [lambda size=size: steps.measure(size, rounds, only) for size in sizes or SIZES],
        "processes": [lambda: processes.measure(rounds)],
        "profile": [lambda: profile.measure(out / "profile.png")],
        "scaling": [lambda: scaling.measure(out / "scaling.png")],
    }
    print("Other running programs distort these times: close them first.", flush=True)
    for name in what or MEASUREMENTS:
        for measure in measurements[name]:
            print(f"\n{measure()}", flush=True)


def _check_processes():
    """Raise an error where no process can be started, as in a browser."""
    try:
        subprocess.run([sys.executable, "-c", "pass"], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(
            f"steps and processes start Python in processes of its own ({error}). Where none can be"
            " started, type: minidraw bench profile scaling"
        ) from None


def _check(kind, names, known):
    for name in names:
        if name not in known:
            choices = ", ".join(map(repr, known))  # quoted, because a row's name may hold a comma
            raise UserError(f"unknown {kind} {name!r}; choose from {choices}")
