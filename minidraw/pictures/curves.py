"""Plots as PNG files: the curves of a run, and the latent cost of every step."""

import gc

import numpy as np

from minidraw.atomic_write import write_atomically
from minidraw.pictures.drawing import BLUE, VERMILION

MAX_POINTS = 1000  # of a curve; matplotlib takes 5 kB of memory for each of a noisy one


def save_curves(path, log, panels):
    """Save the costs of a run as curves.

    ``log`` holds columns of equal length: ``step``, the columns named in ``panels``, and their
    validation costs, such as ``valid_nll`` (nan in rows without validation).  A panel is a column,
    a title and a unit, such as ``("nll", "Image cost", "nats per image")``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.2), dpi=100, layout="constrained")
    row = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (name, title, unit) in zip(row, panels, strict=True):
        _panel(axes, log, name, title=title, unit=unit)
    save_figure(path, figure)


def save_nats_per_step(path, nats):
    """Save the latent cost of each step, ``nats`` (T,), as bars."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.bar(np.arange(1, len(nats) + 1), nats, color=np.divide(BLUE, 255))
    axes.set(
        xlabel="step",
        ylabel="nats per image",
        title=f"Latent cost of each step, {sum(nats):.1f} nats in all",
    )
    axes.spines[["top", "right"]].set_visible(False)
    save_figure(path, figure)


def save_figure(path, figure):
    """Save a matplotlib Figure without pyplot, which would keep state and might open a window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with write_atomically(path) as file:
        FigureCanvasAgg(figure).print_png(file)
    gc.collect()  # figures refer to themselves; in a long training they would use up the memory


def _panel(axes, log, name, *, title, unit):
    """Plot one cost: training costs pale and smoothed, validation costs as dots."""
    valid = f"valid_{name}"
    limits = []
    for key, label, rgb in ((name, "training", BLUE), (valid, "validation", VERMILION)):
        values = np.asarray(log.get(key, []), dtype=float)
        known = np.isfinite(values)
        if not known.any():
            continue
        step, values = np.asarray(log["step"])[known], values[known]
        late = values[step >= step[-1] / 10]  # the first costs are huge and would flatten the rest
        limits.extend(np.quantile(late, [0.01, 0.99]))
        style = {"color": np.divide(rgb, 255), "marker": "o" if key == valid else "", "ms": 4}
        shown = slice(None, None, -(-len(values) // MAX_POINTS))
        if key == name:
            axes.plot(step[shown], values[shown], alpha=0.25, linewidth=0.8, **style)
            window = np.ones(2 * (len(values) // 100) + 1)
            values = np.convolve(values, window, "same") / np.convolve(values**0, window, "same")
        axes.plot(step[shown], values[shown], label=label, **style)
    if limits:
        margin = 0.08 * (max(limits) - min(limits)) or 1.0
        axes.set_ylim(min(limits) - margin, max(limits) + margin)
        axes.legend(frameon=False)
    axes.set(title=title, xlabel="step", ylabel=unit)
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
