"""``minidraw figures``: the figures of the paper."""

from pathlib import Path

from minidraw.cli.inputs import (
    BUNDLED_DIGITS,
    BUNDLED_NETWORK_WITHOUT_ATTENTION,
    load_classifier,
    load_data,
    load_painter,
)
from minidraw.cli.options import NETWORK_HELP, add_command, add_data_options
from minidraw.errors import UserError

FIGURE_5_SCENES = 6


def add_commands(commands):
    parser = add_command(
        commands,
        "figures",
        figures,
        help="draw the paper's figures",
        example="minidraw figures",
    )
    parser.add_argument("network", nargs="?", type=Path, help=NETWORK_HELP)
    parser.add_argument(
        "--no-attention",
        type=Path,
        help="run folder or weights file of a network without attention, for figure 7",
    )
    parser.add_argument(
        "--classifier",
        type=Path,
        help="run folder or weights file of a classifier, for figure 5",
    )
    add_data_options(parser)
    parser.add_argument(
        "--out", type=Path, default="figures", help="output folder (default: figures)"
    )


def figures(arguments):
    from minidraw.pictures import paper_figures

    network = load_painter(arguments.network)
    trained_on = network.meta_.get("data", {}) if arguments.network else BUNDLED_DIGITS
    data = load_data(arguments, trained_on)
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
        print(path)
    print(f"training images: the {len(data.train)} of {data.name}")


def _save_figures_with_other_networks(arguments, network, data):
    """Save the network's figures, and figures 5 and 7 of the two other networks."""
    from minidraw import datasets
    from minidraw.pictures import paper_figures, saving, sheets

    without_attention = load_painter(
        arguments.no_attention or datasets.bundled_path(BUNDLED_NETWORK_WITHOUT_ATTENTION)
    )
    classifier, scenes = load_classifier(arguments.classifier), datasets.load("cluttered-digits")
    classifier.check_fits(scenes, "valid")
    scanpath = classifier.scanpath(scenes.valid.images[:FIGURE_5_SCENES])
    paths = paper_figures.save_figures(
        arguments.out, network, data.central_crops, without_attention=without_attention
    )
    paths.append(arguments.out / "figure-5.png")
    saving.save_png(paths[-1], sheets.render_scanpath(scanpath))
    return paths
