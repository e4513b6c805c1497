"""The static site: pages to read, the page that paints, and JupyterLite with the lessons inside."""

import importlib.util
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbconvert", reason="the site needs its extra: pip install -e .[site]")
LESSONS = Path(__file__).parents[2] / "lessons"
NAMES = sorted(path.stem for path in LESSONS.glob("[0-9][0-9]_*.py"))


@pytest.fixture(scope="module")
def build():
    """The script's `main`; its name is that of a module of Python."""
    sys.path.insert(0, str(LESSONS))
    spec = importlib.util.spec_from_file_location("lessons_site", LESSONS / "site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module.main
    sys.path.remove(str(LESSONS))


@pytest.fixture(scope="module")
def site(build, tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    build([str(out), "--no-lab"])
    return out


class Links(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.addresses, self.pictures = [], []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "a" and "href" in given:
            self.addresses.append(given["href"])
        if tag == "img":
            self.pictures.append(given.get("alt", ""))


def test_every_lesson_is_in_the_table_with_what_it_needs(site):
    text = (site / "index.html").read_text("utf-8")
    rows = re.findall(
        r"<tr><td>(\d\d) .*?</td><td>.*?</td><td>(.+?)</td><td>(.+?)</td><td>(\d+)<", text
    )
    assert sorted(row[0] for row in rows) == [name[:2] for name in NAMES]
    assert all(int(row[3]) >= 30 for row in rows)


def test_links_between_pages_lead_somewhere(site):
    for page in [site / "index.html", *(site / "read").glob("*.html")]:
        for address in Links(page).addresses:
            if re.match(r"https?:|#|\.\./index|lab/|data:", address) or address.endswith(".py"):
                continue
            assert (page.parent / address.partition("#")[0]).exists(), (page.name, address)


def test_pictures_have_words_and_their_code_is_folded(site):
    for name in NAMES:
        words = Links(site / "read" / f"{name}.html").pictures
        notebook = (LESSONS / f"{name}.ipynb").read_text("utf-8")
        assert len(words) == len(re.findall(r'"image/(?:png|gif)": "', notebook)) > 0
        assert all(len(alt) > 20 and "No description" not in alt for alt in words), (name, words)
        folds = (site / "read" / f"{name}.html").read_text("utf-8").count("The code of the figure")
        assert folds == (LESSONS / f"{name}.py").read_text("utf-8").count('"source_hidden": true')


def test_the_front_door_paints(site):
    assert "A network that paints" in (site / "paint.html").read_text("utf-8")


@pytest.mark.slow
def test_links_to_services_lead_to_notebooks_that_install_this_commit(build, tmp_path):
    run = ["git", "-C", LESSONS, "rev-parse", "HEAD"]
    try:
        commit = subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not in a clone of git: there is no commit to install")
    build([str(tmp_path), "--no-lab", "--repository", "some-one/mini.draw"])
    address = f"git+https://github.com/some-one/mini.draw@{commit}"
    needs = (tmp_path / "notebooks" / "requirements.txt").read_text("utf-8")
    assert needs == f"minidraw[lessons] @ {address}\n"
    for name in NAMES:
        page = Links(tmp_path / "read" / f"{name}.html")
        for host in "colab.research.google.com", "mybinder.org":
            [link] = [a for a in page.addresses if a.startswith(f"https://{host}/")]
            assert "/some-one/mini.draw/" in link and f"{name}.ipynb" in link
        notebook = nbformat.read(tmp_path / "notebooks" / f"{name}.ipynb", as_version=4)
        nbformat.validate(notebook)
        assert notebook.cells[0].source == f'%pip install -q "minidraw @ {address}"'
        assert notebook.cells[1].source.startswith(f"# {name[:2]} ")


def test_without_a_repository_nothing_leads_to_one(site):
    assert not (site / "notebooks").exists()
    assert not any("binder" in a for a in Links(site / "read" / f"{NAMES[0]}.html").addresses)


@pytest.mark.parametrize("name", ["minidraw", "a/b/c", 'a/"><script>', "https://github.com/a/b"])
def test_a_repository_that_is_none(build, name, tmp_path, capsys):
    with pytest.raises(SystemExit):
        build([str(tmp_path), "--no-lab", "--repository", name])
    assert "isn't OWNER/NAME" in capsys.readouterr().err


@pytest.mark.slow
def test_jupyterlite_holds_lessons_and_package(build, tmp_path):
    pytest.importorskip("jupyterlite_core", reason="needs the extra: pip install -e .[site]")
    build([str(tmp_path)])
    lab = tmp_path / "lab"
    first = json.loads((lab / "files" / f"{NAMES[4]}.ipynb").read_text("utf-8"))["cells"][0]
    assert "%pip install -q minidraw" in "".join(first["source"])
    listed = json.loads((lab / "api" / "contents" / "all.json").read_text("utf-8"))["content"]
    assert {f"{name}.ipynb" for name in NAMES} <= {entry["name"] for entry in listed}
    assert "minidraw" in (lab / "pypi" / "all.json").read_text("utf-8")
    assert list((lab / "pypi").glob("minidraw-*.whl"))
    assert not Path(".jupyterlite.doit.db").exists()
