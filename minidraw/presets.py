"""Named experiments: size, data and recipe, so that one command repeats a result."""

from dataclasses import dataclass, field

from minidraw.training.recipe import Recipe


@dataclass(frozen=True)
class Preset:
    help: str
    data: str  # name of a data set
    config: dict = field(default_factory=dict)  # what differs from the model's own defaults
    recipe: Recipe = Recipe()
    model: str = "draw"


PRESETS = {
    "quick": Preset(
        "two minutes on the digits that come with minidraw",
        data="digits",
        config={"glimpses": 10, "latent": 16, "read_size": 5},
        recipe=Recipe(minutes=2, batch=50),
    ),
    "mnist": Preset(
        "the paper's MNIST network with attention, on the fixed binarisation",
        data="binarized-mnist",
        recipe=Recipe(epochs=150, rate=2.5e-3, grow="16:0.4,32:0.6", validate=1000),
    ),
    "mnist-no-attention": Preset(
        "the paper's MNIST network without attention, T 10",
        data="binarized-mnist",
        config={"glimpses": 10, "read_attention": False, "write_attention": False},
        recipe=Recipe(epochs=75, validate=1000),
    ),
    "cluttered": Preset(
        "the paper's classifier of cluttered digits, 8 glimpses; --glimpses 4 for its other one",
        data="cluttered",
        recipe=Recipe(epochs=100, rate=1e-3, final_rate=1e-5, clip=5, validate=1000),
        model="glimpse",
    ),
}
