"""Twelve submissions, as a course might hand them in, and what each must be given."""

import json

from tests.learn import open_answers
from tests.learn.cells import get_function_source as source

HEAD = "import os\nimport sys\nimport numpy as np\n\n"
LINEAR = "def linear(x, W, b):\n    return x @ W + b, (x, W)\n\n"
LINEAR_BACKWARD = """
def linear_backward(dout, cache):
    x, W = cache
    return dout @ W.T, x.T @ dout, dout.sum(axis=0)
"""
SIGMOID = "def sigmoid(a):\n    return 0.5 + 0.5 * np.tanh(a / 2)\n\n"
KL = source(open_answers.kl_between) + "\n\n"
KL_BACKWARD = source(open_answers.kl_between_backward) + "\n\n"
PERFECT = HEAD + LINEAR + LINEAR_BACKWARD + SIGMOID + KL + KL_BACKWARD
IDS = "02.linear", "02.linear_backward", "02.sigmoid", "10.kl_between", "10.kl_between_backward"
POINTS = dict(zip(IDS, (1, 2, 4, 8, 16), strict=True))
ALL = 31

PRINTS = PERFECT.replace("    x, W = cache", "    print('z' * 200_000)\n    x, W = cache").replace(
    "    return 0.5", "    print(a, 'y' * 200_000, file=sys.stderr)\n    return 0.5"
)
EXITS = (
    PERFECT.replace("    return x @ W + b", "    exit()\n    return x @ W + b")
    .replace("    return 0.5", "    os._exit(0)\n    return 0.5")
    .replace("def sigmoid", "exit()\n\ndef sigmoid")
    .replace("def kl_between(", "os._exit(1)\n\ndef kl_between(")
)
LOOPS = PERFECT.replace("    return 0.5", "    while True:\n        pass\n    return 0.5").replace(
    "def kl_between(", "while True:\n    pass\n\ndef kl_between("
)
HOG = PERFECT.replace(
    "    return 0.5", "    held = [bytes(10**7) for _ in range(10**5)]\n    return 0.5"
).replace("bytes(10**7)", "b'x' * 10**7")
SOURCES = """
import inspect
import numpy as np
from minidraw import layers

def sigmoid(a):
    names = {}
    exec("import numpy as np\\n" + inspect.getsource(layers.sigmoid), names)
    return names["sigmoid"](a)

def linear(x, W, b):
    import glob, importlib.util, sys
    sys.meta_path.pop(0)
    [sys.modules.pop(name) for name in list(sys.modules) if name.startswith("minidraw")]
    sys.path.insert(0, FOLDER)
    import minidraw.layers.linear as real
    return real.linear(x, W, b)

def linear_backward(dout, cache):
    names = {}
    exec(open(FOLDER + "/minidraw/layers/linear.py").read(), names)
    return names["linear_backward"](dout, cache)

def kl_between(mu, log_sigma, mu_0, log_sigma_0):
    from minidraw.learn.exercises.open_exercises import kl_between
    return kl_between(mu, log_sigma, mu_0, log_sigma_0)
"""
INSIDE = """
import gc
import json
import os
import sys
import numpy as np

np.allclose = np.array_equal = lambda *a, **k: True
for value in gc.get_objects():
    if isinstance(value, dict) and "Verdict" in value:
        value["Verdict"] = lambda *a: ("right", "")
    if isinstance(value, dict) and "call_function" in value:
        value["call_function"] = lambda *a: {"value": True, "arguments": [], "calls": 0}
answer = {"verdict": "right", "message": ""}
ids = "02.linear", "02.linear_backward", "02.sigmoid", "10.kl_between"
for descriptor in range(3, 10):
    try:
        os.write(descriptor, b'["02.sigmoid", "right", ""]\\n' * 5)
    except OSError:
        pass
print(json.dumps({"functions": dict.fromkeys(ids, answer), "notes": []}))

class Same(np.ndarray):
    def __eq__(self, other):
        return True

def sigmoid(a):
    return np.zeros(a.shape).view(Same)

def linear(x, W, b):
    os._exit(0)

def linear_backward(dout, cache):
    return Same((1,)), True, {"verdict": "right"}
"""
DIFFERENCES = (
    PERFECT.replace(KL_BACKWARD, "")
    .replace(LINEAR_BACKWARD, "")
    .replace("(x, W)", "(x, W, b)")
    .replace("def kl_between(", "def other(")
    + """
def take_differences(f, inputs, dout, h):
    grads = []
    for k, x in enumerate(inputs):
        grads.append(np.zeros_like(x))
        for place in np.ndindex(x.shape):
            sides = []
            for step in (h, -h):
                moved = [v.copy() for v in inputs]
                moved[k][place] += step
                sides.append((f(*moved)[0] * dout).sum())
            grads[k][place] = (sides[0] - sides[1]) / (2 * h)
    return tuple(grads)

def linear_backward(dout, cache):
    return take_differences(linear, cache, dout, 0.5)  # exact, but for every entry

def kl_between(mu, log_sigma, mu_0, log_sigma_0):
    return other(mu, log_sigma, mu_0, log_sigma_0)[0], (mu, log_sigma, mu_0, log_sigma_0)

def kl_between_backward(dout, cache):
    return take_differences(other, cache, dout, 1e-6)
"""
)
DECORATED = (
    "import functools\nimport numba\nfrom minidraw.learn import exercise, hint\n"
    + PERFECT.replace("def linear(", '@exercise("02.linear")\ndef linear(')
    .replace("def linear_backward", '@exercise("02.linear_backward")\ndef linear_backward')
    .replace("def sigmoid", "@functools.lru_cache\ndef sigmoid")
    .replace("def kl_between(", "@numba.njit\ndef kl_between(")
)
CELLS = [
    "%matplotlib inline\n!pip install numpy\nimport numpy as np",
    "%%time\n" + LINEAR,
    "%%bash\nrm -rf /",
    LINEAR_BACKWARD + "\n%timeit 1 + 1\nlinear?",
    "import matplotlib.pyplot as plt\nplt.not_there(7)",
    SIGMOID,
    "this cell is no Python",
    KL + KL_BACKWARD,
]
NOTEBOOK = json.dumps(
    {
        "cells": [
            {"cell_type": "markdown", "source": ["# My work"]},
            *({"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in CELLS),
        ],
        "nbformat": 4,
    }
)


def write_submissions(folder, package):
    """Write the twelve into a folder; return the points that each student must be given."""
    sources = SOURCES.replace("FOLDER", repr(str(package)))
    given = {
        "perfect.py": (PERFECT, ALL),
        "half.py": (HEAD + LINEAR + KL, 1 + 8),
        "prints.py": (PRINTS, ALL),
        "exits.py": (EXITS, 2 + 8 + 16),
        "loops.py": (LOOPS, ALL - 4),
        "hog.py": (HOG, ALL - 4),
        "sources.py": (sources, 0),
        "inside.py": (INSIDE, 0),
        "differences.py": (DIFFERENCES, 1 + 4 + 8),
        "utf16.py": (PERFECT, ALL),
        "notebook.ipynb": (NOTEBOOK, ALL),
        "decorated.py": (DECORATED, ALL),
    }
    for name, (text, _) in given.items():
        encoding = "utf-16" if name == "utf16.py" else "utf-8"
        (folder / name).write_bytes(text.encode(encoding))
    return {name.partition(".")[0]: points for name, (_, points) in given.items()}
