"""The lessons as a static site: ``python lessons/site.py OUT``.

* ``index.html``: what there is, with minutes and what each lesson needs
* ``paint.html``: the page on which the bundled network paints
* ``read/``: the lessons with their pictures, to read
* ``lab/``: JupyterLite, in which they run with nothing installed; the browser keeps what is written
* ``notebooks/``, with ``--repository``: what the workflow puts on a branch for Colab and Binder

It needs ``pip install -e ".[site]"``.  Any host of files can serve the folder.
"""

import argparse
import html
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import mistune
import nbformat
import render
from nbconvert import HTMLExporter

from minidraw import Draw
from minidraw.datasets import bundled_path
from minidraw.page import build_page

SHEETS = ("GLOSSARY", "CHEATSHEET", "OPEN")
INSTALL = "# minidraw comes with this site.\n%pip install -q minidraw"
PINNED = "minidraw{extras} @ git+https://github.com/{repository}@{commit}"
HOSTS = {  # services that run a notebook of a branch on GitHub
    "Colab": "https://colab.research.google.com/github/{repository}/blob/notebooks/{name}.ipynb",
    "Binder": "https://mybinder.org/v2/gh/{repository}/notebooks?labpath={name}.ipynb",
}
LESSON = """
{%- extends 'lab/index.html.j2' -%}
{%- block body_header -%}
{{ super() }}
<style>body { max-width: 62rem; margin: auto; }</style>
<p><a href="../index.html">All lessons</a>
{%- for host, address in resources.hosts.items() %} |
<a href="{{ address }}">Run it on {{ host }}</a>
{%- endfor %}</p>
{%- endblock body_header -%}
{%- block input_group -%}
{%- if cell.metadata.get('jupyter', {}).get('source_hidden') -%}
<details><summary>The code of the figure</summary>{{ super() }}</details>
{%- else -%}{{ super() }}{%- endif -%}
{%- endblock input_group -%}
"""
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: 0.4rem 0.6rem; text-align: left; border-bottom: 1px solid #8888; }}
.scroll {{ overflow-x: auto; }}
</style>
{body}
</html>
"""
FRONT = """
<h1>DRAW, by hand</h1>
<p>A network that paints images stroke by stroke (Gregor et al. 2015), and lessons in which you
write it yourself.</p>
<ul>
<li><a href="paint.html">Watch it paint</a>, and let it redraw what you draw.</li>
<li><b>Read</b> a lesson with its pictures, or <b>run</b> it here in your browser, with nothing to
install. The first start loads Python and takes a while; code runs more slowly than outside a
browser.</li>
<li>Your browser keeps the notebooks that you change and <code>mine.py</code>, the functions that
you wrote. To take them elsewhere, download them from the list of files, and drop them into the list
there.</li>
</ul>
<div class="scroll"><table>
<thead><tr><th>Lesson</th><th></th><th>You build</th><th>You need</th><th>Minutes</th></tr></thead>
<tbody>
{rows}
</tbody></table></div>
<p>Sheets: {sheets}.</p>
"""


def read_table():
    """Return each lesson's title, file name, what is built and minutes, as in `README.md`."""
    text = (render.HERE / "README.md").read_text("utf-8")
    return re.findall(r"^\| \d\d \| \[(.+)\]\((\w+)\.ipynb\) \| (.+) \| (\d+) \|$", text, re.M)


def read_needs(script):
    """Return the sentence of a lesson that says what a reader must know."""
    words = " ".join(render.clean(script).cells[0].source.split())
    return re.search(r"\*\*You'll need:\*\* (.+?)\.? \d+ minutes", words)[1]


def write_front(out):
    rows = []
    for title, name, built, minutes in read_table():
        links = f'<a href="read/{name}.html">read</a>, '
        links += f'<a href="lab/notebooks/index.html?path={name}.ipynb">run</a>'
        needs = read_needs(render.HERE / f"{name}.py")
        cells = (html.escape(f"{name[:2]} {title}"), links)
        cells += (*(to_html(text) for text in (built, needs)), minutes)
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    sheets = ", ".join(f'<a href="read/{name}.html">{name.lower()}</a>' for name in SHEETS)
    body = FRONT.format(rows="\n".join(rows), sheets=sheets)
    (out / "index.html").write_text(PAGE.format(title="DRAW, by hand", body=body), "utf-8")


def to_html(text):
    """Return one paragraph of Markdown as HTML without the paragraph."""
    return re.sub(r"^<p>(.*)</p>\s*$", r"\1", mistune.html(text), flags=re.S)


def write_pages(out, scripts, repository):
    """Write the lessons as they were rendered, and the sheets."""
    (out / "read").mkdir(exist_ok=True)
    exporter = HTMLExporter(raw_template=LESSON, exclude_input_prompt=True)
    for script in scripts:
        notebook = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
        for output in (o for cell in notebook.cells for o in cell.get("outputs", [])):
            describe_picture(output)
        title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
        known = {"repository": repository, "name": script.stem}
        hosts = {host: text.format(**known) for host, text in HOSTS.items() if repository}
        resources = {"metadata": {"name": title}, "hosts": hosts}
        page, _ = exporter.from_notebook_node(notebook, resources)
        (out / "read" / f"{script.stem}.html").write_text(point_to_pages(page), "utf-8")
    for name in SHEETS:
        text = (render.HERE / f"{name}.md").read_text("utf-8")
        page = PAGE.format(title=name.capitalize(), body=point_to_pages(mistune.html(text)))
        (out / "read" / f"{name}.html").write_text(page, "utf-8")


def describe_picture(output):
    """Make a picture HTML with its text alternative, which nbconvert would drop."""
    for kind in render.IMAGE_TYPES & output.get("data", {}).keys():
        alt = html.escape(output.metadata[kind]["alt"])
        source = f"data:{kind};base64,{output.data[kind].strip()}"
        output.data = nbformat.from_dict({"text/html": f'<img alt="{alt}" src="{source}">'})


def point_to_pages(page):
    """Let links between notebooks and sheets lead to their pages."""
    return re.sub(r'(href="[\w./]+)\.(?:ipynb|md)([#"])', r"\1.html\2", page)


def write_notebooks(folder, scripts, install):
    """Write the notebooks without outputs, with a first cell that installs the package."""
    folder.mkdir(exist_ok=True)
    for script in scripts:
        notebook = render.clean(script)
        notebook.cells.insert(0, nbformat.v4.new_code_cell(install, id="install"))
        nbformat.write(notebook, folder / f"{script.stem}.ipynb")
    for name in SHEETS:
        (folder / f"{name}.md").write_bytes((render.HERE / f"{name}.md").read_bytes())


def write_branch(out, scripts, repository):
    """Write the files of the branch that Colab and Binder open; they install this very commit."""
    run = ["git", "-C", render.HERE, "rev-parse", "HEAD"]
    commit = subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip()
    known = {"repository": repository, "commit": commit}
    install = f'%pip install -q "{PINNED.format(extras="", **known)}"'
    write_notebooks(out / "notebooks", scripts, install)
    needs = PINNED.format(extras="[lessons]", **known)
    (out / "notebooks" / "requirements.txt").write_text(f"{needs}\n", "utf-8")  # Binder's


def write_lab(out, scripts, pyodide):
    """Build JupyterLite with the lessons, the sheets and the package."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        run = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder]
        subprocess.run([*run, render.HERE.parent], check=True)
        [wheel] = folder.glob("*.whl")
        content = folder / "content"
        write_notebooks(content, scripts, INSTALL)
        run = [sys.executable, "-m", "jupyter", "lite", "build", "--no-sourcemaps"]
        run += ["--lite-dir", folder, "--contents", content, "--output-dir", out / "lab"]
        run += ["--piplite-wheels", wheel, *(["--pyodide", pyodide] if pyodide else [])]
        subprocess.run(run, check=True, cwd=folder)  # it leaves a database there


def check_repository(text):
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} isn't OWNER/NAME")
    return text


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Build the lessons as a static site.")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder, made if it is missing")
    parser.add_argument("--no-lab", action="store_true", help="only what is read, not JupyterLite")
    parser.add_argument(
        "--pyodide",
        metavar="ARCHIVE",
        help="path or address of Python for browsers, pyodide-*.tar.bz2, to put on the site"
        " (default: browsers load it from its public network)",
    )
    parser.add_argument(
        "--repository",
        metavar="OWNER/NAME",
        type=check_repository,
        help="repository on GitHub, for links that run a lesson on Colab or Binder",
    )
    given = parser.parse_args(arguments)
    given.out = given.out.resolve()
    given.out.mkdir(parents=True, exist_ok=True)
    scripts = render.scripts()
    write_front(given.out)
    network = Draw.load(bundled_path("mnist.npz"))
    (given.out / "paint.html").write_text(build_page(network, "mnist.npz", "read/"), "utf-8")
    write_pages(given.out, scripts, given.repository)
    if given.repository:
        write_branch(given.out, scripts, given.repository)
    if not given.no_lab:
        write_lab(given.out, scripts, given.pyodide)
    print(f"{given.out}: to look at it, python -m http.server -d {given.out}")


if __name__ == "__main__":
    main()
