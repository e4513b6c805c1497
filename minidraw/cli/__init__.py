"""The command line: ``minidraw COMMAND``, or ``python -m minidraw COMMAND``.

Each module holds one or more commands, with their options, checks and actions.  Actions do their
own imports, which keeps ``minidraw --help`` fast.
"""

import os
import sys
import warnings
from pathlib import Path

from minidraw import __version__
from minidraw.cli import (
    bench,
    classify,
    compare,
    data,
    evaluate,
    figures,
    gradcheck,
    lessons,
    page,
    paint,
    train,
)
from minidraw.cli.options import Parser
from minidraw.cli.streams import steady_streams
from minidraw.errors import UserError, printable
from minidraw.progress import print_warning
from minidraw.training.launch import find_launch

FAMILIES = (
    train,
    paint,
    page,
    evaluate,
    classify,
    compare,
    figures,
    lessons,
    gradcheck,
    bench,
    data,
)


def main(argv=None):
    """Run a command and return the exit status."""
    if find_launch()[0] > 0:  # not the first of several processes: that one prints
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")
    with steady_streams(), warnings.catch_warnings():
        warnings.showwarning = print_warning
        return _run(argv)


def _run(argv):
    arguments = build_parser().parse_args(argv)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names may be undecodable
    try:
        _refuse_to_replace_inputs(arguments)
        status = arguments.command(arguments) or 0
        sys.stdout.check()
        return status
    except (UserError, OSError) as error:
        print(f"minidraw: {printable(error)}", file=sys.stderr)
        return 2
    except MemoryError:
        print("minidraw: out of memory. Use fewer or smaller images.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("minidraw: stopped", file=sys.stderr)
        return 130


def _refuse_to_replace_inputs(arguments):
    """Raise a UserError if --out is a file that the command reads."""
    given = vars(arguments)
    out = given.get("out")
    values = [given[name] for name in given if name != "out"]
    paths = [path for value in values for path in (value if isinstance(value, list) else [value])]
    for path in paths:
        if isinstance(path, str | Path) and out and os.path.isfile(out) and os.path.exists(path):
            if os.path.samefile(path, out):
                raise UserError(f"{out} is read by this command: give --out another name")


def build_parser():
    """Build the parser of all commands."""
    description = "DRAW: a network that paints, written by hand in NumPy."
    parser = Parser(prog="minidraw", description=description)
    parser.add_argument("--version", action="version", version=f"minidraw {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for family in FAMILIES:
        family.add_commands(commands)
    return parser
