"""The layers once more, with some of their functions replaced: `layers_over`.

A learner's functions, or a mistake made on purpose, take the places of ours; what is composed of
them, such as `read_attention`, then calls them.  That composition is written once, in `latent.py`,
`lstm.py` and `read_write.py`.
"""

import importlib.util
from types import SimpleNamespace

from minidraw import layers

COMPOSED = "latent", "lstm", "read_write"  # modules whose functions call other layers


def layers_over(replaced):
    """Return `minidraw.layers` with other functions in some places.

    Parameters
    ----------
    replaced : dict
        Name to function, such as ``{"filterbank": f, "filterbank_backward": g}``.

    Returns
    -------
    SimpleNamespace
        Everything that a model asks of its ``ops``.
    """
    found = vars(layers) | replaced
    for name in COMPOSED:
        spec = importlib.util.find_spec(f"minidraw.layers.{name}")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)  # a copy of its own, whose names can be rebound
        names = vars(module)
        names.update({key: function for key, function in replaced.items() if key in names})
        found |= {key: names[key] for key in vars(layers) if key in names}
    public = {key: value for key, value in found.items() if not key.startswith("_")}
    return SimpleNamespace(**public)
