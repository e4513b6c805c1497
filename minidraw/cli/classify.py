"""``minidraw classify``: the class of each picture."""

from pathlib import Path

from minidraw.cli.inputs import load_classifier, read_pictures
from minidraw.cli.options import add_command, add_invert_option, say
from minidraw.errors import UserError

MAX_ROWS = 50  # pictures on a sheet


def add_commands(commands):
    parser = add_command(
        commands, "classify", classify, "minidraw classify scene.png --network runs/cluttered"
    )
    images_help = "picture file; a picture smaller than the network's images gets a margin"
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help=images_help)
    network_help = "run folder or weights file (default: the bundled classifier)"
    parser.add_argument("--network", type=Path, help=network_help)
    add_invert_option(parser)
    parser.add_argument("--out", type=Path, help="also save the windows and glimpses as a picture")


def classify(arguments):
    """Classify pictures."""
    from minidraw.pictures import saving, sheets

    network = load_classifier(arguments.network)
    images = read_pictures(network, arguments.images, arguments.invert, enlarge=False)
    if arguments.out and not hasattr(network, "scanpath"):
        raise UserError(f"a {network.MODEL} network has no windows to draw: leave out --out")
    for path, likely in zip(arguments.images, network.predict_proba(images), strict=True):
        say(f"{path}: {network.classes_[likely.argmax()]} ({likely.max():.1%})")
    if arguments.out:
        rows = range(min(MAX_ROWS, len(images)))
        scanpath = network.scanpath(images)
        page = sheets.render_classification(scanpath, index=rows, classes=network.classes_)
        saving.save_png(arguments.out, page)
        cut = len(rows) < len(images)
        say(f"{arguments.out}: the first {MAX_ROWS}" if cut else arguments.out)
