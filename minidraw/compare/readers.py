"""The comparison of networks that read cluttered scenes: `Readers`."""

from minidraw import kernels
from minidraw.compare import report
from minidraw.compare.runs import Rival
from minidraw.datasets import Scenes
from minidraw.evaluation import Evaluation
from minidraw.pictures import curves, sheets

RIVALS = (
    Rival("classifier", "cluttered"),
    Rival("RAM", "ram"),
    Rival("convnet", "convnet"),
)
COLUMNS = {
    "weights": ("weights", ",.0f"),
    "steps": ("steps", ",.0f"),
    "error": ("error, %", ".1f"),
    "nll": ("cross-entropy, nats", ".3f"),
}
NOTES = """\
Each row: the mean over {seeds} seed(s), ± the standard deviation where there are several.
Errors are on {count:,} {name} scenes (standard error at most {error:.1f} %).
Guessing is wrong in {guessing:.0f} %. Training scenes were made anew at every step.

* **classifier**: 8 glimpses through DRAW's window; the gradient tells the window where to go.
* **RAM**: 8 glimpses at sampled places; only the reward, a right answer, tells where to look.
* **convnet**: sees the whole scene at once.

In the paper's table 1, on scenes of 100x100 pixels and trained to the end, they reach 3.36 %,
8.11 % and 14.35 %.
"""
SHOWN = 3  # scenes that each network reads in the figure


class Readers:
    """Three ways to find the digit among clutter, measured by the share of scenes read wrongly.

    Parameters
    ----------
    data : Dataset
        Of scenes with labels.
    """

    def __init__(self, data):
        self.data = data
        self.split = data.test or data.valid
        self.rivals = RIVALS

    @staticmethod
    def reads(data):
        """Return whether the images of a data set are such scenes."""
        return isinstance(data.train.images, Scenes) and data.train.labels is not None

    def calibrate(self):
        """Yield nothing: an error rate needs no calibration."""
        return iter(())

    def measure(self, network, workers):
        """Return a network's numbers by name."""
        sizes = network.model, network.params_, network.config_
        costs = Evaluation(*sizes, self.split, ops=kernels, workers=workers, binarize=False).costs()
        return {"error": 100 * costs.error, "nll": costs.nll}

    def save(self, folder, rows, logs, networks):
        """Save the table and the figure; return their paths."""
        paths = [folder / "comparison.md", folder / "comparison.png"]
        notes = NOTES.format(
            seeds=max(map(len, rows.values())),
            count=len(self.split),
            name=f"{'test' if self.data.test else 'validation'} {self.data.name}",
            error=100 * 0.5 / len(self.split) ** 0.5,
            guessing=100 - 100 / next(iter(networks.values())).config_.classes,
        )
        report.save_text(paths[0], "\n".join([report.format_rows(COLUMNS, rows), notes]))
        self.draw_figure(paths[1], logs, networks)
        return paths

    def draw_figure(self, path, logs, networks):
        """Save curves against minutes, and where each network looks at the same scenes."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(13, 9), dpi=100, layout="constrained")
        upper, lower = figure.subfigures(2, 1, height_ratios=(4, 5))
        errors, costs = upper.subplots(1, 2)
        title = "Share of validation scenes read wrongly"
        report.draw_curves(errors, logs, "valid_error", title=title, unit="fraction of scenes")
        title = "Cross-entropy, validation"
        report.draw_curves(costs, logs, "valid_nll", title=title, unit="nats per scene")
        looking = {title: net for title, net in networks.items() if hasattr(net, "scanpath")}
        scenes = self.split.images[:SHOWN]
        panels = lower.subplots(1, len(looking), squeeze=False)[0]
        for axes, (title, network) in zip(panels, looking.items(), strict=True):
            picture = sheets.render_scanpath(network.scanpath(scenes))
            report.show_picture(axes, picture, f"where it looks: {title}")
        curves.save_figure(path, figure)
