"""Read what students hand in: a ``.py`` file, a notebook, or a folder with several of them."""

import codecs
import io
import json
import re
import tokenize
from pathlib import Path
from typing import NamedTuple

from minidraw.errors import UserError
from minidraw.learn.own_functions import rename_modules
from minidraw.regular_files import read_regular

KINDS = ".py", ".ipynb"
WANTED = "hand in a .py file or a notebook (.ipynb)"
MAX_BYTES = 50 * 2**20
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
KEPT_CELL_MAGICS = "time", "timeit", "capture"  # the rest of such a cell is Python


class Submission(NamedTuple):
    student: str
    path: Path
    files: dict  # name of a file to its blocks of source text: a notebook's cells, or one
    fault: str = ""  # why it can't be graded


def find_submissions(folder, ours=()):
    """Return the submissions in a folder: each file, and each folder with a student's files.

    Parameters
    ----------
    folder : Path
    ours : paths
        What `grade` itself reads or writes there.

    Raises
    ------
    UserError
        If there is none.
    """
    ours = {path.resolve() for path in ours}
    paths = [
        path
        for path in sorted(folder.iterdir())
        if not path.name.startswith((".", "__")) and path.resolve() not in ours
    ]
    stems = [path.stem for path in paths]
    found = []
    for path in paths:
        alone = path.is_dir() or stems.count(path.stem) == 1
        name = path.stem if alone and not path.is_dir() else path.name
        try:
            found.append(read_submission(path)._replace(student=name))
        except UserError as error:
            found.append(Submission(name, path, {}, str(error).removeprefix(f"{path}: ")))
    if not any(submission.files for submission in found):
        raise UserError(f"{folder}: no submission; {WANTED}")
    return found


def read_submission(path):
    """Read a student's file, or all of them in a folder.

    Raises
    ------
    UserError
        If one isn't a file of Python or a notebook, or can't be read.
    """
    if path.is_dir():
        paths = sorted(part for part in path.iterdir() if part.suffix.lower() in KINDS)
        if not paths:
            raise UserError(f"{path}: no .py file or notebook in this folder")
    elif path.is_file():
        paths = [path]
    else:
        raise UserError(f"{path}: no such file; give the path of a mine.py or of a folder")
    files = {part.name: read_blocks(part) for part in paths}
    return Submission(path.stem, path, files)


def read_blocks(path):
    """Return the source text of a file, or of each cell of a notebook, without magic lines."""
    if path.suffix.lower() not in KINDS or not path.is_file():
        raise UserError(f"{path}: {WANTED}")
    try:
        text = _decode(path, read_regular(path, MAX_BYTES))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    notebook = path.suffix.lower() == ".ipynb" or re.match(r'\s*\{\s*"(cells|metadata)"', text)
    blocks = _list_cells(path, text) if notebook else [text]
    return [rename_modules(drop_magics(block)) for block in blocks]


def drop_magics(source):
    """Replace what only IPython understands by ``pass``, and keep the numbers of the lines."""
    lines = source.replace("\r\n", "\n").split("\n")
    first = next((line for line in lines if line.strip()), "")
    if (cell := re.match(r"%%(\w+)", first)) and cell[1] not in KEPT_CELL_MAGICS:
        return ""
    magic = re.compile(r"(\s*)(%%?\w|!|\?\w|[\w.]+\s*\?\??\s*$|[\w, ]+=\s*[%!]\s*\w)")
    lines = [f"{found[1]}pass" if (found := magic.match(line)) else line for line in lines]
    return "\n".join(lines)


def _decode(path, content):
    encoding = next((e for mark, e in BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    try:
        if encoding is None:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, LookupError, ValueError) as error:
        raise UserError(
            f"{path}: its encoding isn't UTF-8; save it as UTF-8, or name the encoding in the "
            "first line: # -*- coding: latin-1 -*-"
        ) from error
    if "\0" in text:
        raise UserError(f"{path}: it contains bytes 0, as UTF-16 does; save it as UTF-8")
    return text


def _list_cells(path, text):
    try:
        cells = json.loads(text)["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return [source if isinstance(source, str) else "".join(source) for source in sources]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"{path}: not a whole notebook; save it again in Jupyter") from error
