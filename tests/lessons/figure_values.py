"""What a lesson's figures show, as numbers, and whether it supports their captions."""

import re

from tests.lessons.numbers_in_texts import TABLE, find_numbers, read_values, supports

PRINT_VALUES = '''
from minidraw.learn import notebook


def _list_values(axes):
    """Return the numbers and words of a plot: ends and extremes of long lines, all of short."""
    import numpy as np

    values, words = [], [axes.title, axes.xaxis.label, *axes.texts, *axes.get_xticklabels()]
    for line in axes.lines:
        x, y = (np.asarray(part, float).ravel() for part in line.get_data())
        kept = range(len(y))
        if len(y) > 12:
            kept = {0, len(y) - 1, int(np.nanargmin(y)), int(np.nanargmax(y))}
        values += [float(part[k]) for k in kept for part in (x, y)]
    for patch in axes.patches:  # bars
        if hasattr(patch, "get_height"):
            values += [float(patch.get_height()), float(patch.get_width())]
    for dots in axes.collections:
        found = np.asarray(dots.get_offsets(), float)
        values += [*map(float, found.min(axis=0)), *map(float, found.max(axis=0))]
    for image in axes.images:
        values += [float(image.get_array().min()), float(image.get_array().max())]
    return values, [word.get_text() for word in words if word.get_text()]


def _show(figure, number, _show=notebook.show, **values):
    for axes in figure.axes:
        print("FIGURE", number, *_list_values(axes))
    _show(figure, number, **values)


notebook.show = _show
'''


def find_unsupported(cells, captions, lesson):
    """Return the numbers of captions that neither a figure nor its cell, or the one above, shows.

    Parameters
    ----------
    cells : list
        The lesson's cells of code with their outputs, run after `PRINT_VALUES`.
    captions : dict
        Of all figures, as in ``captions.toml``.
    lesson : str
        Its number, under which ``numbers.toml`` lists further numbers.

    Returns
    -------
    set of str
    """
    unsupported, texts = set(), [""]
    for cell in cells:
        printed = "".join(output.get("text", "") for output in cell.outputs)
        texts.append(f"{cell.source}\n{printed}")
        for number in set(re.findall(r"^FIGURE (\S+)", printed, re.M)):
            others = re.compile(rf"^FIGURE (?!{re.escape(number)} ).*$", re.M)
            values = read_values(others.sub("", "\n".join(texts[-2:])))
            words = re.sub(r"\{.*?\}", "", "\n".join(captions[number].values()))
            for written, hedged, percent, _ in find_numbers(words):
                # Roughly: training ends a little elsewhere on another processor.
                if not supports(values, written, hedged, percent, roughly=True):
                    unsupported.add(written.lstrip("-"))
    return unsupported - set(TABLE.get(lesson, {}).get("captions", {}))
