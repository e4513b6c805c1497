"""The bundled networks match their cards, stay small and name no machine."""

import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from minidraw import datasets, kernels
from minidraw.estimators import load_estimator
from minidraw.evaluation import Evaluation
from minidraw.training import checkpoint
from minidraw.training.workers import Workers

DATA = Path(__file__).parents[1] / "data"
FILES = sorted(path for path in DATA.glob("*.npz") if path.name != "mnist_5k.npz")


def read_card(path, row_name):
    row = re.search(
        rf"^\| {re.escape(row_name)} \| (.*?) \|$", path.with_suffix(".md").read_text(), re.M
    )
    assert row, f"{path.stem}.md has no row {row_name!r}"
    return row[1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_card_matches_the_file(path):
    assert read_card(path, "SHA-256") == hashlib.sha256(path.read_bytes()).hexdigest()
    config = load_estimator(path).config_
    sizes = {"T": config.glimpses, "H": config.hidden, "Z": getattr(config, "latent", None)}
    given = {name: size for name, size in sizes.items() if size}
    assert read_card(path, ", ".join(given)) == ", ".join(map(str, given.values()))
    assert path.stat().st_size < 6_000_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_metadata_names_no_machine(path):
    meta = checkpoint.load_meta(path)
    sets = "binarized-mnist", "mnist", "cluttered", "two-digits"
    assert meta["data"] in [{"name_or_path": name} for name in sets]
    assert not re.search(r"[\"'](/|[A-Z]:\\\\)", json.dumps(meta))


@pytest.mark.slow
@pytest.mark.skipif("MINIDRAW_DATA" not in os.environ, reason="MNIST is not at hand")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_validation_figure_matches_the_card(path):
    """On the first 1,000 images, within 4 standard errors."""
    network = load_estimator(path)
    data = datasets.load(network.meta_["data"]["name_or_path"])
    with Workers() as workers:
        evaluation = Evaluation(
            network.model,
            network.params_,
            network.config_,
            data.valid,
            ops=kernels,
            workers=workers,
            binarize=data.binarizes_dynamically(network.binarize, network.model.GENERATIVE),
            images=1000,
        )
        found = evaluation.costs()
    if network.model.GENERATIVE:
        count = f"{len(data.valid):,}"
        said = float(read_card(path, f"validation bound, {count} images").split()[0])
        assert abs(found.total - said) < 4 * found.standard_error
    else:
        shown = "digits" if data.name == "mnist" else "scenes"
        said = float(read_card(path, f"validation error, 10,000 {shown}").split()[0])
        assert abs(100 * found.error - said) < 400 * found.standard_error
