"""Curves: of a run, and of anything else that is measured."""

import numpy as np

from minidraw.atomic_write import write_atomically
from minidraw.pictures.sheets import BLUE, VERMILION


def curves(path, log, panels):
    """Save costs over a run as a PNG file.

    ``log`` holds columns of equal length: ``step``, and those that the ``panels`` name with a
    title and a unit each, such as ``("nll", "Image cost", "nats per image")``; where validation
    was done, also ``valid_nll`` and so on (nan in other rows).
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.2), dpi=100, layout="constrained")
    rooms = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (name, title, unit) in zip(rooms, panels, strict=True):
        _panel(axes, log, name, title=title, unit=unit)
    save_figure(path, figure)


def nats_per_step(path, nats):
    """Save what each step writes into its latent vector, ``nats`` (T,), as bars in a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.bar(np.arange(1, len(nats) + 1), nats, color=np.divide(BLUE, 255))
    axes.set(xlabel="step", ylabel="nats per image", title=f"Latent cost, {sum(nats):.1f} in all")
    axes.spines[["top", "right"]].set_visible(False)
    save_figure(path, figure)


def save_figure(path, figure):
    """Write a matplotlib Figure as a PNG file; no window, no state of pyplot's is touched."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with write_atomically(path) as file:
        FigureCanvasAgg(figure).print_png(file)


def _panel(axes, log, name, *, title, unit):
    """Draw one cost: training in pale and smoothed, validation with dots."""
    valid, ends = f"valid_{name}", []
    for key, label, rgb in ((name, "training", BLUE), (valid, "validation", VERMILION)):
        values = np.asarray(log.get(key, []), dtype=float)
        known = np.isfinite(values)
        if not known.any():
            continue
        step, values = np.asarray(log["step"])[known], values[known]
        late = values[step >= step[-1] / 10]  # the first are huge and would flatten the rest
        ends.extend(np.quantile(late, [0.01, 0.99]))
        style = {"color": np.divide(rgb, 255), "marker": "o" if key == valid else "", "ms": 4}
        if key == name:
            axes.plot(step, values, alpha=0.25, linewidth=0.8, **style)
            near = np.ones(2 * (len(values) // 100) + 1)
            values = np.convolve(values, near, "same") / np.convolve(values**0, near, "same")
        axes.plot(step, values, label=label, **style)
    if ends:
        margin = 0.08 * (max(ends) - min(ends)) or 1.0
        axes.set_ylim(min(ends) - margin, max(ends) + margin)
        axes.legend(frameon=False)
    axes.set(title=title, xlabel="step", ylabel=unit)
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
