"""`Parser`, whose errors suggest the nearest choice, and the options that commands share."""

import argparse
import difflib
import re
import textwrap
from dataclasses import fields
from itertools import takewhile
from pathlib import Path

from minidraw.errors import printable

NETWORK_HELP = "run folder or weights file (default: the bundled MNIST network)"


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Formatter that keeps names such as two-digits-small in one piece."""

    def _split_lines(self, text, width):
        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)


class Parser(argparse.ArgumentParser):
    """Argument parser whose errors take one line and suggest the nearest valid choice."""

    def __init__(self, **settings):
        super().__init__(allow_abbrev=False, formatter_class=_HelpFormatter, **settings)

    def parse_known_args(self, args=None, namespace=None):
        # First of all: argparse would mistake the value of a misspelt option for a command.
        words = takewhile(lambda word: word != "--", args or ())
        for word in words if self._subparsers is None else ():
            option = word.split("=")[0]
            if option.startswith("--") and option not in self._option_string_actions:
                self.error(f"unknown option {option}", option, self._option_string_actions)
        return super().parse_known_args(args, namespace)

    def error(self, message, typed=None, choices=()):
        invalid = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        if invalid:
            typed, choices = invalid[1], re.findall(r"[\w-]+", invalid[2])
            message = f"unknown choice {typed!r}; choose from {', '.join(choices)}"
        near = difflib.get_close_matches(typed or "", choices, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else f" (see {self.prog} --help)"
        self.exit(2, f"{self.prog}: {printable(message)}{hint}\n")


def say(text):
    """Print one line, which may hold names from a file."""
    print(printable(text))


def add_command(commands, name, action, example, notes=""):
    """Add a command, with its action's docstring as help, and return its parser."""
    text = action.__doc__ or ""
    help, epilog = text[:1].lower() + text[1:].rstrip("."), f"{notes}example:\n  {example}"
    parser = commands.add_parser(name, help=help, description=text, epilog=epilog)
    parser.set_defaults(command=action)
    return parser


def add_fields(parser, record, *, title, skip=()):
    """Add an option for every field of a dataclass; the field's metadata holds the help."""
    group = parser.add_argument_group(title)
    for field in fields(record):
        if field.name in skip:
            continue
        settings = {"dest": field.name, "help": field.metadata["help"], "default": None}
        if field.type is bool:
            settings["action"] = argparse.BooleanOptionalAction
        else:
            settings["type"] = {"int": int, "float": float, "str": str}[field.type.__name__]
            settings["metavar"] = field.type.__name__.upper()
        group.add_argument(f"--{field.name.replace('_', '-')}", **settings)


def select_fields(arguments, record):
    """Return the dataclass fields that were given on the command line."""
    given = {f.name: getattr(arguments, f.name, None) for f in fields(record)}
    return {name: value for name, value in given.items() if value is not None}


def add_data_options(parser, positional=False):
    """Add the options that select a data set, as `inputs.load_data` reads them."""
    from minidraw.datasets import DATASET_NAMES

    parser.add_argument(
        "data" if positional else "--data",
        help=f"{', '.join(DATASET_NAMES)}, or a path: .npz, .npy, idx, a folder of pictures",
    )
    folder_help = "folder of the downloaded data sets (default: $MINIDRAW_DATA, else your cache)"
    parser.add_argument("--data-dir", type=Path, help=folder_help)
    parser.add_argument("--size", type=int, help="resize your own pictures to SIZE x SIZE")
    flag = {"action": argparse.BooleanOptionalAction}
    parser.add_argument("--stretch", **flag, help="fill SIZE x SIZE without keeping proportions")
    parser.add_argument("--invert", **flag, help="swap dark and light in your pictures")
    parser.add_argument("--crop", type=int, help="train on random CROP x CROP parts of pictures")


def add_computing_options(parser):
    """Add the options of a command that trains or measures: threads and device."""
    parser.add_argument("--threads", type=int, help="worker threads (default: one per core)")
    device_help = "cuda: run the layers on a graphics card, from one thread (default: cpu)"
    parser.add_argument("--device", choices=("cpu", "cuda"), help=device_help)


def add_invert_option(parser):
    """Add the option that swaps dark and light, for `inputs.read_pictures`."""
    help = "swap dark and light in the pictures (default: as in training)"
    parser.add_argument("--invert", action=argparse.BooleanOptionalAction, help=help)


def add_painting_options(parser, *, out, count):
    """Add the options of a command that paints: network, count, seed and output file."""
    parser.add_argument("network", nargs="?", type=Path, help=NETWORK_HELP)
    parser.add_argument("--count", type=int, default=count, help=f"images (default: {count})")
    parser.add_argument("--seed", type=int, default=0, help="seed of the noise (default: 0)")
    parser.add_argument("--out", type=Path, default=out, help=f"output file (default: {out})")
