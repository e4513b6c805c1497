import json
import shutil
import subprocess

import pytest

from minidraw.page import build

FORWARD = ("layers", "network", "draw", "classifier", "noise", "address", "gif")


@pytest.fixture
def node():
    """Run the page's own modules in Node with more lines; return what `answer` was given."""
    if not (program := shutil.which("node")):
        pytest.skip("no node: JavaScript can't be run outside a browser")

    def run(lines, **inputs):
        source = build.join_modules(FORWARD)
        source += f"\nconst given = {json.dumps(inputs)};\n"
        source += "const plain = (key, value) => value?.buffer ? Array.from(value) : value;\n"
        source += "const answer = (value) => console.log(JSON.stringify(value, plain));\n" + lines
        command = [program, "--input-type=module"]
        done = subprocess.run(command, input=source, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
