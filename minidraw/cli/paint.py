"""``minidraw sample``, ``film`` and ``reconstruct``: pictures painted by a network."""

from pathlib import Path

from minidraw.cli.inputs import BUNDLED_DIGITS, load_data, load_painter, read_pictures
from minidraw.cli.options import (
    add_command,
    add_data_options,
    add_invert_option,
    add_painting_options,
    say,
)
from minidraw.errors import UserError

MAX_COUNT = 10_000  # images on a sheet


def add_commands(commands):
    parser = add_command(commands, "sample", sample, "minidraw sample runs/quick --count 64")
    add_painting_options(parser, out="samples.png", count=100)
    _add_label_option(parser)
    parser.add_argument(
        "--bernoulli",
        "--coins",
        action="store_true",
        help="show black and white Bernoulli samples instead of probability images",
    )
    parser = add_command(commands, "film", film, "minidraw film runs/quick --image my.png")
    add_painting_options(parser, out="film.gif", count=9)
    _add_label_option(parser)
    parser.add_argument("--image", type=Path, help="picture to redraw, instead of new images")
    add_invert_option(parser)
    parser = add_command(commands, "reconstruct", reconstruct, "minidraw reconstruct runs/quick")
    add_painting_options(parser, out="reconstructions.png", count=50)
    add_data_options(parser)


def sample(arguments):
    """Paint new images."""
    from minidraw.pictures import labels, saving, sheets

    _check_count(arguments)
    network = load_painter(arguments.network)
    images = network.sample(
        arguments.count,
        labels=arguments.label,
        seed=arguments.seed,
        bernoulli=arguments.bernoulli,
    )
    kind = "a Bernoulli sample" if arguments.bernoulli else "the probability"
    title = f"{len(images)} images painted from noise: {kind} of each pixel"
    saving.save_png(arguments.out, labels.make_page(sheets.render_sheet(images), title))
    say(arguments.out)


def film(arguments):
    """Show the painting of images as a film."""
    from minidraw.pictures import films, saving

    _check_count(arguments)
    network = load_painter(arguments.network)
    images = None
    if arguments.image:
        images = read_pictures(network, [arguments.image], arguments.invert)
    film = network.film(arguments.count, images=images, labels=arguments.label, seed=arguments.seed)
    saving.save_gif(arguments.out, films.render_film(film))
    say(arguments.out)


def reconstruct(arguments):
    """Redraw validation images."""
    from minidraw.datasets import as_float
    from minidraw.pictures import labels, saving, sheets

    _check_count(arguments)
    network = load_painter(arguments.network)
    trained_on = network.meta_.get("data", {}) if arguments.network else BUNDLED_DIGITS
    data = load_data(arguments, trained_on)
    images = as_float(data.valid.images[: arguments.count])
    classes = None
    if network.classes:
        network.check_fits(data, "valid")
        classes = network.classes_[data.valid.labels[: len(images)]]
    redrawn = network.reconstruct(images, classes, seed=arguments.seed)
    title = (
        f"{len(images)} validation images of {data.name}, each with its reconstruction beside it"
    )
    page = labels.make_page(sheets.render_pairs(images, redrawn), title)
    saving.save_png(arguments.out, page)
    say(f"{arguments.out}: pairs of a validation image and its reconstruction")


def _add_label_option(parser):
    parser.add_argument(
        "--label", help="class to paint, with a network trained with --conditional (default: all)"
    )


def _check_count(arguments):
    if not 1 <= arguments.count <= MAX_COUNT:
        raise UserError(
            f"--count must be at least 1 and at most {MAX_COUNT}, got {arguments.count}"
        )
