"""Time of a training step as T, hidden units, image side and batch size grow."""

import numpy as np

from minidraw import __version__
from minidraw.progress import make_bar

TIMED_STEPS, WARM_UP_STEPS = 15, 2
BASE = {"glimpses": 16}  # all else is as in the paper
RANGES = {
    "T": [4, 8, 16, 32, 64],
    "H": [64, 128, 256, 512, 1024],
    "side": [28, 56, 84, 112, 168],
    "batch": [25, 50, 100, 200, 400],
}
TITLE = "a training step, T 16 and the rest of the paper's size"
LABELS = {
    "T": "steps T",
    "H": "units H of each LSTM",
    "side": "side of the image (pixels)",
    "batch": "images per step",
}


def measure(path):
    """Return a table of times and fitted exponents, and plot it in a PNG file."""
    seconds = {}
    rows = [f"{TITLE}; exponent of the upper half"]
    for name in make_bar(RANGES, "scaling", leave=False):
        seconds[name] = [_time_step(name, value) for value in RANGES[name]]
        exponent = fit_exponent(RANGES[name], seconds[name])
        pairs = zip(RANGES[name], seconds[name], strict=True)
        times = "  ".join(f"{value}: {1e3 * s:.0f} ms" for value, s in pairs)
        rows.append(f"{LABELS[name]:32}{times}  exponent {exponent:.2f}")
    draw_charts(path, seconds, f"{TITLE} (minidraw {__version__})")
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


def draw_charts(path, seconds, title):
    """Plot times in seconds: a list per name in `RANGES`, in its order."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullLocator

    from minidraw.pictures import curves

    figure = Figure(figsize=(10, 7.5), dpi=100, layout="constrained")
    figure.suptitle(title)
    axes_of_all = figure.subplots(2, 2, sharey=True).flat
    for axes, name in zip(axes_of_all, RANGES, strict=True):
        values, milliseconds = np.array(RANGES[name]), [1e3 * s for s in seconds[name]]
        axes.loglog(values, milliseconds, "o-", color="black")
        axes.set_title(f"exponent {fit_exponent(values, seconds[name]):.1f} over the upper half")
        axes.set(xlabel=LABELS[name], ylabel="time of a training step (ms)")
        axes.set_xticks(values, values)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.tick_params(labelleft=True)
        axes.grid(color="0.9")
        axes.spines[["top", "right"]].set_visible(False)
    curves.save_figure(path, figure)
