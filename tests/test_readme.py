"""The README agrees with the code: file lengths, commands, options."""

import re
from pathlib import Path

import pytest

from minidraw.cli import main

TOP = Path(__file__).parents[1]
README = TOP / "README.md"

pytestmark = pytest.mark.skipif(not README.exists(), reason="no README beside the tests")


def test_the_reading_order_gives_the_length_of_each_file():
    rows = re.findall(r"^\| `(minidraw/\S+\.py)` \| (\d+) \|", README.read_text("utf-8"), re.M)
    assert len(rows) >= 10
    for name, stated in rows:
        lines = len((TOP / name).read_text("utf-8").splitlines())
        assert abs(lines - int(stated)) <= 5, f"{name} has {lines} lines, the README says {stated}"


def test_every_command_and_option_exists(capsys):
    """Compare the commands of the bash blocks with each command's --help."""
    blocks = re.findall(r"^```bash\n(.*?)^```", README.read_text("utf-8"), re.M | re.S)
    lines = re.findall(r"^minidraw (\w+)([^#\n]*)", "\n".join(blocks), re.M)
    assert len(lines) >= 8
    for command, rest in lines:
        with pytest.raises(SystemExit) as stopped:
            main([command, "--help"])
        assert stopped.value.code == 0
        known = capsys.readouterr().out
        for option in re.findall(r"--[\w-]+", rest):
            assert option in known, f"minidraw {command} has no {option}"


def test_ci_runs_the_command_that_the_readme_shows():
    command = re.compile(r"^python3 -m venv \.venv .*pytest$", re.M)
    assert len(command.findall(README.read_text("utf-8"))) == 1
