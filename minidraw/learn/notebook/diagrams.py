"""Block diagrams in a notebook: `paper`, then a `box` per part and a `wire` per connection."""

from minidraw.learn.notebook.pictures import VERMILION

WIRE = "0.65"
LIT_HEAD = "0.2"  # the arrowhead on a lit wire: WIRE would vanish against VERMILION


def paper(axes, width, height):
    """Turn axes into a blank sheet, with (0, 0) at the lower left and (width, height) opposite."""
    axes.set(xlim=(0, width), ylim=(0, height), xticks=[], yticks=[])
    axes.axis("off")


def box(axes, x, y, text, *, lit=False, width=1.0, height=0.6):
    """Draw a box with text, centred at (x, y); `lit` makes its border thick and coloured."""
    from matplotlib.patches import FancyBboxPatch

    corner = x - width / 2, y - height / 2
    style = {"edgecolor": VERMILION, "linewidth": 2.5} if lit else {"edgecolor": "0.3"}
    axes.add_patch(
        FancyBboxPatch(
            corner, width, height, "round,pad=0,rounding_size=0.1", facecolor="white", **style
        )
    ).set_zorder(4)
    axes.text(x, y, text, ha="center", va="center", fontsize=10, zorder=5)


def wire(axes, *points, lit=0.0, text="", above=0.12, dashed=False):
    """Draw an arrow through points, from the first to the last.

    Parameters
    ----------
    axes
    *points : pairs (x, y)
    lit : float
        Width of the coloured line drawn over the grey wire; 0 for none.
    text : str
        Shown above the middle of the first segment.
    above : float
        Distance of the text from the wire.
    dashed : bool
        For a wire from or to a place outside the picture.
    """
    xs, ys = zip(*points, strict=True)
    style = {"linestyle": "--" if dashed else "-", "zorder": 1}
    axes.plot(xs[:-1], ys[:-1], color=WIRE, linewidth=1.4, **style)
    if lit:
        axes.plot(
            xs, ys, color=VERMILION, linewidth=lit, alpha=0.85, zorder=2, solid_capstyle="butt"
        )
    arrow = {"arrowstyle": "-|>", "color": WIRE, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
    if dashed:
        arrow["linestyle"] = "--"
    axes.annotate("", points[-1], points[-2], arrowprops=arrow, zorder=1 if lit else 3)
    if lit:  # the coloured line covers the arrowhead: draw it again
        (x_0, y_0), (x_1, y_1) = points[-2:]
        part = 0.05 / max(abs(x_1 - x_0), abs(y_1 - y_0))
        near = x_1 + part * (x_0 - x_1), y_1 + part * (y_0 - y_1)
        head = arrow | {"color": LIT_HEAD, "mutation_scale": 15, "linestyle": "-"}
        axes.annotate("", points[-1], near, arrowprops=head, zorder=3)
    if text:
        x, y = (xs[0] + xs[1]) / 2, (ys[0] + ys[1]) / 2
        axes.text(x, y + above, text, ha="center", va="bottom", fontsize=9, zorder=6)
