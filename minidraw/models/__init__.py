"""Networks made of layers; `interface.py` lists the names that every model offers."""

from importlib import import_module

from minidraw.errors import UserError
from minidraw.models.cuda import CudaModel

MODEL_NAMES = ("draw", "classifier", "vae", "convnet", "ram", "gan")
FORMER_NAMES = {"glimpse": "classifier"}  # in files written before the model was renamed


def current_name(name):
    """Return a model's current name, given its name in a file."""
    return FORMER_NAMES.get(name, name) if isinstance(name, str) else name


def get_model(name, device="cpu"):
    """Return the module of the model called `name`; with device "cuda", as a `CudaModel`."""
    name = current_name(name)
    if name not in MODEL_NAMES:
        raise UserError(f"unknown model {name!r}; choose from {', '.join(MODEL_NAMES)}")
    model = import_module(f"minidraw.models.{name}")
    return CudaModel(model) if device == "cuda" else model
