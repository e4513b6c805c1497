"""The comparison of networks that paint digits: `Painters`."""

from dataclasses import asdict

import numpy as np

from minidraw import kernels
from minidraw.compare import report
from minidraw.compare.measures import LARGEST_COUNT
from minidraw.compare.reference import Reference
from minidraw.compare.runs import Rival
from minidraw.evaluation import Evaluation
from minidraw.layers import sigmoid
from minidraw.pictures import curves, nearest, saving

# T 64, Z 100 and the presets' recipe are for hours: in minutes they would make too few steps.
SHORT = {"batch": 25, "rate": 3e-3, "kl_warmup": 0.3}
RIVALS = (
    Rival("DRAW", "mnist", {"glimpses": 16, "hidden": 275, "latent": 16}, SHORT),
    Rival("DRAW without attention", "mnist-no-attention", {"hidden": 112, "latent": 16}, SHORT),
    Rival("VAE", "vae"),
    Rival("GAN", "gan"),
)
BOUND_IMAGES, BOUND_SAMPLES = 1000, 100  # of z for each image
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
SHOWN, STRIPS = 36, 4  # paintings of each model, and films


class Painters:
    """DRAW and its rivals, measured by bounds and by how their paintings compare with digits.

    Parameters
    ----------
    data : Dataset
        Of digits.

    Raises
    ------
    UserError
        If its images aren't digits, or are too few.
    """

    def __init__(self, data):
        self.data, self.reference = data, Reference(data)
        self.rivals = RIVALS

    def calibrate(self):
        """Yield the names and scores of sets of images whose right scores are known."""
        for name, images in self.reference.calibration_sets():
            yield name, asdict(self.reference.measure(images))

    def measure(self, network, workers):
        """Return a network's numbers by name; a GAN has none for the bounds."""
        scores = asdict(self.reference.measure(network.sample(self.reference.count, seed=0)))
        if not network.model.GENERATIVE:
            return scores
        bound = Evaluation(
            network.model,
            network.params_,
            network.config_,
            self.reference.split,
            ops=kernels,
            workers=workers,
            binarize=self.data.binarizes_dynamically(network.binarize),
            images=BOUND_IMAGES,
        ).importance_bound(BOUND_SAMPLES)
        return scores | {"bound": bound.total + bound.gain, "weighted": bound.total}

    def save(self, folder, rows, logs, networks):
        """Save the table, the figure and the film of the first model; return their paths."""
        paths = [folder / name for name in ("comparison.md", "comparison.png", "film.gif")]
        report.save_text(paths[0], self.format(rows))
        draw_figure(paths[1], logs, networks, self.reference.searched)
        saving.save_picture(paths[2].with_suffix(""), next(iter(networks.values())).film(9))
        return paths

    def format(self, rows):
        """Return the tables as Markdown, with what their columns mean."""
        few = min(self.reference.count, LARGEST_COUNT)
        notes = NOTES.format(
            seeds=max(map(len, rows.values())),
            count=self.reference.count,
            name=self.reference.name,
            images=min(BOUND_IMAGES, len(self.reference.split)),
            log=np.log(10),
            few=few,
            pairs=few * (few - 1) / 2,
        )
        shares = [["class shares, %", *map(str, range(10))]]
        for name, runs in rows.items():
            means = 100 * np.mean([numbers["shares"] for numbers in runs], axis=0)
            shares.append([name, *(f"{share:.1f}" for share in means)])
        return "\n".join([report.format_rows(COLUMNS, rows), notes, report.join_cells(shares)])


def draw_figure(path, logs, networks, searched):
    """Save curves against minutes, paintings beside the nearest training images, and films.

    Parameters
    ----------
    path : path
    logs : dict
        As for `report.draw_curves`.
    networks : dict
        Title to a trained network.
    searched : array, shape (n, 1, 28, 28)
        Training images.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 9.5), dpi=100, layout="constrained")
    upper, middle, lower = figure.subfigures(3, 1, height_ratios=(7, 6, 5))
    bounds, critics = upper.subplots(1, 2)
    bounded = {title: runs for title, runs in logs.items() if "valid_kl" in runs[0]}
    report.draw_curves(
        bounds, bounded, "valid_total", title="Bound, validation", unit="nats per image"
    )
    title = "GAN: the critic's cost, no measure of quality, validation"
    report.draw_curves(critics, logs, "valid_critic", title=title, unit="nats per image")
    panels = middle.subplots(1, 2 * len(networks), width_ratios=(6, 1) * len(networks))
    for k, (title, network) in enumerate(networks.items()):
        images = network.sample(SHOWN, seed=0)
        copied = nearest.find_nearest(images[5::6], searched)
        report.show_sheet(panels[2 * k], images, title, columns=6)
        report.show_sheet(panels[2 * k + 1], copied, "nearest", columns=1)
    films = lower.subplots(1, len(networks), squeeze=False)[0]
    for axes, (title, network) in zip(films, networks.items(), strict=True):
        canvas = sigmoid(network.film(STRIPS, seed=0).canvas)
        steps = np.unique(np.linspace(0, len(canvas) - 1, 6).round().astype(int))
        strip = canvas[steps].swapaxes(0, 1).reshape(-1, *canvas.shape[2:])
        title = f"{title}: steps {', '.join(map(str, steps))}"
        report.show_sheet(axes, strip, title, columns=len(steps))
    curves.save_figure(path, figure)
