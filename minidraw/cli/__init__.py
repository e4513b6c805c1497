"""The command line: ``minidraw COMMAND``, or ``python -m minidraw COMMAND``."""

import sys
from pathlib import Path

from minidraw import __version__
from minidraw.cli import commands, examine
from minidraw.cli.options import Parser, add_fields, one_line
from minidraw.errors import UserError

NETWORK = "run or weights (default: the MNIST network that comes with minidraw)"


def main(argv=None):
    """Run a command; returns the exit status."""
    arguments = _parser().parse_args(argv)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name may be no text
    try:
        return arguments.command(arguments) or 0
    except (UserError, OSError) as error:
        print(f"minidraw: {one_line(error)}", file=sys.stderr)
        return 2
    except MemoryError:
        print("minidraw: not enough memory for so many or such large images", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("minidraw: stopped", file=sys.stderr)
        return 130


def _parser():
    from minidraw.models.draw import Config
    from minidraw.presets import PRESETS
    from minidraw.training.recipe import Recipe

    parser = Parser(prog="minidraw", description="DRAW: a network that paints, by hand in NumPy.")
    parser.add_argument("--version", action="version", version=f"minidraw {__version__}")
    choices = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)

    def command(name, help, example):
        added = choices.add_parser(
            name,
            help=help,
            description=f"{help[0].upper()}{help[1:]}.",
            epilog=f"example:\n  {example}",
        )
        module = examine if hasattr(examine, name) else commands
        added.set_defaults(command=getattr(module, name))
        return added

    train = command("train", "train a network", "minidraw train quick --minutes 5 --glimpses 16")
    presets = "; ".join(f"{name}: {preset.help}" for name, preset in PRESETS.items())
    train.add_argument("preset", nargs="?", choices=PRESETS, help=f"quick if not given. {presets}")
    _add_data(train)
    train.add_argument("--run", type=Path, help="folder to keep the run in (default: runs/PRESET)")
    train.add_argument("--resume", type=Path, metavar="RUN", help="go on with a run that stopped")
    train.add_argument("--init", type=Path, metavar="WEIGHTS", help="run or weights to start from")
    train.add_argument("--threads", type=int, help="threads (default: one per core)")
    train.add_argument(
        "--ops", help="kernels (default), layers, or mine: your functions in mine.py, or a path"
    )
    add_fields(
        train,
        Config,
        title="size (where not given, the preset's)",
        skip=("height", "width", "channels"),
    )
    add_fields(train, Recipe, title="recipe (where not given, the preset's)")

    sample = command("sample", "paint new images", "minidraw sample runs/quick --count 64")
    _add_network(sample, "samples.png", count=100)
    sample.add_argument(
        "--coins", action="store_true", help="toss a coin per pixel instead of showing its mean"
    )
    film = command("film", "a film of the painting", "minidraw film runs/quick --image my.png")
    _add_network(film, "film.gif", count=9)
    film.add_argument("--image", type=Path, help="a picture to redraw, instead of new ones")
    film.add_argument("--invert", action="store_true", help="the picture is dark on light")
    redraw = command("reconstruct", "redraw given images", "minidraw reconstruct runs/quick")
    _add_network(redraw, "reconstructions.png", count=50)
    _add_data(redraw)
    evaluate = command(
        "evaluate", "measure a bound or an error rate", "minidraw evaluate runs/mnist"
    )
    evaluate.add_argument("network", nargs="?", type=Path, help=NETWORK)
    _add_data(evaluate)
    evaluate.add_argument("--split", choices=("test", "valid"), help="default: test, if there is")
    evaluate.add_argument(
        "--bound", choices=("plain", "iw"), default="plain", help="iw: importance-weighted"
    )
    evaluate.add_argument("--samples", type=int, help="of z per image (default: 4; iw: 1000)")
    evaluate.add_argument("--images", type=int, help="only the first IMAGES (default: all)")
    evaluate.add_argument("--seed", type=int, default=0, help="of noise and coins (default: 0)")
    evaluate.add_argument("--threads", type=int, help="threads (default: one per core)")
    evaluate.add_argument(
        "--out", type=Path, help="also draw the latent nats of every step, to this file"
    )
    classify = command(
        "classify", "name what images show", "minidraw classify scene.png --network runs/cluttered"
    )
    classify.add_argument(
        "images", nargs="+", type=Path, metavar="IMAGE", help="PNG or JPEG; small ones get a margin"
    )
    classify.add_argument(
        "--network", type=Path, help="run or weights (default: the one that comes with minidraw)"
    )
    classify.add_argument("--invert", action="store_true", help="the pictures are dark on light")
    classify.add_argument("--out", type=Path, help="also draw where it looks, to this file")
    figures = command("figures", "the paper's figures", "minidraw figures")
    figures.add_argument("network", nargs="?", type=Path, help=NETWORK)
    figures.add_argument(
        "--no-attention", type=Path, help="the same, without attention, for figure 7"
    )
    figures.add_argument("--classifier", type=Path, help="the same, of a classifier, for figure 5")
    _add_data(figures)
    figures.add_argument("--out", type=Path, default="figures", help="folder (default: figures)")
    lessons = command("lessons", "write the network yourself", "minidraw lessons start lessons")
    lessons.add_argument(
        "what",
        nargs="?",
        choices=("start", "grade"),
        help="start: copy the notebooks; grade: judge a file (default: list your functions)",
    )
    lessons.add_argument("path", nargs="?", type=Path, help="the folder, or the file")
    lessons.add_argument("--json", action="store_true", help="grade: as JSON")
    lessons.add_argument(
        "--seconds", type=float, default=20, help="grade: limit for each function (default: 20)"
    )
    command("gradcheck", "hold every gradient against finite differences", "minidraw gradcheck")
    bench = command("bench", "time it, beside the frameworks", "minidraw bench steps --rounds 3")
    bench.add_argument("what", nargs="*", help="steps, processes, profile, scaling (default: all)")
    bench.add_argument(
        "--sizes", nargs="+", help="paper, small, no-attention, classifier, cifar10 (default: all)"
    )
    bench.add_argument("--only", nargs="+", help="rows of the table of steps, by name")
    bench.add_argument("--rounds", type=int, default=9, help="turns of each (default: 9)")
    bench.add_argument("--out", type=Path, default="bench", help="folder of the two pictures")
    data = command("data", "show what a network will see", "minidraw data drawings --size 28")
    _add_data(data, positional=True)
    data.add_argument("--out", type=Path, default="data.png", help="the sheet (default: data.png)")
    return parser


def _add_data(parser, positional=False):
    from minidraw.datasets import NAMES

    parser.add_argument(
        "data" if positional else "--data",
        help=f"{', '.join(NAMES)}, or a path: .npz, .npy, idx, a folder of PNG or JPEG",
    )
    parser.add_argument("--data-dir", type=Path, help="folder of the downloaded sets")
    parser.add_argument("--size", type=int, help="bring pictures of your own to SIZE x SIZE")
    parser.add_argument(
        "--stretch", action="store_true", default=None, help="... filling it, out of proportion"
    )
    parser.add_argument(
        "--invert", action="store_true", default=None, help="your pictures are dark on light"
    )
    parser.add_argument("--crop", type=int, help="... train on random parts, CROP x CROP, of them")


def _add_network(parser, out, count):
    parser.add_argument("network", nargs="?", type=Path, help=NETWORK)
    parser.add_argument("--count", type=int, default=count, help=f"images (default: {count})")
    parser.add_argument("--seed", type=int, default=0, help="of the noise (default: 0)")
    parser.add_argument("--out", type=Path, default=out, help=f"file (default: {out})")
