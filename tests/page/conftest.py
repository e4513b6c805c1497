import json
import re
import shutil
import subprocess

import pytest
from page_networks import wait_until

from minidraw.page import build, build_page

FORWARD = ("layers", "network", "draw", "classifier", "noise", "address", "gif")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ANSWER = "JSON.stringify(answer, (key, value) => value?.buffer ? Array.from(value) : value)"


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium, without a network."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        pytest.skip("no playwright: pages can't be used by script")
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=program)
        except Error as error:
            pytest.skip(f"no Chromium that starts: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


@pytest.fixture(params=["node", "chromium"])
def javascript(request):
    """Run the page's own modules and more lines; return what `answer` is given."""
    if request.param == "chromium":
        page = request.getfixturevalue("chromium").new_page()
        request.addfinalizer(page.close)
        return lambda lines, **inputs: json.loads(
            page.evaluate(wrap(lines, inputs, f"return {ANSWER}"))
        )
    if not (program := shutil.which("node")):
        pytest.skip("no node: JavaScript can't be run outside a browser")

    def run(lines, **inputs):
        source = wrap(lines, inputs, f"console.log({ANSWER})") + "()"
        command = [program, "--input-type=module"]
        done = subprocess.run(command, input=source, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def wrap(lines, inputs, end):
    """A function, as text, that knows the modules' exports and `given`, and runs the lines."""
    source = build.join_modules(FORWARD)
    exports = ", ".join(re.findall(r"^return \{ (.*) \};$", source, re.M))
    source += f"const {{ {exports} }} = Object.assign({{}}, ...Object.values(modules));\n"
    return f"(() => {{\n{source}const given = {json.dumps(inputs)};\n{lines}\n{end};\n}})"


@pytest.fixture
def open_page(chromium, tmp_path):
    """Open a network's page from disk.  In the end: no error, and no request but for the page."""
    contexts, troubles, requests = [], [], []

    def open_one(network, address="", lessons=None, **settings):
        path = tmp_path / "page.html"
        path.write_text(build_page(network, "mine.npz", lessons), "utf-8")
        context = chromium.new_context(offline=True, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: troubles.append(said.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda asked: requests.append(asked.url.partition("#")[0]))
        page.goto(path.as_uri() + address)
        wait_until(page, "document.querySelector('#play .value').textContent")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not troubles
    own = ((tmp_path / "page.html").as_uri(), "blob:", "data:")
    assert requests and all(url.startswith(own) for url in requests)
