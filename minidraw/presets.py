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


_SVHN = {"read_size": 12, "write_size": 12}
_CIFAR = {"read_size": 5, "write_size": 5}

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
        recipe=Recipe(epochs=75, final_rate=1.5e-4, validate=1000),
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
        recipe=Recipe(epochs=300, rate=2e-3, final_rate=1e-5, clip=5, validate=2000),
        model="classifier",
    ),
    # From here on the recipes are what one would expect; they ran for half an hour at most.
    # Costs grow with the number of values in an image, and with them the bound on the gradient.
    "two-digits": Preset(
        "two digits on 60x60; the paper gives no sizes, these are T 32, H 256, Z 100",
        data="two-digits",
        config={"glimpses": 32, "read_size": 5},
        recipe=Recipe(epochs=100, grow="16:0.5", validate=1000),
    ),
    "two-digits-small": Preset(
        "two digits on 60x60 in half an hour, T 16",
        data="two-digits",
        config={"glimpses": 16, "latent": 50, "read_size": 5},
        recipe=Recipe(minutes=30),
    ),
    "svhn": Preset(
        "the paper's network of house numbers, T 32, H 800: a week or more on 2 cores",
        data="svhn",
        config=_SVHN | {"glimpses": 32, "hidden": 800},
        recipe=Recipe(epochs=151, rate=1e-3, clip=5000, binarize="never", validate=2000),
    ),
    "svhn-small": Preset(
        "house numbers in an hour, T 16, H 256; also for numbers of your own: --data, --crop",
        data="svhn-no-extra",
        config=_SVHN | {"glimpses": 16, "latent": 50},
        recipe=Recipe(minutes=60, rate=1.5e-3, clip=5000, binarize="never"),
    ),
    "cifar10": Preset(
        "the paper's network of CIFAR-10, T 64, H 400, Z 200: a day or so on 2 cores",
        data="cifar10",
        config=_CIFAR | {"glimpses": 64, "hidden": 400, "latent": 200},
        recipe=Recipe(epochs=100, rate=1e-3, clip=1000, grow="16:0.4,32:0.6", validate=1000),
    ),
    "cifar10-small": Preset(
        "CIFAR-10 in an hour, T 16, H 256, Z 100",
        data="cifar10",
        config=_CIFAR | {"glimpses": 16},
        recipe=Recipe(minutes=60, rate=1.5e-3, clip=1000),
    ),
}
