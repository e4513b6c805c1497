"""``minidraw lessons``: list your functions, copy the notebooks, or grade a file."""

import json
import shlex
from pathlib import Path

from minidraw.cli.options import add_command, say
from minidraw.errors import UserError

DEFAULT_SECONDS = 20  # for each function of a graded file


def add_commands(commands):
    parser = add_command(commands, "lessons", lessons, "minidraw lessons start lessons")
    what_help = (
        "start: copy the notebooks; grade: grade a file; export: join your functions into one "
        "program that needs only NumPy (default: list your functions)"
    )
    parser.add_argument("what", nargs="?", choices=("start", "grade", "export"), help=what_help)
    parser.add_argument("path", nargs="?", type=Path, help="the folder, or the file")
    parser.add_argument("--json", action="store_true", help="print the grades as JSON")
    seconds_help = f"time limit for grading a function (default: {DEFAULT_SECONDS})"
    parser.add_argument("--seconds", type=float, default=DEFAULT_SECONDS, help=seconds_help)


def lessons(arguments):
    """Write the network yourself."""
    what, path = arguments.what, arguments.path
    if arguments.json and what != "grade":
        raise UserError("--json only works with minidraw lessons grade FILE")
    if what is None:
        return _list_functions()
    if path is None:
        missing = "a folder" if what == "start" else "a file"
        raise UserError(f"minidraw lessons {what} needs {missing}")
    if what == "export":
        return _export(path)
    return _copy_notebooks(path) if what == "start" else _grade(path, arguments)


def _list_functions():
    from minidraw.learn import own_functions
    from minidraw.learn.exercises import all_exercises

    names = own_functions.list_names()
    for id, entry in all_exercises().items():
        print(f"{'yours' if entry.name in names else '-':6} {id}")
    own = sum(entry.name in names for entry in all_exercises().values())
    print(f"{own} of {len(all_exercises())} exercises answered")
    if own_functions.FILE.exists():
        print(f"to check them, type: minidraw lessons grade {own_functions.FILE}")
    else:
        print(f"no {own_functions.FILE} here: the lessons write it when a function is right")


def _copy_notebooks(folder):
    from minidraw.learn.notebook.copies import copy_notebooks

    copied, kept = copy_notebooks(folder)
    for path in kept:
        say(f"{path} already exists and is unchanged")
    say(f"{len(copied)} lessons copied to {folder}; open: jupyter lab {shlex.quote(str(folder))}")


def _export(path):
    from minidraw.learn.export import export

    lines, written = export(path)
    print(f"{path}: {lines} lines, {len(written)} functions are yours")
    print(f"train for two minutes and paint: python {shlex.quote(str(path))}")


def _grade(path, arguments):
    from minidraw.learn.exercises.open_exercises import OPEN_EXERCISES
    from minidraw.learn.grading import grade

    results = grade(path, arguments.seconds)
    kinds = {
        "exercises": [id for id in results if id not in OPEN_EXERCISES],
        "open": list(OPEN_EXERCISES),
    }
    counts = {}
    for kind, ids in kinds.items():
        verdicts = {id: results[id] for id in ids}
        right = sum(result["verdict"] == "right" for result in verdicts.values())
        counts[kind] = {"right": right, "of": len(ids), "verdicts": verdicts}
    if arguments.json:
        print(json.dumps(counts, indent=2))
        return
    for id, result in results.items():
        message = f": {result['message'].splitlines()[0]}" if result["message"] else ""
        if result["verdict"] != "missing":
            say(f"{result['verdict']:9} {id}{message}")
    titles = {"exercises": "exercises", "open": "open exercises (lessons/OPEN.md)"}
    for kind, count in counts.items():
        print(f"{count['right']} of {count['of']} {titles[kind]} right")
