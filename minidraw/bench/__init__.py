"""``minidraw bench``: what a training step costs, beside the frameworks and the machine's limit.

`contenders.py` builds a step of each, `steps.py` times them in turn, `processes.py` measures
whole programs, `profile.py` shows where a step's time goes, `scaling.py` fits it to the sizes.
"""

from minidraw.bench import processes, profile, scaling, steps
from minidraw.bench.contenders import CONTENDERS, SIZES
from minidraw.errors import UserError

PARTS = ("steps", "processes", "profile", "scaling")


def run(what, sizes, only, rounds, out):
    """Measure and print; the arguments are the command line's."""
    for given, known in ((what, PARTS), (sizes or (), SIZES), (only or (), CONTENDERS)):
        unknown = [name for name in given if name not in known]
        if unknown:
            raise UserError(f"no {unknown[0]!r} here; there is {', '.join(known)}")
    if rounds < 1:
        raise UserError(f"--rounds must be at least 1, got {rounds}")
    out.mkdir(parents=True, exist_ok=True)
    parts = {
        "steps": [lambda size=size: steps.measure(size, rounds, only) for size in sizes or SIZES],
        "processes": [lambda: processes.measure(rounds)],
        "profile": [lambda: profile.measure(out / "profile.png")],
        "scaling": [lambda: scaling.measure(out / "scaling.png")],
    }
    print("nothing else should run meanwhile", flush=True)
    for name in what or PARTS:
        for measure in parts[name]:
            print(f"\n{measure()}", flush=True)
