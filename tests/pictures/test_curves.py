"""Curves of a run and bars of what was measured."""

import numpy as np
import pytest
from PIL import Image

from minidraw.models.draw import Measured
from minidraw.pictures import curves


def save_curves(path, log):
    curves.save_curves(path, log, Measured.PANELS)


def load(path):
    return np.asarray(Image.open(path).convert("RGB"))


def some_log(rows=2000):
    """A cost that starts at 550 and ends at 90; validation in every hundredth row."""
    step = np.arange(1, rows + 1) * 10
    nll = 90 + 460 * np.exp(-step / 300)
    valid = np.where(np.arange(rows) % 100 == 99, nll + 2, np.nan)
    return {"step": step, "nll": nll, "kl": 25 - nll / 25, "valid_nll": valid, "valid_kl": valid}


def panels(monkeypatch, path, log, plot=save_curves):
    """Save a plot and return Matplotlib's panels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figures = []
    draw = FigureCanvasAgg.print_png
    keep = lambda self, *args: (figures.append(self.figure), draw(self, *args))  # noqa: E731
    monkeypatch.setattr(FigureCanvasAgg, "print_png", keep)
    plot(path, log)
    return figures[0].axes


def test_curves_show_training_and_validation(tmp_path, monkeypatch):
    left, right = panels(monkeypatch, tmp_path / "curves.png", some_log())
    raw, smooth, valid = left.get_lines()
    assert np.array_equal(raw.get_ydata(), some_log()["nll"][::2])  # 1,000 points are enough
    assert len(smooth.get_ydata()) == 1000 and len(valid.get_ydata()) == 20
    assert valid.get_xdata()[0] == 1000
    assert left.get_ylabel() == right.get_ylabel() == "nats per image"
    low, high = left.get_ylim()
    assert low < 90 and 92 < high < 120  # the first 550 don't flatten the rest
    assert load(tmp_path / "curves.png").shape == (420, 1100, 3)


def test_smoothing_leaves_a_straight_line_alone(tmp_path, monkeypatch):
    log = {"step": range(300), "nll": np.arange(300.0), "kl": np.ones(300)}
    _, smooth = panels(monkeypatch, tmp_path / "curves.png", log)[0].get_lines()
    assert np.allclose(smooth.get_ydata()[10:-10], np.arange(10, 290))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "log",
    [
        {"step": [], "nll": [], "kl": []},
        {"step": [1], "nll": [500.0], "kl": [0.0], "valid_nll": [np.nan], "valid_kl": [np.nan]},
        {"step": [1, 2, 3], "nll": [5.0, np.nan, np.inf], "kl": [np.nan] * 3},
    ],
)
def test_curves_of_short_and_broken_logs(tmp_path, log):
    save_curves(tmp_path / "curves.png", log)
    assert load(tmp_path / "curves.png").shape == (420, 1100, 3)


def test_a_bar_for_every_step(tmp_path, monkeypatch):
    axes = panels(monkeypatch, tmp_path / "nats.png", [3.0, 2.0, 0.5], curves.save_nats_per_step)[0]
    assert [bar.get_height() for bar in axes.patches] == [3.0, 2.0, 0.5]
    assert [bar.get_center()[0] for bar in axes.patches] == [1, 2, 3]
    assert axes.get_title() == "Latent cost of each step, 5.5 nats in all"
    assert load(tmp_path / "nats.png").shape == (300, 800, 3)
