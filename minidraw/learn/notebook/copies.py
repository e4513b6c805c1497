"""The lessons' notebooks: where they lie, and clean copies to work in."""

import json
from pathlib import Path

from minidraw.errors import UserError


def notebooks():
    """Paths of all lessons' notebooks: in ``minidraw/lessons`` where installed, else at the top.

    Raises
    ------
    UserError
        If there are none.
    """
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "lessons", package.parent / "lessons"):
        if found := sorted(folder.glob("[0-9][0-9]_*.ipynb")):
            return found
    raise UserError("the lessons' notebooks are missing: install minidraw again")


def start(folder):
    """Copy the notebooks without their outputs; what is there already stays as it is.

    Parameters
    ----------
    folder : path
        Made if it isn't there.

    Returns
    -------
    copied, kept : lists of Path
    """
    folder, copied, kept = Path(folder), [], []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"can't make the folder {folder}: {error.strerror}") from error
    for source in notebooks():
        path = folder / source.name
        try:
            with open(path, "x", encoding="utf-8") as file:  # never over another file
                json.dump(_clean(json.loads(source.read_text("utf-8"))), file, indent=1)
                file.write("\n")
        except FileExistsError:
            kept.append(path)
        else:
            copied.append(path)
    return copied, kept


def _clean(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook
