"""`copy_lessons` copies the notebooks without outputs, to work in, and the sheets beside them."""

import json
from pathlib import Path

from minidraw.errors import UserError

SHEETS = "CHEATSHEET.md", "GLOSSARY.md", "OPEN.md"  # the notebooks link to them


def copy_lessons(folder):
    """Copy the notebooks without their outputs, and the sheets; never overwrite a file.

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
    for source in [*find_notebooks(), *(find_lessons() / name for name in SHEETS)]:
        path, text = folder / source.name, source.read_text("utf-8")
        if source.suffix == ".ipynb":
            text = json.dumps(_clear_outputs(json.loads(text)), indent=1) + "\n"
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(text)
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
