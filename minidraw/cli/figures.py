"""``minidraw figures``: the figures of the paper."""

from pathlib import Path

from minidraw.cli import inputs
from minidraw.cli.options import NETWORK_HELP, add_command, add_data_options, say
from minidraw.errors import UserError

FIGURE_5_SCENES = 6


def add_commands(commands):
    parser = add_command(commands, "figures", figures, "minidraw figures")
    parser.add_argument("network", nargs="?", type=Path, help=NETWORK_HELP)
    plain_help = "run folder or weights file of a network without attention, for figure 7"
    parser.add_argument("--no-attention", type=Path, help=plain_help)
    classifier_help = "run folder or weights file of a classifier, for figure 5"
    parser.add_argument("--classifier", type=Path, help=classifier_help)
    add_data_options(parser)
    out_help = "output folder (default: figures)"
    parser.add_argument("--out", type=Path, default="figures", help=out_help)


def figures(arguments):
    """Draw the paper's figures."""
    from minidraw.pictures import paper_figures

    network = inputs.load_painter(arguments.network)
    trained_on = network.meta_.get("data", {}) if arguments.network else inputs.BUNDLED_DIGITS
    data = inputs.load_data(arguments, trained_on)
    network.check_fits(data, "train")
    if data.name not in paper_figures.FIGURE_NUMBERS:
        paths = _save_figures_with_other_networks(arguments, network, data)
    elif arguments.no_attention or arguments.classifier:
        raise UserError(
            f"no figure of {data.name} shows another network: leave out --no-attention"
            " and --classifier"
        )
    else:
        paths = paper_figures.save_figures(
            arguments.out, network, data.central_crops, name=data.name
        )
    for path in paths:
        say(path)
    say(f"training images: the {len(data.train)} of {data.name}")


def _save_figures_with_other_networks(arguments, network, data):
    """Save the network's figures, and figures 5 and 7 with the two other networks."""
    from minidraw import datasets
    from minidraw.pictures import paper_figures, saving, sheets

    plain = inputs.BUNDLED_NETWORK_WITHOUT_ATTENTION
    plain = inputs.load_painter(arguments.no_attention or datasets.bundled_path(plain))
    classifier = inputs.load_classifier(arguments.classifier)
    scenes = datasets.load("cluttered-digits")
    classifier.check_fits(scenes, "valid")
    scanpath = classifier.scanpath(scenes.valid.images[:FIGURE_5_SCENES])
    paths = paper_figures.save_figures(
        arguments.out, network, data.central_crops, without_attention=plain
    )
    paths.append(arguments.out / "figure-5.png")
    saving.save_png(paths[-1], sheets.render_scanpath(scanpath))
    return paths
