"""``minidraw lessons``: list your functions, copy the notebooks, or grade what was handed in."""

import json
import shlex
from pathlib import Path

from minidraw.cli.options import add_command, say
from minidraw.errors import UserError

DEFAULT_SECONDS = 20  # for each function of a graded file
GRADE_OPTIONS = {"json", "seconds", "csv", "feedback", "rubric", "seed"}


def add_commands(commands):
    parser = add_command(commands, "lessons", lessons, "minidraw lessons start my-lessons")
    what_help = (
        "start: copy the notebooks; grade: grade a file, or a folder of submissions; export: join "
        "your functions into one program that needs only NumPy; sheet: write the open exercises in "
        "a variant; or the folder whose mine.py to list (default: the current one)"
    )
    choices = f"{{{','.join(ACTIONS)},FOLDER}}"
    parser.add_argument("what", nargs="?", metavar=choices, help=what_help)
    parser.add_argument("path", nargs="?", type=Path, help="folder or file to read or write")
    parser.add_argument("--json", action="store_true", help="print the grades as JSON")
    seconds_help = f"time limit for grading a function, in seconds (default: {DEFAULT_SECONDS})"
    parser.add_argument("--seconds", type=float, help=seconds_help)
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write marks to this CSV file")
    feedback_help = "write a page for each student into this folder"
    parser.add_argument("--feedback", type=Path, metavar="DIR", help=feedback_help)
    rubric_help = "points for each exercise, in TOML or JSON (default: one for each)"
    parser.add_argument("--rubric", type=Path, metavar="FILE", help=rubric_help)
    seed_help = "choose the test arrays and the variants of the open exercises (default: 0)"
    parser.add_argument("--seed", type=int, help=seed_help)


def lessons(arguments):
    """Write the network yourself."""
    what, path = arguments.what, arguments.path
    allowed = {"grade": GRADE_OPTIONS, "sheet": {"seed"}}.get(what, set())
    for name in sorted(GRADE_OPTIONS - allowed):
        if getattr(arguments, name) not in (None, False):
            raise UserError(f"--{name} only works with minidraw lessons grade FILE")
    if what not in ACTIONS:
        return _list_functions(_find_folder(what, path))
    if path is None:
        raise UserError(f"minidraw lessons {what} needs {ACTIONS[what][0]}")
    return ACTIONS[what][1](arguments)


def _find_folder(name, more):
    """Return the folder whose ``mine.py`` is meant, by default the current one."""
    from minidraw.learn import own_functions

    if name is None:
        return Path()
    if more is not None:
        raise UserError(f"unknown action {name!r}; choose from {', '.join(ACTIONS)}")
    folder, quoted = Path(name), shlex.quote(name)
    if folder.is_file():
        raise UserError(f"{name} is a file; to grade it, type minidraw lessons grade {quoted}")
    if not any(folder.glob("[0-9][0-9]_*.ipynb")) and not (folder / own_functions.FILE).exists():
        exists = folder.is_dir()
        found = f"{name} has no lessons yet" if exists else f"no folder or action is named {name}"
        raise UserError(f"{found}; to copy the notebooks, type minidraw lessons start {quoted}")
    return folder


def _list_functions(folder):
    from minidraw.learn import own_functions
    from minidraw.learn.exercises import all_exercises

    path = folder / own_functions.FILE
    names = own_functions.list_names(path)
    for id, entry in all_exercises().items():
        print(f"{'yours' if entry.name in names else '-':6} {id}")
    own = sum(entry.name in names for entry in all_exercises().values())
    print(f"{own} of {len(all_exercises())} exercises answered")
    if path.exists():
        say(f"to check them, type: minidraw lessons grade {shlex.quote(str(path))}")
    else:
        where = "here" if folder == Path() else f"in {folder}"
        say(f"no {own_functions.FILE} {where}: the lessons write it when a function is right")


def _copy_lessons(arguments):
    from minidraw.learn.notebook.copies import copy_lessons

    folder = arguments.path
    copied, kept = copy_lessons(folder)
    for path in kept:
        say(f"{path} already exists and is unchanged")
    count = sum(path.suffix == ".ipynb" for path in copied)
    say(f"{count} lessons copied to {folder}; open: jupyter lab {shlex.quote(str(folder))}")


def _export(arguments):
    from minidraw.learn.export import export

    path = arguments.path
    lines, written = export(path)
    print(f"{path}: {lines} lines, {len(written)} functions are yours")
    print(f"train for two minutes and paint: python {shlex.quote(str(path))}")


def _write_sheet(arguments):
    from minidraw.atomic_write import write_atomically
    from minidraw.learn.exercises.variants import render_sheet

    with write_atomically(arguments.path) as file:
        file.write(render_sheet(arguments.seed or 0).encode())


def _grade(arguments):
    path, seconds = arguments.path, arguments.seconds
    seconds = DEFAULT_SECONDS if seconds is None else seconds
    if path.is_dir() or arguments.csv or arguments.feedback or arguments.rubric:
        return _mark(path, seconds, arguments)
    from minidraw.learn.grading import grade

    results = grade(path, seconds, arguments.seed or 0)
    counts = _count(results)
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


def _mark(path, seconds, arguments):
    """Grade one or many submissions by a rubric, and write what was asked for."""
    from minidraw.learn.grading.feedback import write_pages
    from minidraw.learn.grading.marks import grade_folder, read_rubric, write_table

    rubric = read_rubric(arguments.rubric, arguments.seed)
    ours = [file for file in (arguments.csv, arguments.feedback, arguments.rubric) if file]
    marks, of = [], sum(rubric.points.values())
    for mark in grade_folder(path, rubric, seconds, ours):
        marks.append(mark)
        if not arguments.json:
            note = f" ({mark.notes[0]})" if mark.notes else ""
            say(f"{mark.student}: {sum(mark.points.values()):g} of {of:g} points{note}")
    if arguments.csv:
        write_table(arguments.csv, rubric, marks)
    if arguments.feedback:
        write_pages(arguments.feedback, rubric, marks)
    if arguments.json:
        print(json.dumps({mark.student: _count(mark.results) for mark in marks}, indent=2))


def _count(results):
    """Return the verdicts and how many are right, of the exercises and of the open ones."""
    from minidraw.learn.exercises.open_exercises import OPEN_EXERCISES

    counts = {}
    for kind in ("exercises", "open"):
        found = {id: r for id, r in results.items() if (id in OPEN_EXERCISES) == (kind == "open")}
        right = sum(result["verdict"] == "right" for result in found.values())
        counts[kind] = {"right": right, "of": len(found), "verdicts": found}
    return counts


ACTIONS = {  # to what the path must be, and the function
    "start": ("a folder, such as my-lessons", _copy_lessons),
    "grade": ("a file, or a folder of submissions", _grade),
    "export": ("a file to write", _export),
    "sheet": ("a file to write", _write_sheet),
}
