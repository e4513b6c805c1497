"""A line below a `NameError` in a notebook, which says what to run after a restart."""

import re
import sys

from minidraw.learn.exercises import all_exercises


def explain_missing_names():
    """Let the notebook say below each `NameError` which cells to run; elsewhere do nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if shell:
        shell.set_custom_exc((NameError,), _show)


def suggest_cells(message):
    """Return which cells to run for a message of a `NameError`, or an empty text."""
    found = re.search(r"name '(\w+)' is not defined", message)
    if not found:
        return ""
    line = (
        f"If a cell above sets {found[1]}, run it first; after a restart of the kernel, choose "
        "Run > Run All Above Selected Cell."
    )
    ids = [id for id, entry in all_exercises().items() if entry.name == found[1]]
    if ids:
        line += f"\nThe cell of exercise {ids[0]} takes your function from mine.py if it is saved."
    return line


def _show(shell, kind, error, traceback, tb_offset=None):
    shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)
    print(suggest_cells(str(error)), end="")
