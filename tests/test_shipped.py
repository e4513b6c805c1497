"""The networks that come along: whole, small, as their cards say, and of nobody's machine."""

import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from minidraw import Draw, datasets, kernels
from minidraw.bounds import bound
from minidraw.models import draw
from minidraw.training import checkpoint
from minidraw.training.workers import Workers

DATA = Path(__file__).parents[1] / "data"
FILES = sorted(path for path in DATA.glob("*.npz") if path.name != "mnist_5k.npz")


def on_card(path, what):
    row = re.search(
        rf"^\| {re.escape(what)} \| (.*?) \|$", path.with_suffix(".md").read_text(), re.M
    )
    assert row, f"{path.stem}.md has no row {what!r}"
    return row[1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_card_is_this_files(path):
    assert on_card(path, "SHA-256") == hashlib.sha256(path.read_bytes()).hexdigest()
    config = Draw.load(path).config_
    assert on_card(path, "T, H, Z") == f"{config.glimpses}, {config.hidden}, {config.latent}"
    assert path.stat().st_size < 6_000_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_tells_of_no_machine(path):
    meta = checkpoint.load_meta(path)
    assert meta["data"] == {"name_or_path": "binarized-mnist"}
    assert not re.search(r"[\"'](/|[A-Z]:\\\\)", json.dumps(meta))


@pytest.mark.skipif("MINIDRAW_DATA" not in os.environ, reason="MNIST is not at hand")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_validation_bound_is_the_cards(path):
    """On the first 1,000 images, within 4 standard errors."""
    network, data = Draw.load(path), datasets.load("binarized-mnist")
    with Workers() as workers:
        settings = {"ops": kernels, "workers": workers, "fresh": False, "words": ""}
        what = draw, network.params_, data.valid, network.config_
        found = bound(*what, images=1000, **settings)
    said = float(on_card(path, "validation bound, 10,000 images").split()[0])
    assert abs(found.total - said) < 4 * found.error
