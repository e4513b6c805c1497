"""Text from a file can't control a terminal, however it gets into a message."""

import numpy as np
import pytest
from PIL import Image

from minidraw import Classifier
from minidraw.errors import UserError, printable, quote

HOSTILE = "a\x1b[2J\x07\r\x9b31m\u202eb\u2028c\x7f\udc80"


@pytest.mark.parametrize("show", [printable, quote, lambda text: str(UserError(text))])
def test_control_characters_are_escaped(show):
    shown = show(HOSTILE)
    assert shown.isprintable() and r"\x1b[2J" in shown and "b" in shown
    assert show("größe 图") in ("größe 图", "'größe 图'")


def test_long_text_keeps_its_ends():
    shown = str(UserError("begin" + "x" * 10_000 + "end"))
    assert shown.startswith("begin") and shown.endswith("end") and len(shown) < 600
    for value in ("x" * 10_000, [1] * 10_000, 10**4000, {"a": "x" * 9000}):
        assert len(quote(value)) < 600


def test_the_classes_of_a_file_are_escaped(tmp_path, minidraw):
    images = np.random.default_rng(0).integers(0, 256, (20, 8, 8), np.uint8)
    reader = Classifier(glimpses=1, hidden=4, read_size=3, batch=5, threads=1)
    reader.fit(
        images,
        np.array([HOSTILE.replace("\udc80", "") + str(k % 2) for k in range(20)]),
        epochs=1,
        verbose=False,
    )
    reader.save(tmp_path / "a.npz")
    Image.fromarray(images[0]).save(tmp_path / "a.png")
    status, out, err = minidraw("classify", tmp_path / "a.png", "--network", tmp_path / "a.npz")
    assert status == 0 and out.replace("\n", "").isprintable() and r"\x1b" in out
