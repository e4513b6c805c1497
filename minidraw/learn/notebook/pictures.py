"""Pictures, films and sliders in a notebook; `show` adds a caption and a text alternative."""

import base64
import html
import io
import tempfile
import tomllib
from functools import cache
from pathlib import Path

import numpy as np

from minidraw.learn.notebook.copies import find_lessons
from minidraw.pictures import drawing, saving

BLUE, VERMILION, GREEN = (
    np.divide(c, 255) for c in (drawing.BLUE, drawing.VERMILION, drawing.GREEN)
)


def panels(count=1, *, rows=1, height=2.6, widths=None):
    """Make a figure, 9 inches wide, with `count` axes side by side.

    Parameters
    ----------
    count : int
    rows : int
    height : float
        In inches.
    widths : list, optional
        Relative widths; equal if not given.

    Returns
    -------
    figure
    axes : one of matplotlib's Axes, or an array of them: ``(count,)`` or ``(rows, count)``
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, height), dpi=80, layout="constrained")
    return figure, figure.subplots(rows, count, width_ratios=widths)


def picture(axes, image, title="", *, low=None, high=None):
    """Draw an array (rows, columns) in grey, black for its lowest value."""
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    axes.set_title(title, fontsize=11)
    axes.set(xticks=[], yticks=[])


def frame(axes, window, *, K, color=GREEN):
    """Draw an attention window: a dot at each filter's centre, a line around the outermost.

    Parameters
    ----------
    axes
        With a `picture` in it.
    window : sequence
        center_x, center_y and stride, in pixels counted from 0; the rest is ignored.
    K : int
        Filters per axis.
    """
    center_x, center_y, stride = (float(np.ravel(part)[0]) for part in window[:3])
    offset = (np.arange(K) - (K - 1) / 2) * stride
    x, y = np.meshgrid(center_x + offset, center_y + offset)
    axes.autoscale(False)  # a window beyond the edge must not resize the picture
    axes.plot(x.ravel(), y.ravel(), "o", color=color, markersize=3, markeredgecolor="white")
    left, right, top, bottom = x.min(), x.max(), y.min(), y.max()
    axes.plot([left, right, right, left, left], [top, top, bottom, bottom, top], color=color)


def plain(axes, **labels):
    """Remove the upper and right spines, and set labels."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(**labels)


def show(figure, number, **values):
    """Display a figure with its caption and its text alternative from ``lessons/captions.toml``.

    Parameters
    ----------
    figure : matplotlib Figure
    number : str
        The figure's number, such as ``"12.1"``.
    **values
        What the caption's names in braces stand for.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    file = io.BytesIO()
    FigureCanvasAgg(figure).print_png(file)
    _display("image/png", file.getvalue(), *read_caption(number, values))


def movie(frames, number, *, fps=8):
    """Display frames as a film in a loop, with caption and text alternative as `show`.

    Parameters
    ----------
    frames : list of arrays of uint8, each (height, width, 3)
        As `minidraw.pictures.films.render_frames` returns them.
    number : str
        As in `show`.
    fps : float
        Frames per second.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.gif"
        saving.save_gif(path, frames, fps=fps)
        _display("image/gif", path.read_bytes(), *read_caption(number, {}))


def read_caption(number, values):
    """Return the caption and the text alternative of a figure."""
    words = _read_captions()[number]
    return words["caption"].format(**values), words["alt"].format(**values)


@cache
def _read_captions():
    return tomllib.loads((find_lessons() / "captions.toml").read_text("utf-8"))


def _display(kind, content, caption, alt):
    """Display a picture with its text alternative, as an image, HTML and text."""
    from IPython.display import Markdown, display

    coded = base64.b64encode(content).decode()
    # JupyterLab prefers HTML and gives a bare image no alt; some converters read the metadata.
    tag = f'<img src="data:{kind};base64,{coded}" alt="{html.escape(alt)}">'
    data = {kind: coded, "text/html": tag, "text/plain": alt}
    display(data, raw=True, metadata={kind: {"alt": alt}})
    display(Markdown(f"*{caption}*"))


def sliders(function, **ranges):
    """Call a function whenever a slider moves, with the mouse or with Tab and the arrow keys.

    Without ipywidgets the function is called once, with the sliders' first values.

    Parameters
    ----------
    function : callable
        Takes one number per slider.
    **ranges : (lowest, highest, start) or (lowest, highest, start, step)
        One per argument of the function.  The default step is a 40th of the range; a step of
        type int makes a slider of whole numbers.
    """
    try:
        import ipywidgets
    except ImportError:
        print("ipywidgets is missing; sliders need it. Type pip install ipywidgets")
        function(**{name: start for name, (_, _, start, *_) in ranges.items()})
        return
    made = {}
    for name, (low, high, start, *given) in ranges.items():
        step = given[0] if given else (high - low) / 40
        kind = ipywidgets.IntSlider if isinstance(step, int) else ipywidgets.FloatSlider
        made[name] = kind(
            min=low, max=high, value=start, step=step, description=name, continuous_update=False
        )
    out = ipywidgets.interactive_output(function, made)
    from IPython.display import display

    display(ipywidgets.VBox([*made.values(), out]))
