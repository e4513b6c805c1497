"""`write_pages` writes a page of HTML for each student: the points, and what each check said.

Everything that comes from a submission, even its name, is escaped.
"""

import html

from minidraw.atomic_write import write_atomically
from minidraw.errors import UserError

WORDS = {
    "right": "right",
    "wrong": "not right yet",
    "raised": "stopped with an error",
    "unwritten": "not written yet",
    "missing": "not in the file",
    "borrowed": "calls minidraw, which does not count",
    "differences": "takes finite differences, which does not count",
    "unjudged": "not judged",
    "timeout": "takes too long",
    "memory": "needs too much memory",
    "ungraded": "not graded",
}
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; }}
td, th {{ text-align: left; padding: 0.2rem 1.2rem 0.2rem 0; border-bottom: 1px solid #ccc; }}
pre {{ background: #f4f4f4; padding: 0.7rem; white-space: pre-wrap; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{points} of {of} points.</p>
{body}
</body>
</html>
"""


def write_pages(folder, rubric, marks):
    """Write ``folder/student.html`` for each mark; create the folder if there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"can't create the folder {folder}: {error.strerror}") from error
    for mark in marks:
        with write_atomically(folder / f"{mark.student}.html") as file:
            file.write(render_page(rubric, mark).encode("utf-8", "replace"))


def render_page(rubric, mark):
    """Return a student's page."""
    parts = []
    if mark.notes:
        parts += ["<h2>While your files ran</h2>", "<ul>"]
        parts += [f"<li>{html.escape(note)}</li>" for note in mark.notes] + ["</ul>"]
    if mark.results:
        parts += ["<h2>Your functions</h2>", "<table>"]
        parts += ["<tr><th>exercise</th><th>verdict</th><th>points</th></tr>"]
        parts += [_render_row(id, mark, full) for id, full in rubric.points.items()] + ["</table>"]
    for id in rubric.points:
        result = mark.results.get(id, {})
        if result.get("message"):
            parts += [f"<h2>{html.escape(id)}</h2>", f"<pre>{html.escape(result['message'])}</pre>"]
    points, of = (f"{sum(some.values()):g}" for some in (mark.points, rubric.points))
    return PAGE.format(title=html.escape(mark.student), points=points, of=of, body="\n".join(parts))


def _render_row(id, mark, full):
    words = WORDS[mark.results[id]["verdict"]]
    cells = f"<td>{html.escape(id)}</td><td>{words}</td><td>{mark.points[id]:g} of {full:g}</td>"
    return f"<tr>{cells}</tr>"
