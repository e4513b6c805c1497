"""Tables, curves against minutes and pictures for the report of any comparison."""

from statistics import mean, stdev

import numpy as np

from minidraw.atomic_write import write_atomically
from minidraw.pictures import sheets
from minidraw.pictures.drawing import BLUE, GREEN, VERMILION

COLOURS = BLUE, GREEN, VERMILION, (0, 0, 0)  # of the models, in their order


def format_rows(columns, rows):
    """Return a table as Markdown.

    Parameters
    ----------
    columns : dict
        Name of a number to its title and format.
    rows : dict
        Title of a row to a list of numbers by name, one dict for each seed.
    """
    lines = [["", *(title for title, _ in columns.values())]]
    for name, runs in rows.items():
        lines.append([name, *(_format(runs, key, form) for key, (_, form) in columns.items())])
    return join_cells(lines)


def _format(runs, key, form):
    found = [numbers[key] for numbers in runs if key in numbers]
    if not found:
        return "–"
    spread = f" ± {stdev(found):{form}}" if len(set(found)) > 1 else ""
    return f"{mean(found):{form}}{spread}"


def join_cells(lines):
    """Return lists of cells as Markdown; the first is the head."""
    rule = ["---"] * len(lines[0])
    return "".join(f"| {' | '.join(line)} |\n" for line in [lines[0], rule, *lines[1:]])


def save_text(path, text):
    """Save a report's text."""
    with write_atomically(path) as file:
        file.write(text.encode())


def draw_curves(axes, logs, column, *, title, unit):
    """Plot validation costs against minutes: the mean over seeds, and their spread.

    Parameters
    ----------
    axes : matplotlib Axes
    logs : dict
        Title of a model to a list of logs, the columns of `Log.read`, one for each seed.
    column : str
        Models whose logs lack it are left out.
    title, unit : str
    """
    for color, (name, runs) in zip(COLOURS, logs.items(), strict=False):
        if column not in runs[0]:
            continue
        points = []
        for log in runs:
            known = np.isfinite(log[column])
            seconds = np.cumsum(log["seconds"]) - log["seconds"][0]  # the first step compiles
            points.append((seconds[known] / 60, np.asarray(log[column])[known]))
        minutes = np.linspace(max(m[0] for m, _ in points), min(m[-1] for m, _ in points), 50)
        costs = np.array([np.interp(minutes, *point) for point in points])
        color = np.divide(color, 255)
        axes.plot(minutes, costs.mean(axis=0), color=color, label=name)
        axes.fill_between(minutes, costs.min(axis=0), costs.max(axis=0), color=color, alpha=0.2)
    axes.set(title=title, xlabel="minutes", ylabel=unit)
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


def show_sheet(axes, images, title, columns):
    """Show images as a sheet."""
    show_picture(axes, sheets.render_sheet(images, columns=columns, scale=2), title)


def show_picture(axes, pixels, title):
    """Show a picture without axes."""
    axes.imshow(pixels)
    axes.set_title(title, fontsize=10)
    axes.axis("off")
