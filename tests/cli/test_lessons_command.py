"""``minidraw lessons``, its copies and its grades; ``minidraw train --ops mine``."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

from minidraw.cli import main
from minidraw.learn.grading import grade
from minidraw.learn.notebook.copies import find_notebooks
from tests.learn.cells import Notebook

pytestmark = pytest.mark.usefixtures("here")  # commands write into the current folder

SIGMOID = "import numpy as np\n\ndef sigmoid(a):\n    return 1 / (1 + np.exp(-a))\n"
TINY = "--data own.npy --hidden 8 --glimpses 2 --latent 3 --batch 20 --epochs 2 --threads 1"
TINY = TINY.split()


def test_which_functions_are_the_learners(capsys):
    assert main(["lessons"]) == 0
    said = capsys.readouterr().out
    assert "-      02.sigmoid" in said and "no mine.py here" in said
    Path("mine.py").write_text(SIGMOID)
    main(["lessons"])
    said = capsys.readouterr().out
    assert "yours  02.sigmoid" in said and "minidraw lessons grade mine.py" in said


def test_start_copies_clean_notebooks(capsys):
    assert main(["lessons", "start", "work"]) == 0
    copied = sorted(Path("work").glob("*.ipynb"))
    assert [path.name for path in copied] == [path.name for path in find_notebooks()]
    assert f"{len(copied)} lessons copied to work" in capsys.readouterr().out
    for path in copied:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def test_start_copies_every_page_that_a_notebook_links_to():
    """Links to files beside the notebook work in the copy too."""
    main(["lessons", "start", "work"])
    linked = set()
    for path in Path("work").glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        text = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        linked |= set(re.findall(r"\]\((?!https?:)([^)#]+)", text))
    assert {"OPEN.md", "GLOSSARY.md", "CHEATSHEET.md"} <= {p.name for p in Path("work").iterdir()}
    assert {"OPEN.md", "GLOSSARY.md"} <= linked
    assert not [name for name in linked if not Path("work", name).exists()]


def test_start_never_overwrites(capsys):
    main(["lessons", "start", "work"])
    mine, *others = sorted(Path("work").glob("*.ipynb"))
    mine.write_text("my work")
    others[0].unlink()
    Path("work/OPEN.md").write_text("my notes")
    main(["lessons", "start", "work"])
    said = capsys.readouterr().out
    assert Path("work/OPEN.md").read_text() == "my notes"
    assert mine.read_text() == "my work" and others[0].exists()
    assert f"{mine} already exists and is unchanged" in said and "1 lessons copied" in said


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["start"], "needs a folder"),
        (["grade"], "needs a file"),
        (["grade", "none.py"], "none.py: no such file"),
        (["start", "work", "--json"], "--json only works with"),
    ],
)
def test_a_missing_argument_is_one_line(arguments, words, capsys):
    assert main(["lessons", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_start_left_out(capsys):
    """A folder without lessons, one that isn't there, a file, or a mistyped action."""
    Path("empty").mkdir()
    for name in ("empty", "new"):
        assert main(["lessons", name]) == 2
        assert f"type minidraw lessons start {name}\n" in capsys.readouterr().err
    Path("mine.py").write_text(SIGMOID)
    assert main(["lessons", "mine.py"]) == main(["lessons", "Start", "work"]) == 2
    said = capsys.readouterr().err
    assert "type minidraw lessons grade mine.py" in said
    assert "unknown action 'Start'; choose from start, grade, export, sheet" in said
    main(["lessons", "start", "work"])
    assert main(["lessons", "work"]) == 0
    assert "no mine.py in work" in capsys.readouterr().out


HANDED_IN = """
import numpy as np
from minidraw import layers
from minidraw.layers import write_backward

print("hello")

def sigmoid(a):
    print("inside")
    return 1 / (1 + np.exp(-a))

def softmax_backward(dF, F):
    while True:
        pass

def kl(mu, log_sigma):
    return layers.kl(mu, log_sigma)

def sample(mu, log_sigma, *, noise):
    return mu + np.exp(log_sigma) * noise ** 2, ()

def slope(f, x, *, eps):
    raise NotImplementedError

def linear(x, W, b):
    return x @ W + 1 / 0, None
"""


def test_grades():
    """Each verdict once, in one file."""
    Path("theirs.py").write_text(HANDED_IN)
    results = grade("theirs.py", seconds=8)
    verdicts = {id: result["verdict"] for id, result in results.items()}
    assert verdicts["02.sigmoid"] == "right"
    assert verdicts["05.softmax_backward"] == "timeout"
    assert verdicts["10.kl"] == "borrowed"
    assert verdicts["10.sample"] == "wrong"
    assert verdicts["01.slope"] == "unwritten"
    assert verdicts["02.linear"] == "raised"
    assert verdicts["07.write_backward"] == "missing"
    assert list(verdicts.values()).count("right") == 1


def test_grades_as_json(capsys):
    Path("mine.py").write_text(SIGMOID)
    assert main(["lessons", "grade", "mine.py", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    counted = answer["exercises"]
    assert counted["right"] == 1 and counted["verdicts"]["02.sigmoid"]["verdict"] == "right"
    assert answer["open"]["right"] == 0
    assert main(["lessons", "grade", "mine.py"]) == 0
    assert f"1 of {counted['of']} exercises right" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text, words, seconds",
    [
        ("import nothing_here\n", "ModuleNotFoundError", "60"),
        ("while True:\n    pass\n", "still running after 2", "2"),
    ],
)
def test_a_file_that_does_not_run_is_an_error(text, words, seconds, capsys):
    Path("mine.py").write_text(text)
    assert main(["lessons", "grade", "mine.py", "--seconds", seconds]) == 2
    assert words in capsys.readouterr().err


def test_training_with_ones_own_functions(capsys):
    """The notebook writes the file; the command line trains with it and resumes with it."""
    np.save("own.npy", (np.random.default_rng(0).random((60, 9, 8)) * 255).astype("u1"))
    body = SIGMOID.partition("\n\n")[2]
    assert "right" in Notebook().run(f'@exercise("02.sigmoid")\n{body}')
    assert main(["train", "--ops", "mine", "--run", "run", *TINY]) == 0
    said = capsys.readouterr().out
    assert "1 of 20 functions here are yours" in said and "validation bound" in said
    assert json.loads(Path("run/config.json").read_text())["ops"] == str(Path("mine.py").resolve())
    assert main(["train", "--resume", "run", "--ops", "mine.py"]) == 0
    assert "1 of 20 functions here are yours" in capsys.readouterr().out


@pytest.fixture
def somebodys_run(here):
    """A run whose folder names a file, which leaves a trace if it is executed."""
    np.save("own.npy", (np.random.default_rng(0).random((60, 9, 8)) * 255).astype("u1"))
    assert main(["train", "--run", "run", *TINY]) == 0
    Path("trap.py").write_text("from pathlib import Path\nPath('executed').touch()\n")
    Path("mine.py").write_text(Path("trap.py").read_text())
    settings = json.loads(Path("run/config.json").read_text())

    def record(ops):
        Path("run/config.json").write_text(json.dumps(settings | {"ops": ops}))

    return record


COMMANDS = [
    ["train", "--resume", "run"],
    ["train", "--resume", "run", "--threads", "1"],
    ["sample", "run"],
    ["film", "run"],
    ["reconstruct", "run"],
    ["evaluate", "run", "--images", "10"],
    ["train", "--init", "run", *TINY],
    ["lessons"],
]


@pytest.mark.slow
def test_no_command_executes_the_file_that_a_run_names(somebodys_run, capsys):
    names = ["mine", "trap.py", str(Path("trap.py").resolve()), "./mine.py", "/dev/stdin"]
    for command, name in itertools.product(COMMANDS, names):
        somebodys_run(name)
        status = main(command)
        assert not Path("executed").exists()
        if "--resume" in command:
            said = capsys.readouterr().err
            assert status == 2 and said.count("\n") == 1 and repr(name) in said
            assert "minidraw train --resume run --ops FILE" in said


def test_an_invalid_name_of_the_layers_is_one_line(somebodys_run, capsys):
    for ops in (5, None, ["trap.py"], {}, True, "", "\x1b[2J", 10**400, "x" * 10_000):
        somebodys_run(ops)
        assert main(["train", "--resume", "run"]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and "\x1b" not in said and len(said) < 600


def test_a_resumed_run_keeps_its_own_layers(somebodys_run, capsys):
    for recorded, typed in (("kernels", "trap.py"), ("layers", "kernels"), ("trap.py", "layers")):
        somebodys_run(recorded)
        assert main(["train", "--resume", "run", "--ops", typed]) == 2
        assert recorded in capsys.readouterr().err and not Path("executed").exists()


def test_training_without_a_file_of_ones_own(capsys):
    assert main(["train", "--ops", "mine", "--run", "run", *TINY]) == 2
    assert "mine.py: no such file" in capsys.readouterr().err
