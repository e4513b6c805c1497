"""`build_page` joins weights, programs, style and text to one HTML file."""

import base64
import hashlib
import json
import re
from dataclasses import asdict
from importlib import resources

import numpy as np

from minidraw import datasets
from minidraw.errors import UserError

# In the order of their imports: a module comes after those that it needs.
MODULES = ("layers", "network", "draw", "classifier", "noise")  # the network
MODULES += ("address", "describe", "screen", "pictures", "gif", "saving", "player", "pad")
MODULES += ("digits", "yours", "scene", "playground", "main")  # the page's parts
DIGITS = ("digits", "mnist", "binarized-mnist")  # data sets of single digits
SCENES = ("cluttered", "cluttered-digits")  # data sets of a digit among clutter
MODELS = "draw", "classifier"  # that the page's programs can run
EXAMPLES = 6  # scenes on a classifier's page
MAX_WEIGHT_BYTES = 20_000_000  # of float16; browsers read a third more as base64


def build_page(network, name, lessons=None):
    """Return a page with a trained network, as HTML.

    Parameters
    ----------
    network : Draw or Classifier
        Trained; the page holds its weights as float16.
    name : str
        Shown as the network's name.
    lessons : str, optional
        Address of a folder with the lessons as pages (``04_look_through_a_filterbank.html``),
        to link to; without it, the page names the lessons.

    Returns
    -------
    page : str

    Raises
    ------
    UserError
        If the page's programs don't run such a network, if it is too large for a page, or if
        float16 can't hold its weights.
    """
    stored = pack_network(network) | {"name": name, "lessons": lessons}
    script, style = join_modules(MODULES), _read("page.css")
    return _fill(
        _read("page.html"),
        script=script,
        style=style,
        script_hash=_hash_source(script),
        style_hash=_hash_source(style),
        network=json.dumps(stored).replace("<", "\\u003c"),  # text from a file never ends the tag
    )


def pack_network(network):
    """Return what the page's programs need of a network, as values for JSON."""
    if network.MODEL not in MODELS:
        raise UserError(f"a page runs {' or '.join(MODELS)} networks; this one is {network.MODEL}")
    weights = network.params_
    if (size := 2 * sum(array.size for array in weights.values())) > MAX_WEIGHT_BYTES:
        raise UserError(
            f"this network's weights take {size / 1e6:.1f} MB as float16;"
            f" a page holds at most {MAX_WEIGHT_BYTES / 1e6:.0f} MB. Train a smaller network"
        )
    with np.errstate(over="ignore"):
        halves = {name: array.astype("<f2") for name, array in weights.items()}
    if not all(np.isfinite(array).all() for array in halves.values()):
        raise UserError("a weight of this network is larger than 65504, float16's largest number")
    data = network.meta_.get("data")
    trained_on = data.get("name_or_path") if isinstance(data, dict) else None
    return {
        "model": network.MODEL,
        "noun": "digit" if trained_on in DIGITS else "picture",
        "config": asdict(network.config_),
        "examples": _pack_examples(network, trained_on),
        "classes": [str(label) for label in getattr(network, "classes_", ())],
        "weights": [
            {"name": name, "shape": array.shape, "packed": base64.b64encode(array).decode()}
            for name, array in halves.items()
        ],
    }


def _pack_examples(network, trained_on):
    """Return scenes to read, of the bundled digits; none for a network that reads anything else."""
    scenes = datasets.load("cluttered-digits").valid.images if trained_on in SCENES else None
    if scenes is None or network.config_.image_shape != scenes.shape[1:]:
        return []
    return [base64.b64encode(scene).decode() for scene in scenes[:EXAMPLES]]


def join_modules(names):
    """Return JavaScript modules as one script: a page opened from disk may import no files.

    Each module becomes a function that returns what the module exports.
    """
    return "const modules = {};\n" + "".join(_wrap_module(name) for name in names)


def _wrap_module(name):
    source = _read(f"{name}.js")
    exports = re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", source, re.M)
    source = re.sub(
        r'^import (\{.*\}) from "\./(\w+)\.js";', r"const \1 = modules.\2;", source, flags=re.M
    )
    source = re.sub(r"^export ", "", source, flags=re.M)
    return f"modules.{name} = (() => {{\n{source}return {{ {', '.join(exports)} }};\n}})();\n"


def _read(name):
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _hash_source(source):
    """Return the source's hash as a Content-Security-Policy names it."""
    digest = hashlib.sha256(source.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _fill(template, **parts):
    """Replace each {{name}} of the template once; parts may hold braces themselves."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)
