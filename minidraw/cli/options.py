"""Command-line options made from dataclasses, and errors that name the nearest choice."""

import argparse
import difflib
import inspect
import re
import textwrap
from dataclasses import MISSING, fields
from itertools import takewhile


class _Help(argparse.RawDescriptionHelpFormatter):
    """Leaves names such as two-digits-small in one piece."""

    def _split_lines(self, text, width):
        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, with the nearest valid choice."""

    def __init__(self, **settings):
        super().__init__(allow_abbrev=False, formatter_class=_Help, **settings)

    def parse_known_args(self, args=None, namespace=None):
        # Before anything else: argparse would take the value of a misspelt option for a command.
        words = takewhile(lambda word: word != "--", args or ())
        for word in words if self._subparsers is None else ():
            option = word.split("=")[0]
            if option.startswith("--") and option not in self._option_string_actions:
                self.error(f"no option {option}", option, self._option_string_actions)
        return super().parse_known_args(args, namespace)

    def error(self, message, typed=None, choices=()):
        invalid = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        if invalid:
            typed, choices = invalid[1], re.findall(r"[\w-]+", invalid[2])
            message = f"no {typed!r} here; there is {', '.join(choices)}"
        near = difflib.get_close_matches(typed or "", choices, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else f" (see {self.prog} --help)"
        self.exit(2, f"{self.prog}: {one_line(message)}{hint}\n")


def one_line(text):
    """Foreign text without its line breaks."""
    return " ".join(str(text).splitlines())


def add_fields(parser, record, *, title, skip=()):
    """Add an option for every field of a dataclass, whose metadata or comment holds its help."""
    group = parser.add_argument_group(title)
    comments = dict(re.findall(r"^    (\w+): .*?  # (.*)$", inspect.getsource(record), re.M))
    for field in fields(record):
        if field.name in skip:
            continue
        assert field.default is not MISSING
        settings = {"dest": field.name, "help": field.metadata.get("help"), "default": None}
        settings["help"] = settings["help"] or comments[field.name]
        if field.type is bool:
            settings["action"] = argparse.BooleanOptionalAction
        else:
            settings["type"] = {"int": int, "float": float, "str": str}[field.type.__name__]
            settings["metavar"] = field.type.__name__.upper()
        group.add_argument(f"--{field.name.replace('_', '-')}", **settings)


def chosen(namespace, record):
    """The fields of a dataclass that were given on the command line."""
    given = {f.name: getattr(namespace, f.name, None) for f in fields(record)}
    return {name: value for name, value in given.items() if value is not None}
