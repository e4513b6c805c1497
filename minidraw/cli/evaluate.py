"""``minidraw evaluate``: the bound of a network that paints, or a classifier's error rate."""

from pathlib import Path

from minidraw.cli import options
from minidraw.cli.inputs import BUNDLED_NETWORK, load_data
from minidraw.errors import UserError

DEFAULT_SAMPLES = 4  # of z per image
DEFAULT_IMPORTANCE_SAMPLES = 1000


def add_commands(commands):
    parser = options.add_command(commands, "evaluate", evaluate, "minidraw evaluate runs/mnist")
    parser.add_argument("network", nargs="?", type=Path, help=options.NETWORK_HELP)
    options.add_data_options(parser)
    split_help = "images to measure on (default: test, or valid if the set has no test images)"
    parser.add_argument("--split", choices=("test", "valid"), help=split_help)
    bound_help = "plain: variational bound (default); iw: importance-weighted bound"
    parser.add_argument("--bound", choices=("plain", "iw"), default="plain", help=bound_help)
    defaults = f"default: {DEFAULT_SAMPLES}; iw: {DEFAULT_IMPORTANCE_SAMPLES}"
    class_help = "also measure the images of each class"
    parser.add_argument("--per-class", action="store_true", help=class_help)
    parser.add_argument("--samples", type=int, help=f"samples of z per image ({defaults})")
    parser.add_argument("--images", type=int, help="use only the first IMAGES (default: all)")
    seed_help = (
        "seed of the noise and the binarisation (default: 0); any other seed also draws new"
        " cluttered scenes"
    )
    parser.add_argument("--seed", type=int, default=0, help=seed_help)
    options.add_computing_options(parser)
    parser.add_argument("--out", type=Path, help="also save a plot of each step's latent cost here")


def evaluate(arguments):
    """Measure a bound or an error rate."""
    from minidraw.datasets import bundled_path
    from minidraw.estimators import load_estimator
    from minidraw.training.workers import Workers

    _check_numbers(arguments)
    network = load_estimator(arguments.network or bundled_path(BUNDLED_NETWORK))
    if not network.model.GENERATIVE:
        _refuse_options_of_bounds(arguments, network.MODEL)
    data = load_data(arguments, network.meta_.get("data", {}))
    split = arguments.split or ("test" if data.test else "valid")
    if arguments.per_class and data.splits[split].labels is None:
        raise UserError(f"{data.name} has no labels in its {split} set: leave out --per-class")
    network.check_fits(data, split)
    T = network.config_.glimpses
    glimpses = "1 glimpse" if T == 1 else f"{T} glimpses"
    options.say(f"T = {glimpses}, {network.meta_['which']} weights, {split} set")
    with Workers(1 if arguments.device == "cuda" else arguments.threads) as workers:
        _measure(arguments, network, data, split, workers)


def _check_numbers(arguments):
    if arguments.per_class and arguments.bound == "iw":
        raise UserError("--per-class measures plain bounds: leave out --bound iw")
    for name, least in {"samples": 1, "images": 1, "seed": 0}.items():
        given = getattr(arguments, name)
        if given is not None and given < least:
            raise UserError(f"--{name} must be at least {least}, got {given}")


def _refuse_options_of_bounds(arguments, kind):
    given = {"bound": arguments.bound == "iw", "samples": arguments.samples, "out": arguments.out}
    for name, value in given.items():
        if value:
            raise UserError(f"a {kind} network bounds no probability: leave out --{name}")


def _measure(arguments, network, data, split, workers):
    """Print the mean costs; plot the latent cost per step if an output file is given."""
    from minidraw import kernels, layers
    from minidraw.datasets import Scenes
    from minidraw.evaluation import Evaluation
    from minidraw.models import get_model
    from minidraw.pictures import curves

    generative = network.model.GENERATIVE
    protocol = f"{data.protocol(network.binarize, generative)}, {split}"
    if arguments.seed and isinstance(data.splits[split].images, Scenes):
        protocol += f", scenes drawn anew with seed {arguments.seed}"
    evaluation = Evaluation(
        get_model(network.MODEL, arguments.device),
        network.params_,
        network.config_,
        data.splits[split],
        ops=layers if arguments.device == "cuda" else kernels,
        workers=workers,
        binarize=data.binarizes_dynamically(network.binarize, generative),
        protocol=protocol,
        seed=arguments.seed,
        images=arguments.images,
        progress=True,
    )
    if arguments.bound == "iw":
        samples = arguments.samples or DEFAULT_IMPORTANCE_SAMPLES
        options.say(evaluation.importance_bound(samples))
    else:
        samples = arguments.samples or (DEFAULT_SAMPLES if generative else 1)
        if arguments.per_class:
            mean, classes = evaluation.costs_per_class(samples, data.class_names)
            for costs in (mean, *classes.values()):
                options.say(costs)
        else:
            options.say(evaluation.costs(samples))
    if arguments.out:
        curves.save_nats_per_step(arguments.out, evaluation.kl_per_step())
        options.say(arguments.out)
