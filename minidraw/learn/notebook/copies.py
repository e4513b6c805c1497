"""`copy_notebooks` copies the lessons' notebooks without outputs, to work in."""

import json
from pathlib import Path

from minidraw.errors import UserError


def copy_notebooks(folder):
    """Copy the notebooks without their outputs; never overwrite a file.

    Parameters
    ----------
    folder : path
        Created if it doesn't exist.

    Returns
    -------
    copied, kept : lists of Path
    """
    folder, copied, kept = Path(folder), [], []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"can't create the folder {folder}: {error.strerror}") from error
    for source in find_notebooks():
        path = folder / source.name
        try:
            with open(path, "x", encoding="utf-8") as file:
                json.dump(_clear_outputs(json.loads(source.read_text("utf-8"))), file, indent=1)
                file.write("\n")
        except FileExistsError:
            kept.append(path)
        else:
            copied.append(path)
    return copied, kept


def find_notebooks():
    """Return the paths of all notebooks."""
    return sorted(find_lessons().glob("[0-9][0-9]_*.ipynb"))


def find_lessons():
    """Return the lessons' folder, in the installed package or the repository.

    Raises
    ------
    UserError
        If there is none.
    """
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "lessons", package.parent / "lessons"):
        if (folder / "captions.toml").is_file():
            return folder
    raise UserError("the lessons are missing: install minidraw again")


def _clear_outputs(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook
