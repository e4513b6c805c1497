"""The comparison as a Markdown table and a figure: `save`."""

from statistics import mean, stdev

import numpy as np

from minidraw.atomic_write import write_atomically
from minidraw.compare.measures import LARGEST_COUNT
from minidraw.compare.runs import BOUND_IMAGES
from minidraw.layers import sigmoid
from minidraw.pictures import curves, nearest, saving, sheets
from minidraw.pictures.drawing import BLUE, GREEN, VERMILION

COLUMNS = {
    "weights": ("weights", ",.0f"),
    "steps": ("steps", ",.0f"),
    "bound": ("bound, nats", ".1f"),
    "weighted": ("importance-weighted, nats", ".1f"),
    "frechet": ("Fréchet distance", ".2f"),
    "precision": ("precision", ".3f"),
    "recall": ("recall", ".3f"),
    "entropy": ("class entropy, nats", ".3f"),
    "duplicates": ("duplicates", ",.0f"),
    "copied": ("copied", ".2f"),
}
NOTES = """\
Each row: the mean over {seeds} seed(s), ± the standard deviation where there are several.
Every set has {count:,} images and is compared with as many {name}, all black and white.

* **bound**: upper bounds on -log p(image), on the same {images:,} images; lower is better. A GAN
  has none: its paintings fill a thin surface, and a digit beside that surface has probability 0.
  A noise model added to it would give bounds of GAN and noise together (Wu et al. 2017).
* **Fréchet distance** (Heusel et al. 2017), **precision** (do paintings look like digits?) and
  **recall** (do they cover all digits?; k = 3, Kynkäänniemi et al. 2019): in the last hidden layer
  of a small classifier, scaled to a mean square of 1. Other features and counts give other figures.
* **class entropy**: {log:.3f} for ten equal classes, 0 for one class. It doesn't show quality.
* **duplicates**: nearly equal pairs among {few:,} paintings, before they are made black and white:
  the birthday test (Arora and Zhang 2017). A source of M images gives about {pairs:,.0f} / M.
  It shows collapse, beyond the few pairs of the first row, and nothing else.
* **copied**: share of {few:,} paintings that lie closer to a training image than any other training
  image does. New digits get about as much as the first row, copies more. It shows nothing else.
"""
COLOURS = BLUE, GREEN, VERMILION, (0, 0, 0)
SHOWN, STRIPS = 36, 4  # paintings of each model, and films


def save(folder, rows, logs, networks, reference):
    """Save the table, the figure and the film of the first model; return their paths."""
    few = min(reference.count, LARGEST_COUNT)
    notes = {
        "seeds": max(map(len, rows.values())),
        "count": reference.count,
        "name": reference.name,
        "images": min(BOUND_IMAGES, len(reference.split)),
        "log": np.log(10),
        "few": few,
        "pairs": few * (few - 1) / 2,
    }
    paths = [folder / name for name in ("comparison.md", "comparison.png", "film.gif")]
    with write_atomically(paths[0]) as file:
        file.write(format_table(rows, notes).encode())
    draw_figure(paths[1], logs, networks, reference.searched)
    saving.save_picture(paths[2].with_suffix(""), next(iter(networks.values())).film(9))
    return paths


def format_table(rows, notes):
    """Return the table as Markdown.

    Parameters
    ----------
    rows : dict
        Name of a row to a list of numbers by name, one dict for each seed.
    notes : dict
        What `NOTES` leaves open.
    """
    lines = [["", *(title for title, _ in COLUMNS.values())]]
    for name, runs in rows.items():
        lines.append([name, *(_format(runs, key, form) for key, (_, form) in COLUMNS.items())])
    shares = [["class shares, %", *map(str, range(10))]]
    for name, runs in rows.items():
        means = 100 * np.mean([numbers["shares"] for numbers in runs], axis=0)
        shares.append([name, *(f"{share:.1f}" for share in means)])
    return "\n".join([_join(lines), NOTES.format(**notes), _join(shares)])


def _format(runs, key, form):
    found = [numbers[key] for numbers in runs if key in numbers]
    if not found:
        return "–"
    spread = f" ± {stdev(found):{form}}" if len(set(found)) > 1 else ""
    return f"{mean(found):{form}}{spread}"


def _join(lines):
    rule = ["---"] * len(lines[0])
    return "".join(f"| {' | '.join(line)} |\n" for line in [lines[0], rule, *lines[1:]])


def draw_figure(path, logs, networks, searched):
    """Save curves against minutes, paintings beside the nearest training images, and films.

    Parameters
    ----------
    path : path
    logs : dict
        Title of a model to a list of logs, the columns of `Log.read`, one for each seed.
    networks : dict
        Title to a trained network.
    searched : array, shape (n, 1, 28, 28)
        Training images.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 9.5), dpi=100, layout="constrained")
    upper, middle, lower = figure.subfigures(3, 1, height_ratios=(7, 6, 5))
    for axes, key in zip(upper.subplots(1, 2), ("valid_kl", "valid_critic"), strict=True):
        for color, (title, runs) in zip(COLOURS, logs.items(), strict=False):
            if key in runs[0]:
                _draw_curve(axes, runs, title, np.divide(color, 255))
        adversarial = key == "valid_critic"
        what = "GAN: the critic's cost, no measure of quality" if adversarial else "Bound"
        axes.set(title=f"{what}, validation", xlabel="minutes", ylabel="nats per image")
        axes.grid(color="0.9")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    panels = middle.subplots(1, 2 * len(networks), width_ratios=(6, 1) * len(networks))
    for k, (title, network) in enumerate(networks.items()):
        images = network.sample(SHOWN, seed=0)
        _show(panels[2 * k], images, title, columns=6)
        _show(panels[2 * k + 1], nearest.find_nearest(images[5::6], searched), "nearest", columns=1)
    films = lower.subplots(1, len(networks), squeeze=False)[0]
    for axes, (title, network) in zip(films, networks.items(), strict=True):
        canvas = sigmoid(network.film(STRIPS, seed=0).canvas)
        steps = np.unique(np.linspace(0, len(canvas) - 1, 6).round().astype(int))
        strip = canvas[steps].swapaxes(0, 1).reshape(-1, *canvas.shape[2:])
        _show(axes, strip, f"{title}: steps {', '.join(map(str, steps))}", columns=len(steps))
    curves.save_figure(path, figure)


def _draw_curve(axes, runs, title, color):
    """Plot the mean validation cost of some runs against minutes, and their spread."""
    key = "valid_critic" if "valid_critic" in runs[0] else "valid_total"
    points = []
    for log in runs:
        known = np.isfinite(log[key])
        seconds = np.cumsum(log["seconds"]) - log["seconds"][0]  # the first step compiles
        minutes = seconds[known] / 60
        points.append((minutes, np.asarray(log[key])[known]))
    minutes = np.linspace(max(m[0] for m, _ in points), min(m[-1] for m, _ in points), 50)
    costs = np.array([np.interp(minutes, *point) for point in points])
    axes.plot(minutes, costs.mean(axis=0), color=color, label=title)
    axes.fill_between(minutes, costs.min(axis=0), costs.max(axis=0), color=color, alpha=0.2)


def _show(axes, images, title, columns):
    axes.imshow(sheets.render_sheet(images, columns=columns, scale=2))
    axes.set_title(title, fontsize=10)
    axes.axis("off")
