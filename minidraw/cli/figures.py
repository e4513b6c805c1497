"""``minidraw figures``: the figures of the paper."""

from pathlib import Path

from minidraw.cli import inputs
from minidraw.cli.options import NETWORK_HELP, add_command, add_data_options, say
from minidraw.errors import UserError

FIGURE_5_SCENES = 3


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

    network = inputs.load_draw(arguments.network)
    data, source = _find_nearest_images(arguments, network)
    network.check_fits(data, "train")
    if data.name not in paper_figures.FIGURE_NUMBERS:
        paths = _save_figures_with_other_networks(arguments, network, data, source)
    elif arguments.no_attention or arguments.classifier:
        raise UserError(
            f"no figure of {data.name} shows another network: leave out --no-attention"
            " and --classifier"
        )
    else:
        paths = paper_figures.save_figures(
            arguments.out, network, data.central_crops, name=data.name, source=source
        )
    for path in paths:
        say(path)
    say(f"searched for the nearest image: {len(data.train):,} {source}")


def _find_nearest_images(arguments, network):
    """Return the set to search for the nearest images, and words for what its images are.

    It is the network's training set.  If no network and no set was named, nothing is downloaded:
    where the training set is missing, the bundled digits are searched instead.
    """
    from minidraw import datasets

    own = network.meta_.get("data", {})
    if arguments.network or arguments.data:
        data = inputs.load_data(arguments, own)
        searched = inputs.find_data_source(arguments, own)
    else:
        try:
            with datasets.offline():
                data, searched = inputs.load_data(arguments, own), own
        except UserError:
            searched = inputs.BUNDLED_DIGITS
            data = inputs.load_data(arguments, searched)
    trained_on = own.get("name_or_path")
    if searched.get("name_or_path") == trained_on:
        return data, f"training images of {data.name}"
    return data, f"images of {data.name} (not the training set, {trained_on or 'which is unknown'})"


def _save_figures_with_other_networks(arguments, network, data, source):
    """Save the network's figures, and figures 5 and 7 with the two other networks."""
    from minidraw import datasets
    from minidraw.estimators import Classifier
    from minidraw.pictures import paper_figures, saving, sheets

    plain = inputs.BUNDLED_NETWORK_WITHOUT_ATTENTION
    plain = inputs.load_draw(arguments.no_attention or datasets.bundled_path(plain))
    classifier = inputs.load_classifier(arguments.classifier, Classifier)
    scenes = datasets.load("cluttered-digits")
    classifier.check_fits(scenes, "valid")
    shown = scenes.valid.take(slice(FIGURE_5_SCENES))
    page = sheets.render_classification(
        classifier.scanpath(shown.images), classes=classifier.classes_, truth=shown.labels
    )
    paths = paper_figures.save_figures(
        arguments.out, network, data.central_crops, source=source, without_attention=plain
    )
    paths.append(arguments.out / "figure-5.png")
    saving.save_png(paths[-1], page)
    return paths
