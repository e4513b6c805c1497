"""What the commands do, once `cli.py` has read their options."""

import os
import shlex
from pathlib import Path

from minidraw.cli.options import chosen
from minidraw.errors import UserError

RUNS = Path("runs")
MOST = 10_000  # images on a sheet
DIGITS = {"name_or_path": "digits"}  # they come along; nothing is downloaded unasked
SHIPPED = "mnist.npz"  # the paper's network with attention, among the files of the package


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
    for name in ("size", "stretch", "invert", "crop"):
        if getattr(arguments, name) is not None:
            source[name] = getattr(arguments, name)
    return source


def train(arguments):
    from minidraw.models.draw import Config
    from minidraw.presets import PRESETS
    from minidraw.training import loop, setup
    from minidraw.training.recipe import Recipe
    from minidraw.training.run import Run
    from minidraw.training.workers import Workers

    threads, ops = arguments.threads, arguments.ops
    if arguments.resume:
        _refuse_changes(arguments)
        before = Run.open(arguments.resume).meta
        ops = before.get("ops")
        if threads is None:  # as many as before: only then do the bits agree
            threads = before.get("threads")
    ops, ops_name = _ops(ops or "kernels")
    with Workers(threads) as workers:
        if arguments.resume:
            trainer, run = setup.resume_run(arguments.resume, workers, arguments.data_dir, ops)
        else:
            name = arguments.preset or "quick"
            preset = PRESETS[name]
            trainer, run = setup.start_run(
                preset,
                arguments.run or _unused(RUNS / name),
                workers,
                name=name,
                source=_source(arguments, {"name_or_path": preset.data}),
                config=chosen(arguments, Config),
                recipe=chosen(arguments, Recipe),
                init=arguments.init,
                ops=ops,
                ops_name=ops_name,
            )
        print(f"{run.folder}: {trainer.steps - trainer.step_count} steps, {trainer.protocol}")
        try:
            result = loop.fit(trainer, run)
        except loop.Interrupted:
            again = f"minidraw train --resume {shlex.quote(str(run.folder))}"
            print(f"stopped at step {trainer.step_count} and saved; go on with: {again}")
            return 130
    which = "averaged" if trainer.averaged else "raw"
    print(f"validation {result.NAME} ({which} weights): {result}")
    print(f"pictures: {', '.join(map(str, run.pictures))}")


def _ops(name):
    """What a model's layers are taken from, and its name for the run's record."""
    from minidraw import kernels, layers

    if name in ("kernels", "layers"):
        return {"kernels": kernels, "layers": layers}[name], name
    from minidraw.learn.own_layers import OwnLayers

    own = OwnLayers("mine.py" if name == "mine" else name)
    print(own.report())
    return own, str(own.path)


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


def painter(arguments):
    from minidraw.datasets import carried_path
    from minidraw.estimators.draw import Draw

    return Draw.load(arguments.network or carried_path(SHIPPED))


def _count(arguments):
    if not 1 <= arguments.count <= MOST:
        raise UserError(f"--count must be at least 1 and at most {MOST}, got {arguments.count}")
    return arguments.count


def sample(arguments):
    from minidraw.pictures import saving, sheets

    count, network = _count(arguments), painter(arguments)
    images = network.sample(count, seed=arguments.seed, bernoulli=arguments.coins)
    saving.save_png(arguments.out, sheets.render_sheet(images))
    print(arguments.out)


def film(arguments):
    from minidraw.datasets import one_picture
    from minidraw.pictures import films, saving

    count, network, images = _count(arguments), painter(arguments), None
    if arguments.image:
        images = one_picture(arguments.image, network.config_.image_shape, arguments.invert)
    film = network.film(count, images=images, seed=arguments.seed)
    everyone = list(range(film.canvas.shape[1]))
    saving.save_gif(arguments.out, films.render_frames(film, index=everyone))
    print(arguments.out)


def reconstruct(arguments):
    from minidraw.datasets import as_float
    from minidraw.pictures import saving, sheets

    count, network = _count(arguments), painter(arguments)
    seen = network.meta_.get("data", {}) if arguments.network else DIGITS
    data = data_of(arguments, seen)
    images = as_float(data.valid.images[:count])
    redrawn = network.reconstruct(images, seed=arguments.seed)
    saving.save_png(arguments.out, sheets.render_pairs(images, redrawn))
    print(f"{arguments.out}: pairs of a validation image and its reconstruction")


def data_of(arguments, seen):
    """The data set that was asked for, else the one that the network saw in its training."""
    from minidraw import datasets

    if not (seen or arguments.data):
        raise UserError("the network's file names no data set: give --data")
    try:
        return datasets.load(**_source(arguments, seen))
    except UserError:
        raise
    except (TypeError, ValueError) as error:
        raise UserError(f"the network's file names no data set ({error}): give --data") from error


def gradcheck(arguments):
    from minidraw import gradcheck

    rows = gradcheck.check_all()
    print(gradcheck.format_table(rows))
    return 0 if gradcheck.all_passed(rows) else 1


def bench(arguments):
    from minidraw import bench

    return bench.run(**{k: v for k, v in vars(arguments).items() if k != "command"})


def data(arguments):
    from minidraw import datasets, models
    from minidraw.datasets.description import describe
    from minidraw.pictures import saving, sheets
    from minidraw.presets import PRESETS
    from minidraw.training.setup import measure_epoch_seconds
    from minidraw.training.workers import Workers

    data = datasets.load(**_source(arguments, {}))
    name = data.name if data.name in datasets.NAMES and data.name in PRESETS else "quick"
    preset = PRESETS[name]
    description = describe(data, models.get_model(preset.model).GENERATIVE)
    for what, text in description.rows:
        print(f"{what:10} {text}")
    with Workers() as workers:
        seconds = measure_epoch_seconds(preset, data, workers)
    print(f"{'an epoch':10} {seconds:.1f} s with the {name} preset on this machine")
    for warning in description.warnings:
        print(f"warning: {warning}")
    shown = datasets.as_float(data.middles[:100])
    saving.save_png(arguments.out, sheets.render_sheet(shown))
    print(f"{arguments.out}: the first {len(shown)} training images")


def lessons(arguments):
    from minidraw.cli.lessons import lessons

    lessons(arguments)
