"""What a training step costs against steps T, hidden units H, the image's side and the batch."""

import numpy as np
from tqdm import tqdm

STEPS = 15
BASE = {"glimpses": 16}  # what isn't varied is as in the paper, but for T
RANGES = {  # what is varied: values of Config or of the batch
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
    """Draw the time of a step against each size, and return the fitted exponents as a table.

    Parameters
    ----------
    path : path
        The PNG file to write.

    Returns
    -------
    str
    """
    seconds = {name: [_step(name, value) for value in RANGES[name]] for name in _progress()}
    exponents = {name: exponent(RANGES[name], seconds[name]) for name in RANGES}
    _draw(path, seconds, exponents)
    rows = [
        f"{LABELS[name]:32}{'  '.join(f'{v}: {1e3 * s:.0f} ms' for v, s in _pairs(name, seconds))}"
        f"  exponent {exponents[name]:.2f}"
        for name in RANGES
    ]
    head = "a training step, T 16 and the rest of the paper's size; exponent of the upper half"
    return "\n".join([head, *rows, str(path)])


def exponent(values, seconds):
    """Slope of log seconds against log values, over the larger half of the values."""
    half = len(values) // 2
    return float(np.polyfit(np.log(values[half:]), np.log(seconds[half:]), 1)[0])


def _progress():
    return tqdm(RANGES, "scaling", leave=False)


def _pairs(name, seconds):
    return zip(RANGES[name], seconds[name], strict=True)


def _step(name, value):
    """Median seconds of a step."""
    from minidraw import kernels
    from minidraw.bench.contenders import BATCH, trainer
    from minidraw.training.workers import Workers

    changes = {
        "T": {"glimpses": value},
        "H": {"hidden": value},
        "side": {"height": value, "width": value},
        "batch": {},
    }[name]
    batch = value if name == "batch" else BATCH
    with Workers() as workers:
        made = trainer(BASE | changes, workers, kernels, batch=batch)
        try:
            return float(np.median([made.step()["seconds"] for _ in range(STEPS + 2)][2:]))
        finally:
            made.close()


def _draw(path, seconds, exponents):
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
