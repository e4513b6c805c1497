"""The command line: ``minidraw COMMAND``, or ``python -m minidraw COMMAND``."""

import os
import shlex
import sys
from pathlib import Path

from minidraw.errors import UserError
from minidraw.options import Parser, add_fields, chosen, one_line

RUNS = Path("runs")
MOST = 10_000  # images on a sheet


def main(argv=None):
    """Run a command; returns the exit status."""
    arguments = _parser().parse_args(argv)
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
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)

    def command(function, help, example):
        name = function.__name__.removeprefix("_")
        added = commands.add_parser(
            name,
            help=help,
            description=f"{help[0].upper()}{help[1:]}.",
            epilog=f"example:\n  {example}",
        )
        added.set_defaults(command=function)
        return added

    train = command(_train, "train a network", "minidraw train quick --minutes 5 --glimpses 16")
    presets = "; ".join(f"{name}: {preset.help}" for name, preset in PRESETS.items())
    train.add_argument("preset", nargs="?", choices=PRESETS, help=f"quick if not given. {presets}")
    _add_data(train)
    train.add_argument("--run", type=Path, help="folder to keep the run in (default: runs/PRESET)")
    train.add_argument("--resume", type=Path, metavar="RUN", help="go on with a run that stopped")
    train.add_argument("--init", type=Path, metavar="WEIGHTS", help="run or weights to start from")
    train.add_argument("--threads", type=int, help="threads (default: one per core)")
    add_fields(
        train,
        Config,
        title="size (where not given, the preset's)",
        skip=("height", "width", "channels"),
    )
    add_fields(train, Recipe, title="recipe (where not given, the preset's)")

    sample = command(_sample, "paint new images", "minidraw sample runs/quick --count 64")
    _add_network(sample, "samples.png", count=100)
    sample.add_argument(
        "--coins", action="store_true", help="toss a coin per pixel instead of showing its mean"
    )
    film = command(_film, "a film of the painting", "minidraw film runs/quick --image my.png")
    _add_network(film, "film.gif", count=9)
    film.add_argument("--image", type=Path, help="a picture to redraw, instead of new ones")
    film.add_argument("--invert", action="store_true", help="the picture is dark on light")
    redraw = command(_reconstruct, "redraw given images", "minidraw reconstruct runs/quick")
    _add_network(redraw, "reconstructions.png", count=50)
    _add_data(redraw)
    command(_gradcheck, "hold every gradient against finite differences", "minidraw gradcheck")
    bench = command(_bench, "time it, beside the frameworks", "minidraw bench steps --rounds 3")
    bench.add_argument("what", nargs="*", help="steps, processes, profile, scaling (default: all)")
    bench.add_argument("--sizes", nargs="+", help="paper, small, no-attention (default: all)")
    bench.add_argument("--only", nargs="+", help="rows of the table of steps, by name")
    bench.add_argument("--rounds", type=int, default=9, help="turns of each (default: 9)")
    bench.add_argument("--out", type=Path, default="bench", help="folder of the two pictures")
    data = command(_data, "show what a network will see", "minidraw data drawings --size 28")
    _add_data(data, positional=True)
    data.add_argument("--out", type=Path, default="data.png", help="the sheet (default: data.png)")
    return parser


def _add_data(parser, positional=False):
    parser.add_argument(
        "data" if positional else "--data",
        help="digits, mnist, binarized-mnist, or a path: .npz, .npy, idx, a folder of PNG or JPEG",
    )
    parser.add_argument("--data-dir", type=Path, help="folder of the downloaded sets")
    parser.add_argument("--size", type=int, help="bring pictures of your own to SIZE x SIZE")
    parser.add_argument(
        "--invert", action="store_true", default=None, help="your pictures are dark on light"
    )


def _add_network(parser, out, count):
    parser.add_argument(
        "network", nargs="?", type=Path, help="run or weights (default: the newest run in runs/)"
    )
    parser.add_argument("--count", type=int, default=count, help=f"images (default: {count})")
    parser.add_argument("--seed", type=int, default=0, help="of the noise (default: 0)")
    parser.add_argument("--out", type=Path, default=out, help=f"file (default: {out})")


def _source(arguments, default):
    """Arguments of `datasets.load`: what was given, else those in `default`.

    Paths are made absolute, so that a run can be resumed from any folder.
    """
    from minidraw.datasets import NAMES

    source = dict(default)
    if arguments.data:
        own = arguments.data not in NAMES and os.path.exists(arguments.data)
        source = {"name_or_path": os.path.abspath(arguments.data) if own else arguments.data}
    if arguments.data_dir:
        source["data_dir"] = os.path.abspath(os.path.expanduser(arguments.data_dir))
    if arguments.size is not None:
        source["size"] = arguments.size
    if arguments.invert:
        source["invert"] = True
    return source


def _train(arguments):
    from minidraw.models.draw import Config
    from minidraw.presets import PRESETS
    from minidraw.training import loop, start
    from minidraw.training.recipe import Recipe
    from minidraw.training.run import Run
    from minidraw.training.workers import Workers

    threads = arguments.threads
    if arguments.resume:
        _refuse_changes(arguments)
        if threads is None:  # as many as before: only then do the bits agree
            threads = Run.open(arguments.resume).meta.get("threads")
    with Workers(threads) as workers:
        if arguments.resume:
            trainer, run = start.resumed(arguments.resume, workers, arguments.data_dir)
        else:
            name = arguments.preset or "quick"
            preset = PRESETS[name]
            trainer, run = start.new(
                preset,
                arguments.run or _unused(RUNS / name),
                workers,
                name=name,
                source=_source(arguments, {"name_or_path": preset.data}),
                config=chosen(arguments, Config),
                recipe=chosen(arguments, Recipe),
                init=arguments.init,
            )
        print(f"{run.folder}: {trainer.steps - trainer.step_count} steps, {trainer.protocol}")
        try:
            result = loop.fit(trainer, run)
        except loop.Interrupted:
            again = f"minidraw train --resume {shlex.quote(str(run.folder))}"
            print(f"stopped at step {trainer.step_count} and saved; go on with: {again}")
            return 130
    which = "averaged" if trainer.averaged else "raw"
    print(f"validation bound ({which} weights): {result}")
    print(f"pictures: {run.folder / 'samples.png'}, {run.folder / 'film.gif'}")


def _refuse_changes(arguments):
    """A run that goes on keeps its settings: say so, rather than ignore what was typed."""
    kept = ("resume", "threads", "data_dir", "command")
    given = [name for name, value in vars(arguments).items() if value is not None]
    changed = [name for name in given if name not in kept]
    if changed:
        option = changed[0].replace("_", "-")
        option = arguments.preset if option == "preset" else f"--{option}"
        raise UserError(f"--resume goes on with the run's own settings: leave out {option}")


def _unused(folder):
    """The folder's name, with a number behind it if there is a run of that name already."""
    candidates = [folder, *(folder.with_name(f"{folder.name}-{k}") for k in range(2, 10_000))]
    return next(path for path in candidates if not path.exists())


def _network(arguments):
    from minidraw.estimator import Draw

    path = arguments.network
    if path is None:
        runs = sorted(RUNS.glob("*/checkpoint.npz"), key=lambda file: file.stat().st_mtime)
        if not runs:
            raise UserError("no run in runs/ yet: train one with minidraw train, or name weights")
        path = runs[-1].parent
        print(f"network: {path}")
    if not 1 <= arguments.count <= MOST:
        raise UserError(f"--count must be at least 1 and at most {MOST}, got {arguments.count}")
    return Draw.load(path)


def _sample(arguments):
    from minidraw import viz

    network = _network(arguments)
    images = network.sample(arguments.count, seed=arguments.seed, coins=arguments.coins)
    viz.save_png(arguments.out, viz.sheet(images))
    print(arguments.out)


def _film(arguments):
    from minidraw import viz
    from minidraw.datasets import one_picture

    network, images = _network(arguments), None
    if arguments.image:
        images = one_picture(arguments.image, network.config_.image_shape, arguments.invert)
    film = network.film(arguments.count, images=images, seed=arguments.seed)
    everyone = list(range(film.canvas.shape[1]))
    viz.save_gif(arguments.out, viz.film_frames(film, index=everyone))
    print(arguments.out)


def _reconstruct(arguments):
    from minidraw import datasets, viz
    from minidraw.datasets import as_float

    network = _network(arguments)
    seen = network.meta_.get("data", {})  # while it was trained
    if not (seen or arguments.data):
        raise UserError("the network's file names no data set: give --data")
    try:
        data = datasets.load(**_source(arguments, seen))
    except UserError:
        raise
    except (TypeError, ValueError) as error:
        raise UserError(f"the network's file names no data set ({error}): give --data") from error
    images = as_float(data.valid.images[: arguments.count])
    redrawn = network.reconstruct(images, seed=arguments.seed)
    viz.save_png(arguments.out, viz.pairs(images, redrawn))
    print(f"{arguments.out}: pairs of a validation image and its reconstruction")


def _gradcheck(arguments):
    from minidraw import gradcheck

    rows = gradcheck.rows()
    print(gradcheck.table(rows))
    return 0 if gradcheck.all_passed(rows) else 1


def _bench(arguments):
    from minidraw import bench

    return bench.run(**{k: v for k, v in vars(arguments).items() if k != "command"})


def _data(arguments):
    from minidraw import datasets, viz
    from minidraw.datasets.report import describe
    from minidraw.presets import PRESETS
    from minidraw.training.start import epoch_seconds
    from minidraw.training.workers import Workers

    data = datasets.load(**_source(arguments, {}))
    description = describe(data)
    for what, text in description.rows:
        print(f"{what:10} {text}")
    with Workers() as workers:
        seconds = epoch_seconds(PRESETS["quick"], data, workers)
    print(f"{'an epoch':10} {seconds:.1f} s with the quick preset on this machine")
    for warning in description.warnings:
        print(f"warning: {warning}")
    shown = datasets.as_float(data.train.images[:100])
    viz.save_png(arguments.out, viz.sheet(shown))
    print(f"{arguments.out}: the first {len(shown)} training images")
