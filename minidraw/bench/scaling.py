"""Time of a training step as T, hidden units, image side and batch size grow."""

import numpy as np
from tqdm import tqdm

TIMED_STEPS, WARM_UP_STEPS = 15, 2
BASE = {"glimpses": 16}  # all else is as in the paper
RANGES = {
    "T": [4, 8, 16, 32, 64],
    "H": [64, 128, 256, 512, 1024],
    "side": [28, 56, 84, 112, 168],
    "batch": [25, 50, 100, 200, 400],
}
LABELS = {
    "T": "steps T",
    "H": "hidden units H",
    "side": "side of the image in pixels",
    "batch": "images per step",
}


def measure(path):
    """Return a table of times and fitted exponents, and plot it in a PNG file."""
    seconds, exponents = {}, {}
    rows = ["a training step, T 16 and the rest of the paper's size; exponent of the upper half"]
    for name in tqdm(RANGES, "scaling", leave=False):
        seconds[name] = [_time_step(name, value) for value in RANGES[name]]
        exponents[name] = fit_exponent(RANGES[name], seconds[name])
        pairs = zip(RANGES[name], seconds[name], strict=True)
        times = "  ".join(f"{value}: {1e3 * s:.0f} ms" for value, s in pairs)
        rows.append(f"{LABELS[name]:32}{times}  exponent {exponents[name]:.2f}")
    _draw_charts(path, seconds, exponents)
    return "\n".join([*rows, str(path)])


def fit_exponent(values, seconds):
    """Return the slope of log seconds against log values, for the larger half of the values."""
    half = len(values) // 2
    return float(np.polyfit(np.log(values[half:]), np.log(seconds[half:]), 1)[0])


def _time_step(name, value):
    """Return the median seconds of a step."""
    from minidraw import kernels
    from minidraw.bench.contenders import BATCH, make_trainer
    from minidraw.training.workers import Workers

    changes = {
        "T": {"glimpses": value},
        "H": {"hidden": value},
        "side": {"height": value, "width": value},
        "batch": {},
    }[name]
    batch = value if name == "batch" else BATCH
    with Workers() as workers:
        trainer = make_trainer(BASE | changes, workers, kernels, batch=batch)
        seconds = [trainer.step()["seconds"] for _ in range(WARM_UP_STEPS + TIMED_STEPS)]
        return float(np.median(seconds[WARM_UP_STEPS:]))


def _draw_charts(path, seconds, exponents):
    from matplotlib.figure import Figure

    from minidraw.pictures import curves

    figure = Figure(figsize=(8, 6), dpi=100, layout="constrained")
    for axes, name in zip(figure.subplots(2, 2).flat, RANGES, strict=True):
        milliseconds = [1e3 * s for s in seconds[name]]
        axes.loglog(RANGES[name], milliseconds, "o-", color="0.2")
        for value, y in zip(RANGES[name], milliseconds, strict=True):
            axes.annotate(f"{y:.0f}", (value, y), (-4, 5), textcoords="offset points", ha="right")
        axes.set(xlabel=LABELS[name], ylabel="ms per step", yticks=[])
        axes.set_title(f"exponent {exponents[name]:.2f} over the upper half", fontsize=10)
        axes.set_xticks(RANGES[name], RANGES[name])
        axes.minorticks_off()
        axes.margins(0.12)
        axes.spines[["top", "right"]].set_visible(False)
    curves.save_figure(path, figure)
