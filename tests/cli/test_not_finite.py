"""Results that aren't finite end a command with one line; they are never printed or saved."""

import json

import numpy as np
import pytest
from PIL import Image

from minidraw.models import get_model
from minidraw.training import checkpoint

SIZES = {
    "draw": {"height": 28, "width": 28, "glimpses": 2, "hidden": 4, "latent": 2},
    "classifier": {"height": 28, "width": 28, "glimpses": 2, "hidden": 4, "classes": 10},
}
DRAW_COMMANDS = {
    "evaluate": ("--data", "digits", "--images", 20),
    "evaluate-iw": ("--data", "digits", "--images", 20, "--bound", "iw", "--samples", 2),
    "sample": (),
    "film": (),
    "reconstruct": ("--data", "digits"),
}


def write_huge_weights(path, model):
    """Save a network whose weights are finite, and so large that no result is."""
    module = get_model(model)
    config = module.Config(**SIZES[model])
    shapes = module.param_shapes(config)
    rng = np.random.default_rng(0)
    params = {
        name: np.float32(3e38) * rng.choice([-1, 1], shape).astype(np.float32)
        for name, shape in shapes.items()
    }
    meta = {"model": model, "config": vars(config), "data": {"name_or_path": "digits"}}
    checkpoint.save(path, json.loads(json.dumps(meta)), {"weights": params})
    return path


@pytest.mark.parametrize("name", DRAW_COMMANDS)
def test_a_painters_results(refused, here, name):
    weights = write_huge_weights(here / "huge.npz", "draw")
    refused(name.removesuffix("-iw"), weights, *DRAW_COMMANDS[name], words="finite")
    assert [path.name for path in here.iterdir()] == ["huge.npz"]


def test_a_classifiers_results(refused, here):
    weights = write_huge_weights(here / "huge.npz", "classifier")
    Image.fromarray(np.eye(28, dtype=np.uint8) * 255).save(here / "scene.png")
    refused("classify", here / "scene.png", "--network", weights, words="finite")


def test_images_of_one_pixel_have_no_window(refused, here):
    np.save(here / "dots.npy", np.random.default_rng(0).integers(0, 256, (40, 1, 1), np.uint8))
    np.save(here / "large.npy", np.random.default_rng(0).integers(0, 256, (40, 9, 9), np.uint8))
    refused("train", "--data", here / "dots.npy", "--epochs", 1, words="1")
    refused("train", "--data", here / "large.npy", "--crop", 1, "--epochs", 1, words="1")
    assert not (here / "runs").exists()
