"""``minidraw data``: a data set as a network sees it."""

import math
from pathlib import Path

from minidraw.cli.inputs import find_data_source
from minidraw.cli.options import add_command, add_data_options, say

MAX_IMAGES_SHOWN = 100
MAX_VALUES_SHOWN = 2**22


def add_commands(commands):
    parser = add_command(commands, "data", show_data, "minidraw data drawings --size 28")
    add_data_options(parser, positional=True)
    out_help = "output file (default: data.png)"
    parser.add_argument("--out", type=Path, default="data.png", help=out_help)


def show_data(arguments):
    """Show a data set as a network sees it."""
    from minidraw import datasets, models
    from minidraw.datasets.description import describe
    from minidraw.pictures import labels, saving, sheets
    from minidraw.presets import PRESETS
    from minidraw.training.setup import measure_epoch_seconds
    from minidraw.training.workers import Workers

    data = datasets.load(**find_data_source(arguments, {}))
    name = data.name if data.name in datasets.DATASET_NAMES and data.name in PRESETS else "quick"
    preset = PRESETS[name]
    description = describe(data, models.get_model(preset.model).GENERATIVE)
    for heading, text in description.rows:
        say(f"{heading:10} {text}")
    with Workers() as workers:
        seconds = measure_epoch_seconds(preset, data, workers)
    say(f"{'an epoch':10} {seconds:.1f} s with the {name} preset on this machine")
    for warning in description.warnings:
        say(f"warning: {warning}")
    most = max(1, MAX_VALUES_SHOWN // math.prod(data.image_shape))
    shown = datasets.as_float(data.central_crops[: min(MAX_IMAGES_SHOWN, most)])
    title = f"the first {len(shown)} training images"
    page = labels.make_page(sheets.render_sheet(shown), f"{data.name}: {title}")
    saving.save_png(arguments.out, page)
    say(f"{arguments.out}: {title}")
