"""Notebooks made from their percent scripts: ``python lessons/render.py 04 05``.

Each runs in its own Jupyter kernel, in an empty folder, without network access.
"""

import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
WIDGET_TYPE = "application/vnd.jupyter.widget-view+json"
IMAGE_TYPES = {"image/png", "image/gif"}
NO_NETWORK = """
import socket

def _connect(self, address, connect=socket.socket.connect):
    if self.family != getattr(socket, "AF_UNIX", None) and address[0] not in ("127.0.0.1", "::1"):
        raise OSError(f"this lesson asked for {address}; a lesson needs no network")
    return connect(self, address)

socket.socket.connect = _connect
"""


def scripts(numbers=()):
    """Return the percent scripts of all lessons, or of the given numbers."""
    return [p for p in sorted(HERE.glob("[0-9][0-9]_*.py")) if not numbers or p.name[:2] in numbers]


def clean(script):
    """Make a notebook without outputs; the same script gives the same bytes."""
    notebook = jupytext.read(script)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook


def execute(notebook, limit=120):
    """Run every cell in a fresh kernel; raise if one fails."""
    blocked = nbformat.v4.new_code_cell(NO_NETWORK)
    notebook.cells.insert(0, blocked)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=limit,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
        )
        client.execute()
    notebook.cells.remove(blocked)
    notebook.metadata.pop("widgets", None)  # their state is large and useless without the kernel
    count = 0
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # timestamps differ on every run
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            # A slider shows an error without its kernel.
            cell.outputs = [o for o in cell.outputs if WIDGET_TYPE not in o.get("data", {})]
            for output in cell.outputs:
                data = output.get("data", {})
                if IMAGE_TYPES & data.keys():  # the same picture again
                    data.pop("text/html", None)
    return notebook


def main(numbers):
    for script in scripts(numbers):
        began = time.perf_counter()
        path = script.with_suffix(".ipynb")
        nbformat.write(execute(clean(script)), path)
        size = path.stat().st_size / 1000
        print(f"{path.name}: {time.perf_counter() - began:.1f} s, {size:.0f} KB")


if __name__ == "__main__":
    main(sys.argv[1:])
