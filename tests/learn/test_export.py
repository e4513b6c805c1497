"""``minidraw lessons export``: one file with the learner's functions, which trains and paints."""

import subprocess
import sys

import numpy as np
import pytest

from minidraw import layers
from minidraw.errors import UserError
from minidraw.learn import own_functions, program
from minidraw.learn.export import export, pack_digits
from minidraw.learn.notebook.earlier import GROUPS
from minidraw.models import draw
from minidraw.models.interface import Batch
from tests.learn.styles import STYLES

FAST = {"02.linear": 1, "05.filterbank_backward": 1}  # else loops
IDS = [id for ids in GROUPS for id in ids if id not in ("08.lstm", "08.lstm_backward")]
GIVEN = "from minidraw.layers import latent, latent_backward, read_attention, write_attention"
# Only NumPy and the standard library can be imported, as in an empty environment.
ONLY_NUMPY = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("minidraw", "numba", "scipy", "matplotlib", "PIL"):
            raise ImportError(name)

sys.meta_path.insert(0, Block())
sys.argv = sys.argv[1:]
exec(compile(open(sys.argv[0]).read(), sys.argv[0], "exec"))
"""


def write_mine(*ids):
    blocks = ["import numpy as np", GIVEN]
    for id in ids:
        function, name = STYLES[id][FAST.get(id, 0)], id.partition(".")[2]
        blocks.append(own_functions.get_source(function).replace(function.__name__, name))
    own_functions.FILE.write_text("\n\n\n".join(blocks) + "\n")


def run_alone(*arguments):
    command = [sys.executable, "-I", "-c", ONLY_NUMPY, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_the_file_alone_trains_and_paints():
    write_mine(*IDS)
    lines, written = export("my_draw.py")
    text = open("my_draw.py").read()
    assert lines == text.count("\n") < 400 and "minidraw." not in text.replace("minidraw's", "")
    assert {"draw_backward", "generate", "adam_update", "window", "kl_backward"} <= set(written)
    done = run_alone("my_draw.py", 0.05, 7)
    assert done.returncode == 0, done.stderr
    assert "nats" in done.stdout
    assert open("my_draw.png", "rb").read(8) == b"\x89PNG\r\n\x1a\n"


def test_its_costs_and_gradients_are_those_of_the_package():
    write_mine(*IDS)
    export("my_draw.py")
    names = {"__name__": "my_draw"}
    exec(compile(open("my_draw.py").read(), "my_draw.py", "exec"), names)
    config = draw.Config(glimpses=4, hidden=9, latent=3, read_size=3, write_size=4)
    rng = np.random.default_rng(0)
    params = draw.init_params(config, rng, np.float64)
    x, noise = rng.random((5, 1, 28, 28)), rng.standard_normal(draw.noise_shape(config, 5))
    out, cache = names["draw_forward"](params, x=x, noise=noise, read_size=3, write_size=4)
    costs, wanted = draw.loss_and_grads(params, Batch(x), noise, config, layers)
    np.testing.assert_allclose(out, (costs["nll"], costs["kl"]), rtol=1e-9)
    grads = names["draw_backward"]((np.ones(5), np.ones(5)), cache)
    assert grads.keys() == wanted.keys()
    for name, gradient in wanted.items():
        np.testing.assert_allclose(grads[name], gradient, atol=1e-9 * abs(gradient).max())


def test_the_digits_come_along():
    images = program.unpack(pack_digits())
    assert images.shape == (5000, 1, 28, 28) and set(np.unique(images)) == {0, 1}
    assert 0.08 < images.mean() < 0.2


def test_without_functions_it_says_what_is_missing():
    write_mine("02.sigmoid", "04.filterbank", "05.filterbank_backward")
    with pytest.raises(UserError) as error:
        export("my_draw.py")
    words = str(error.value)
    assert "12: draw_backward, draw_forward, stacked_backward; 13: adam_update, clipped" in words
    assert "02: linear; 03: bernoulli_cost, bernoulli_cost_backward; 04: window; 05" in words
    assert "sigmoid" not in words and "filterbank" not in words and "\n" not in words
    with pytest.raises(FileNotFoundError):
        open("my_draw.py")


def test_a_wrong_function_is_named():
    write_mine(*IDS)
    text = own_functions.FILE.read_text().replace("np.hstack([h_dec, z])", "np.hstack([z, h_dec])")
    own_functions.FILE.write_text(text)
    with pytest.raises(UserError, match=r"mine.py: step: .*swapped"):
        export("my_draw.py")


def test_a_helper_with_a_name_of_the_program_is_refused():
    write_mine(*IDS)
    text = own_functions.FILE.read_text()
    text += "\n\ndef split(vector):\n    return vector\n"
    text = text.replace(
        "def generate(params, noise, *, write_size):\n",
        "def generate(params, noise, *, write_size):\n    split(noise)\n",
    )
    own_functions.FILE.write_text(text)
    with pytest.raises(UserError, match="split"):
        export("my_draw.py")
