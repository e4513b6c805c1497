"""``minidraw train``: start a run, or resume one that stopped."""

import shlex
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path

from minidraw.cli import options
from minidraw.cli.inputs import find_data_source
from minidraw.errors import UserError, quote

RUNS = Path("runs")
DEFAULT_PRESET = "quick"


def add_commands(commands):
    from minidraw.presets import PRESETS
    from minidraw.training.recipe import Recipe

    example = "minidraw train quick --minutes 5 --glimpses 16"
    presets = _list_presets(PRESETS)
    parser = options.add_command(commands, "train", train, example, notes=presets)
    preset_help = f"one of the presets listed below (default: {DEFAULT_PRESET})"
    parser.add_argument("preset", nargs="?", choices=PRESETS, metavar="PRESET", help=preset_help)
    options.add_data_options(parser)
    hours_help = "hours of training; mnist also takes a size and recipe tested for so short a run"
    parser.add_argument("--hours", type=float, help=hours_help)
    parser.add_argument("--run", type=Path, help="folder of the run (default: runs/PRESET)")
    parser.add_argument("--resume", type=Path, metavar="RUN", help="resume a run that stopped")
    parser.add_argument("--init", type=Path, metavar="WEIGHTS", help="run or weights to start from")
    parser.add_argument(
        "--conditional",
        action="store_true",
        default=None,
        help="train with labels, so that --label of sample and film chooses the class to paint",
    )
    options.add_computing_options(parser)
    parser.add_argument(
        "--ops",
        help="kernels: compiled layers (default); layers: in NumPy; mine: your mine.py; or a path",
    )
    known = {"height", "width", "channels", "classes"}  # set by the data
    for name, config in _list_configs():
        whose = "network size" if name == "draw" else f"size of a {name} network"
        options.add_fields(parser, config, title=f"{whose} (default: the preset's)", skip=known)
        known |= {field.name for field in fields(config)}
    options.add_fields(parser, Recipe, title="recipe (default: the preset's)")


def _list_configs():
    """Return the name and the `Config` of every model."""
    from minidraw import models

    return [(name, models.get_model(name).Config) for name in models.MODEL_NAMES]


def _list_presets(presets):
    rows = ["presets (time on 2 cores, cost reached):"]
    for name, preset in presets.items():
        facts = ", ".join(fact for fact in (preset.time, preset.result) if fact)
        rows.append(f"  {name:19} {preset.help}" + (f" ({facts})" if facts else ""))
    return "\n".join(rows) + "\n\n"


def train(arguments):
    """Train a network."""
    from minidraw.training.launch import join_ranks

    with join_ranks() as ranks, ExitStack() as stack:
        folder = ranks.on_first(lambda: _lock(arguments, stack))
        return _train(arguments, ranks.broadcast(folder), ranks)


def _lock(arguments, stack):
    """Lock the folder of the run until the stack closes; return its path."""
    from minidraw.training.run import Run
    from minidraw.training.run_lock import lock_new_run, lock_run

    if arguments.resume:
        _refuse_changes(arguments)
        return stack.enter_context(lock_run(arguments.resume))
    new = RUNS / (arguments.preset or DEFAULT_PRESET)
    lock = lock_run(arguments.run, create=True) if arguments.run else lock_new_run(new)
    folder = stack.enter_context(lock)
    Run.check_free(folder)
    return folder


def _train(arguments, folder, ranks):
    from minidraw.training import loop
    from minidraw.training.workers import Workers

    start = _resume if arguments.resume else _start
    ops, ops_name, threads, device = _choose_ops_and_device(arguments, ranks)
    with Workers(threads, ranks) as workers:
        if ranks.size > 1:
            where = f"{ranks.size} ranks, {ranks.machines} machine(s)"
            options.say(f"{where}, {workers.threads} thread(s) per rank")
        trainer, run = start(arguments, folder, workers, ops, ops_name, device)
        options.say(f"{run.folder}: {_describe_rest(trainer)} to go, {trainer.protocol}")
        for note in trainer.data.notes:
            options.say(f"warning: {note}")
        try:
            result = loop.fit(trainer, run if ranks.rank == 0 else None)
        except loop.Interrupted:
            launcher = f"mpiexec -n {ranks.size} " if ranks.size > 1 else ""
            again = f"{launcher}minidraw train --resume {shlex.quote(str(run.folder))}"
            options.say(f"stopped at step {trainer.step_count} and saved; continue with: {again}")
            return 130
    which = "averaged" if trainer.averaged else "raw"
    options.say(f"validation {result.NAME} ({which} weights): {result}")
    if run.pictures:
        options.say(f"pictures: {', '.join(map(str, run.pictures))}")


def _describe_rest(trainer):
    """Return how long a run has still to train, in its own budget's unit."""
    steps = trainer.steps - trainer.step_count
    if trainer.timed and steps:
        return f"{max(0, trainer.recipe.minutes - trainer.elapsed / 60):.3g} minutes"
    return f"{steps} steps"


def _choose_ops_and_device(arguments, ranks):
    """Return the layers' module, its name for the run's record, the threads and the device."""
    from minidraw import kernels, layers
    from minidraw.training.run import Run

    name, threads, before = arguments.ops, arguments.threads, {}
    packaged = {"kernels": kernels, "layers": layers}
    if arguments.resume:
        before = Run.open(arguments.resume).meta
        name = _choose_former_ops(arguments, before.get("ops", "kernels"), packaged)
        if threads is None and before.get("ranks", 1) == ranks.size:  # for the same bits
            threads = before.get("threads")
    device = arguments.device or before.get("device", "cpu")
    if device == "cuda":
        name, threads = name or "layers", 1  # the card takes a batch in one piece
        if name != "layers":
            raise UserError(f"device cuda runs only --ops layers, not {quote(name)}: leave out one")
        if ranks.size > 1:
            raise UserError(f"device cuda runs in one process, not {ranks.size}: leave out mpiexec")
    name = name or "kernels"
    if name in packaged:
        return packaged[name], name, threads, device
    from minidraw.learn.own_layers import OwnLayers

    own = OwnLayers("mine.py" if name == "mine" else name)
    for line in own.report().splitlines():
        options.say(line)
    return own, str(own.path), threads, device


def _choose_former_ops(arguments, former, packaged):
    """Return the layers of a run to resume; a file is run only if its path was typed.

    The run's folder may come from somebody else, and so may the file that it names.
    """
    typed, folder = arguments.ops, arguments.resume
    if not isinstance(former, str):
        raise UserError(f"{folder}/config.json: ops is {quote(former)}; expected a name or a path")
    if former in packaged and typed in (None, former):
        return former
    if former in packaged:
        raise UserError(f"{folder} was trained with --ops {former}: leave out --ops")
    if typed is None or typed in packaged:
        again = f"minidraw train --resume {shlex.quote(str(folder))} --ops FILE"
        raise UserError(
            f"{folder} was trained with functions from {quote(former)}, and a run never chooses"
            f" the code to execute: type {again} with the path of that file"
        )
    return typed


def _refuse_changes(arguments):
    """Refuse options that a resumed run would ignore."""
    kept = ("resume", "threads", "device", "data_dir", "ops", "command")
    given = [name for name, value in vars(arguments).items() if value is not None]
    changed = [name for name in given if name not in kept]
    if changed:
        option = changed[0].replace("_", "-")
        option = arguments.preset if option == "preset" else f"--{option}"
        raise UserError(f"--resume continues with the run's own settings: leave out {option}")


def _resume(arguments, folder, workers, ops, ops_name, device):
    from minidraw.training import setup

    return setup.resume_run(folder, workers, arguments.data_dir, ops, device)


def _start(arguments, folder, workers, ops, ops_name, device):
    from minidraw.presets import PRESETS
    from minidraw.training import setup
    from minidraw.training.recipe import Recipe

    name = arguments.preset or DEFAULT_PRESET
    preset, recipe = PRESETS[name], options.select_fields(arguments, Recipe)
    if arguments.hours is not None:
        preset = _limit_hours(preset, arguments.hours, recipe)
    config = {}
    for _, record in _list_configs():
        config |= options.select_fields(arguments, record)
    return setup.start_run(
        preset,
        folder,
        workers,
        name=name,
        source=find_data_source(arguments, {"name_or_path": preset.data}),
        config=config,
        recipe=recipe,
        init=arguments.init,
        conditional=bool(arguments.conditional),
        ops=ops,
        ops_name=ops_name,
        device=device,
    )


def _limit_hours(preset, hours, recipe):
    """Return the preset for so many hours; refuse a recipe that gives the time in another unit."""
    from minidraw.training.recipe import LARGEST_VALUE

    for name in ("minutes", "epochs"):
        if recipe.get(name):
            raise UserError(f"both hours and {name} are given: give only one")
    if not 0 < hours <= LARGEST_VALUE / 60:
        raise UserError(f"hours must be positive, at most {LARGEST_VALUE // 60}, got {hours:g}")
    return preset.for_hours(hours)
