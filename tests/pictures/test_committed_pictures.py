"""The pictures in data/: large enough, and the scripts in data/README.md draw them again."""

import re
import shutil

import numpy as np
import pytest
from PIL import Image

from minidraw.datasets import bundled_path

FOLDER = bundled_path("README.md").parent


@pytest.mark.parametrize("name, words", [("curve", "run {run}"), ("scaling", "draw_charts")])
def test_the_script_draws_the_picture(tmp_path, monkeypatch, name, words):
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (script,) = [block for block in blocks if words in block]
    (tmp_path / "data").mkdir()
    shutil.copy(FOLDER / f"{name}.csv", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    exec(script, {})
    with Image.open(FOLDER / f"{name}.png") as kept, Image.open(f"data/{name}.png") as drawn:
        assert drawn.size == kept.size and min(kept.size) >= 700


def test_the_film_of_sixteen_digits_is_in_colour_and_ends_with_all_of_them():
    with Image.open(FOLDER / "film.gif") as film:
        assert film.n_frames == 66 and min(film.size) > 500
        film.seek(30)
        frame = np.asarray(film.convert("RGB")).astype(int)
    assert (np.ptp(frame, axis=2) > 100).sum() > 16 * 50  # sixteen orange frames


def test_two_digits_are_enlarged():
    with Image.open(FOLDER / "two-digits.png") as picture:
        assert picture.width > 10 * 2 * 60 and picture.height > 6 * 2 * 60
