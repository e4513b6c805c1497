"""Progress of long work: a bar where one can be redrawn, and lines where none can."""

import shutil
import sys
import threading
import warnings
from contextlib import contextmanager, suppress

from minidraw.errors import printable

MAX_BAR_COLUMNS = 100  # a notebook reports the size of the terminal that started it


def make_bar(*arguments, hidden=False, **settings):
    """Return a tqdm bar that shows on a terminal and in a notebook, and nowhere else.

    It is plain text in a notebook too, which needs no ipywidgets and remains in a saved notebook.

    Parameters
    ----------
    *arguments, **settings
        Those of `tqdm.tqdm`.
    hidden : bool
        Never show it.
    """
    from tqdm import TqdmMonitorWarning, tqdm  # here, because importing a data set must be fast

    stream = sys.stdout if _in_notebook() else sys.stderr
    visible = not hidden and (_in_notebook() or _is_terminal(stream))
    # tqdm itself would draw nothing on a terminal that gives its size as 0
    columns, rows = shutil.get_terminal_size()
    size = {"ncols": min(columns, MAX_BAR_COLUMNS), "nrows": rows}
    with warnings.catch_warnings():  # where no thread can be started, a bar needs no monitor
        warnings.simplefilter("ignore", TqdmMonitorWarning)
        return tqdm(*arguments, file=stream, disable=not visible, **size, **settings)


def print_line(text):
    """Print a line where a bar leaves no trace: in a notebook, a file or a pipe."""
    from tqdm import tqdm

    if _is_terminal(sys.stdout) and _is_terminal(sys.stderr):
        return
    with suppress(OSError, ValueError):  # a reader that has gone, as head has, stops no training
        with tqdm.external_write_mode(sys.stdout):
            print(text, flush=True)


def print_warning(message, *_):
    """Print a warning as one line, without the line of code that gave it, and keep a bar whole.

    A `warnings.showwarning`; only the message counts.
    """
    from tqdm import tqdm

    with suppress(OSError, ValueError), tqdm.external_write_mode(sys.stderr):
        print(f"minidraw: warning: {printable(message)}", file=sys.stderr, flush=True)


@contextmanager
def show_work(text, *, when, hidden=False):
    """Show a line while work is done that has no steps, with the time it has taken so far.

    Parameters
    ----------
    text : str
    when : callable
        Returns whether there is such work; asked again and again.
    hidden : bool
        Never show it.
    """
    done = threading.Event()

    def watch():
        while not when():
            if done.wait(0.5):
                return
        with make_bar(desc=text, bar_format="{desc}: {elapsed}", leave=False) as bar:
            print_line(text)
            while not done.wait(1):
                bar.refresh()

    watcher = threading.Thread(target=watch, daemon=True)
    if not hidden:
        with suppress(RuntimeError):  # where no thread can be started, as in a browser
            watcher.start()
    try:
        yield
    finally:
        done.set()
        if watcher.ident is not None:
            watcher.join()


def _is_terminal(stream):
    """Return whether a stream is a terminal."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # None, which Python has for a closed one, or closed since
        return False


def _in_notebook():
    """Return whether this is Jupyter, whose streams are no terminals but redraw a line."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
