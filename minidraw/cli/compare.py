"""``minidraw compare``: DRAW and its rivals, or three readers of scenes, at equal minutes."""

import math
from pathlib import Path

from minidraw.cli import options
from minidraw.cli.inputs import BUNDLED_DIGITS, find_data_source
from minidraw.errors import UserError

DATA, MINUTES, SEEDS = "mnist", 5, 3
QUICK_MINUTES, QUICK_SEEDS = 1, 1


def add_commands(commands):
    parser = options.add_command(commands, "compare", compare, "minidraw compare --quick")
    options.add_data_options(parser)
    minutes_help = f"training time of each run (default: {MINUTES}; quick: {QUICK_MINUTES})"
    parser.add_argument("--minutes", type=float, help=minutes_help)
    seeds_help = f"runs of each model (default: {SEEDS}; quick: {QUICK_SEEDS})"
    parser.add_argument("--seeds", type=int, help=seeds_help)
    quick_help = f"short runs, on the bundled digits instead of {DATA} (one download) by default"
    parser.add_argument("--quick", action="store_true", help=quick_help)
    out_help = "folder of the runs, the table and the figure (default: runs/compare)"
    parser.add_argument("--out", type=Path, default="runs/compare", help=out_help)


def compare(arguments):
    """Compare DRAW, a VAE and a GAN of equal size; with --data cluttered, three classifiers."""
    from minidraw import datasets
    from minidraw.compare.painters import Painters
    from minidraw.compare.readers import Readers
    from minidraw.training.loop import Interrupted
    from minidraw.training.workers import Workers

    minutes, seeds, source = _choose(arguments)
    data = datasets.load(**source)
    comparison = Readers(data) if Readers.reads(data) else Painters(data)
    rivals, out = comparison.rivals, arguments.out
    with Workers() as workers:
        try:
            folders = _train(rivals, out, workers, source=source, minutes=minutes, seeds=seeds)
        except Interrupted:
            options.say("stopped and saved; type the same command again to continue")
            return 130
        found = _measure(folders, comparison, workers)
    for path in comparison.save(out, *found):
        options.say(path)


def _choose(arguments):
    """Return the minutes and the seeds, and the arguments of `datasets.load`."""
    minutes, seeds = (QUICK_MINUTES, QUICK_SEEDS) if arguments.quick else (MINUTES, SEEDS)
    minutes = minutes if arguments.minutes is None else arguments.minutes
    seeds = seeds if arguments.seeds is None else arguments.seeds
    if not 0 < minutes < math.inf:
        raise UserError(f"--minutes must be more than 0, got {minutes}")
    if seeds < 1:
        raise UserError(f"--seeds must be at least 1, got {seeds}")
    default = BUNDLED_DIGITS if arguments.quick else {"name_or_path": DATA}
    return minutes, seeds, find_data_source(arguments, default)


def _train(rivals, out, workers, *, source, minutes, seeds):
    """Return the folders of the trained runs, a list for each model's title."""
    from minidraw.compare import runs

    total = minutes * seeds * len(rivals)
    options.say(f"{len(rivals)} models, {seeds} seed(s), {total:.3g} minutes of training")
    folders = {rival.title: [] for rival in rivals}
    for seed in range(seeds):
        for rival in rivals:
            folder = out / f"{rival.title.lower().replace(' ', '-')}-{seed}"
            options.say(f"{folder}: {rival.title}, seed {seed}")
            runs.train(rival, folder, workers, source=source, minutes=minutes, seed=seed)
            folders[rival.title].append(folder)
    return folders


def _measure(folders, comparison, workers):
    """Return the rows of the table, the runs' logs, and a network of each model."""
    from minidraw.estimators import load_estimator
    from minidraw.training.run import Run

    rows, logs, networks = {}, {}, {}
    for name, numbers in comparison.calibrate():
        options.say(f"measured {name}")
        rows[name] = [numbers]
    for title, paths in folders.items():
        rows[title] = []
        for path in paths:
            options.say(f"measuring {path}")
            network = load_estimator(path)
            sizes = {
                "weights": sum(weight.size for weight in network.params_.values()),
                "steps": network.meta_["step"],
            }
            rows[title].append(sizes | comparison.measure(network, workers))
            networks.setdefault(title, network)
        logs[title] = [Run.open(path).log.read() for path in paths]
    return rows, logs, networks
