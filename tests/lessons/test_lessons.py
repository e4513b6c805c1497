"""Every lesson: notebook and script agree, its form and stubs are right, and it runs."""

import ast
import inspect
import json
import re
import tomllib
from pathlib import Path

import nbformat
import pytest

from lessons import render
from minidraw.learn.exercises import all_exercises
from minidraw.learn.own_functions import get_source
from tests.learn.cells import Notebook
from tests.learn.styles import STYLES
from tests.lessons.figure_values import PRINT_VALUES, find_unsupported

SCRIPTS = render.scripts()
EXERCISES = all_exercises()
CAPTIONS = tomllib.loads((render.HERE / "captions.toml").read_text("utf-8"))
NEUTRAL = "That was a single", "For more practice", "Now "  # beginnings that answer no question
MAX_NOTEBOOK_BYTES = 500_000
# Of the processor's time, which other programs hardly change; compiling takes up to 46 of them.
MAX_SECONDS, CPU_SECONDS = 120, "import time; print(time.process_time())"

lessons = pytest.mark.parametrize("script", SCRIPTS, ids=[path.stem for path in SCRIPTS])


def list_cells(script, kind="code"):
    return [cell.source for cell in render.clean(script).cells if cell.cell_type == kind]


def list_stubs(script):
    """Return the exercises of a lesson, id and cell."""
    found = [(re.search(r'^@exercise\("(.+?)"\)', cell, re.M), cell) for cell in list_cells(script)]
    return [(match[1], cell) for match, cell in found if match]


@lessons
def test_the_notebook_is_made_from_the_script(script):
    """``python lessons/render.py NN`` makes it."""
    shown = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    wanted = render.clean(script)
    assert [(c.cell_type, c.source) for c in shown.cells] == [
        (c.cell_type, c.source) for c in wanted.cells
    ]
    assert script.with_suffix(".ipynb").stat().st_size < MAX_NOTEBOOK_BYTES


@lessons
def test_every_picture_has_words_and_a_caption(script):
    notebook = json.loads(script.with_suffix(".ipynb").read_text("utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    kinds = [render.IMAGE_TYPES & o.get("data", {}).keys() for o in outputs]
    pictures = [k for k, kind in enumerate(kinds) if kind]
    assert pictures
    for k in pictures:
        alt = outputs[k]["metadata"][kinds[k].pop()]["alt"]
        assert len(alt) > 30
        caption = "".join(outputs[k + 1]["data"]["text/markdown"]).strip("*")
        words = CAPTIONS[re.match(r"Figure (\d+\.\w+)\.", caption)[1]]
        assert fits(words["caption"], caption) and fits(words["alt"], alt), "render it again"
    assert not [o for o in outputs if o["output_type"] == "error"]


def fits(template, shown):
    """Return whether words in a notebook are those of ``captions.toml``, with any values."""
    parts = map(re.escape, re.split(r"\{.*?\}", template))
    return re.fullmatch(".+".join(parts), shown, re.S) is not None


@lessons
def test_no_cell_shows_a_caption(script):
    """A caption in the cell would answer the question above it; cells that draw are folded."""
    cells = [cell for cell in render.clean(script).cells if cell.cell_type == "code"]
    for cell in cells:
        assert not re.search(r"Figure \d+\.\d", cell.source), cell.source
        first = cell.source.partition("\n")[0]
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        if " = panels(" in first and re.search(r"^(show|movie)\(", cell.source, re.M):
            assert folded, cell.source
    used = re.findall(
        r'(?:show|movie|strips?|whole|gates_over_time)\(.*"(\d+\.\w+)"', script.read_text("utf-8")
    )
    assert sorted(used) == sorted(
        n for n in CAPTIONS if n.split(".")[0] == str(int(script.name[:2]))
    )


@lessons
def test_its_form(script):
    text = "\n\n".join(list_cells(script, "markdown"))
    number = script.name[:2]
    assert text.startswith(f"# {number} ")
    for part in ("**You'll do:**", "**You'll learn:**", "**You'll need:**", " minutes"):
        assert part in text.split("## ")[0], part
    for part in ("**Predict.**", "## Where it lives", "## In practice", "## What is next"):
        assert part in text, part
    assert not re.search(r"[.:;] -\s+\*\*", text), "items of a list run on in one paragraph"
    headings = ["## Where it lives", "## In practice", "## What is next"]
    assert sorted(headings, key=text.index) == headings
    for cell in list_cells(script):
        assert count_code_lines(cell) <= 15, f"a long cell: {cell[:200]}"


@lessons
def test_no_text_below_a_question_answers_it(script):
    """What is seen stands folded: the cell that shows it may itself be folded to one line."""
    cells = render.clean(script).cells
    for k, cell in enumerate(cells):
        _, question, rest = cell.source.rpartition("**Predict.**")
        if cell.cell_type != "markdown" or not question or "### Exercise" in rest:
            continue
        below = next(c.source for c in cells[k + 1 :] if c.cell_type == "markdown")
        assert below.startswith(("<details>", "## ", "### ", *NEUTRAL)), below[:200]


@lessons
def test_it_ends_with_a_recap_and_three_questions(script):
    text = "\n\n".join(list_cells(script, "markdown"))
    _, end = text.split("\n## Recap\n")
    recap, end = end.split("\n## Three questions\n")
    questions, _ = end.split("\n## What is next\n")
    assert 3 <= len(re.findall(r"^\* ", recap, re.M)) <= 5
    assert re.findall(r"^(\d)\. ", questions, re.M) == ["1", "2", "3"]
    assert (
        questions.count("<details><summary>Answer</summary>") == questions.count("</details>") == 3
    )


def count_code_lines(cell):
    """Count lines without imports, comments, empty lines and captions."""
    counted = 0
    for node in ast.parse(cell).body:
        shows = isinstance(node, ast.Expr) and ast.unparse(node).startswith("show(")
        if not shows and not isinstance(node, ast.Import | ast.ImportFrom):
            counted += len(ast.unparse(node).splitlines())
    return counted


@lessons
def test_stubs_are_those_of_the_table(script):
    number, text = script.name[:2], "\n".join(list_cells(script, "markdown"))
    ids = [id for id, _ in list_stubs(script)]
    assert ids == [id for id in EXERCISES if id.startswith(f"{number}.")]
    assert len(ids) <= 6
    budgets = [int(n) for n in re.findall(r"^### Exercise \d: .*\((\d+) lines?\)$", text, re.M)]
    assert budgets == [EXERCISES[id].lines for id in ids]
    for id, cell in list_stubs(script):
        node = ast.parse(cell).body[-1]
        parameters = [a.arg for a in node.args.args + node.args.kwonlyargs]
        known = [p.name for p in inspect.signature(EXERCISES[id].answer).parameters.values()]
        assert parameters == known[: len(parameters)], id
        assert "raise NotImplementedError" in cell


@pytest.mark.slow
@lessons
@pytest.mark.parametrize("style", [0, 1])
def test_filled_in_the_exercises_pass(script, style, tmp_path, monkeypatch):
    """Run each stub's cell with a right answer in it, in order, in one notebook."""
    monkeypatch.chdir(tmp_path)
    notebook = Notebook()
    nodes = [node for cell in list_cells(script) for node in ast.parse(cell).body]
    for node in nodes:
        takes = isinstance(node, ast.Assign) and re.search(
            r"= (use_earlier\(|\(?layers\.\w+(,|$))", ast.unparse(node)
        )
        if isinstance(node, ast.Import | ast.ImportFrom) or takes:
            notebook.run(ast.unparse(node))
    for id, _ in list_stubs(script):
        function = STYLES[id][style]
        source = get_source(function).replace(f"def {function.__name__}(", f"def {get_name(id)}(")
        assert "right" in notebook.run(f'@exercise("{id}")\n{source}\n')
    assert Path("mine.py").exists() == bool(list_stubs(script))
    restarted = Notebook()
    for id, cell in list_stubs(script):
        said = restarted.run(cell)
        yours = f"{id}: not written here. The lesson goes on with yours from mine.py.\n"
        # An answer that keeps another cache waits for its backward, as it does in the notebook.
        assert said == yours or re.search(r"isn't used: (needs \w+ too|with \w+'s cache)", said)


def get_name(id):
    return id.partition(".")[2]


def read_printed(cells):
    """Return what cells printed; a kernel may send one line in several outputs."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


def test_a_line_that_comes_in_two_parts_is_read_whole():
    parts = "import time; print(1, end='', flush=True); time.sleep(1); print(2)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(parts)])
    [cell] = render.execute(notebook).cells
    assert len(cell.outputs) == 2 and read_printed([cell]) == "12\n"


@pytest.mark.slow
@lessons
def test_unfilled_it_runs_to_its_end(script):
    """In a Jupyter kernel, in an empty folder, without network access."""
    notebook = render.clean(script)
    notebook.cells.append(nbformat.v4.new_code_cell(CPU_SECONDS))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(PRINT_VALUES))
    # A finished cell is sometimes noticed only when the limit ends: seen once, 20 minutes late.
    notebook = render.execute(notebook, limit=300)
    assert float(read_printed([notebook.cells.pop()])) < MAX_SECONDS
    assert read_printed(notebook.cells).count("not written yet") == len(list_stubs(script))
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not find_unsupported(code, CAPTIONS, script.name[:2])  # or see numbers.toml


def test_a_lesson_that_asks_for_a_network_is_stopped():
    notebook = nbformat.v4.new_notebook()
    source = "import urllib.request\nurllib.request.urlopen('http://192.0.2.1', timeout=3)"
    notebook.cells = [nbformat.v4.new_code_cell(source)]
    with pytest.raises(Exception, match="a lesson needs no network"):
        render.execute(notebook)


def read_minutes(script):
    return int(re.search(r"(\d+) minutes", " ".join(list_cells(script, "markdown")[0].split()))[1])


def test_the_table_of_lessons():
    """It lists each lesson with its file and the minutes that the lesson gives."""
    text = (render.HERE / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d\d) \| \[.+?\]\((.+?)\) \|.*\| (\d+) \|$", text, re.M)
    wanted = [(p.name[:2], f"{p.stem}.ipynb", str(read_minutes(p))) for p in SCRIPTS]
    assert sorted(rows) == wanted


def test_the_weeks_of_the_plan():
    text = (render.HERE / "TEACHING.md").read_text("utf-8")
    known = {path.name[:2]: read_minutes(path) for path in SCRIPTS}
    weeks = re.findall(r"^\| \d \| ([\d, ]+) \| (\d+) \|", text, re.M)
    for lessons_of_week, total in weeks:
        assert sum(known[number] for number in lessons_of_week.split(", ")) == int(total)
    core = [number for week, _ in weeks for number in week.split(", ")]
    assert core == sorted(known)[:14]
