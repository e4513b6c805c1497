"""`replace_layers` copies the layers, with some functions replaced.

A learner's functions, or a mistake made on purpose, take the place of ours.  Functions composed of
them, such as `read_attention`, call the replacements.
"""

import importlib.util
from types import SimpleNamespace

from minidraw import layers

COMPOSED = "latent", "lstm", "read_write"  # modules whose functions call other layers


def replace_layers(replacements):
    """Return a copy of `minidraw.layers` with some functions replaced.

    Parameters
    ----------
    replacements : dict
        Name to function, such as ``{"filterbank": f, "filterbank_backward": g}``.

    Returns
    -------
    SimpleNamespace
        Everything that a model needs from its ``ops``.
    """
    found = vars(layers) | replacements
    for name in COMPOSED:
        spec = importlib.util.find_spec(f"minidraw.layers.{name}")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)  # a separate copy, whose names can be rebound
        names = vars(module)
        names.update({key: function for key, function in replacements.items() if key in names})
        found |= {key: names[key] for key in vars(layers) if key in names}
    public = {key: value for key, value in found.items() if not key.startswith("_")}
    return SimpleNamespace(**public)
