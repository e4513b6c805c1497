"""``--ops mine``: a model on the learner's functions, and the reasons for those not used."""

import numpy as np
import pytest

from minidraw import gradcheck, layers
from minidraw.datasets import as_float, load
from minidraw.learn import own_functions
from minidraw.learn.exercises import get_exercise
from minidraw.learn.own_layers import PAIRS, SINGLES, OwnLayers
from minidraw.models import draw
from minidraw.models.interface import Batch
from minidraw.training.flat_weights import allocate_flat
from minidraw.training.optimizer import Adam
from tests.learn.styles import STYLES

FAST = {"02.linear": 1, "02.linear_backward": 1, "05.filterbank_backward": 1}  # else loops
IDS = [id for ids in PAIRS.values() for id in ids] + list(SINGLES.values())


def write_answers(*ids):
    """Write a mine.py with a right answer to each of these exercises, in another style."""
    blocks = ["import numpy as np"]
    for id in ids:
        function, name = STYLES[id][FAST.get(id, 0)], id.partition(".")[2]
        blocks.append(own_functions.get_source(function).replace(function.__name__, name))
    own_functions.FILE.write_text("\n\n\n".join(blocks) + "\n")
    return OwnLayers()


def test_with_everything_written_all_is_the_learners():
    mine = write_answers(*IDS)
    assert len(mine.own) == 20 and not mine.unused
    assert mine.report() == "20 of 20 functions here are yours"


@pytest.mark.parametrize(
    "name, case", [(n, c) for n, *c in gradcheck.model_cases(np.random.default_rng(0))]
)
def test_costs_and_gradients_are_those_of_the_layers(name, case):
    mine = write_answers(*IDS)
    model, *arguments = case
    costs, grads = model.loss_and_grads(*arguments, mine)
    wanted_costs, wanted = model.loss_and_grads(*arguments, layers)
    for key in wanted_costs:
        np.testing.assert_allclose(costs[key], wanted_costs[key], rtol=1e-12)
    for key, gradient in wanted.items():
        scale = np.abs(gradient).max()
        np.testing.assert_allclose(grads[key], gradient, rtol=1e-9, atol=1e-12 * scale)


def train(ops, steps=25):
    """Train on a few digits in float64, with clipping and Adam; return the costs and norms."""
    images = as_float(load("digits").train.images[:20, :, 4:24:2, 4:22:2], np.float64)
    config = draw.Config(
        height=10, width=9, glimpses=3, hidden=24, latent=5, read_size=3, write_size=4
    )
    rng = np.random.default_rng(0)
    params = draw.init_params(config, rng, np.float64)  # a grey start leaves much to learn
    adam = Adam(params, beta1=0.9, beta2=0.999, average=0.99)
    grad = allocate_flat(draw.param_shapes(config), np.float64)
    rows = []
    for _ in range(steps):
        noise = rng.standard_normal(draw.noise_shape(config, len(images)))
        costs, grads = draw.loss_and_grads(adam.weights.views, Batch(images), noise, config, ops)
        for name, view in grad.views.items():
            np.divide(grads[name], len(images), out=view)
        norm = adam.update(grad, rate=0.03, clip=10.0, ops=ops)
        rows.append([*(value.mean() for value in costs.values()), norm])
    return np.array(rows)


def test_training_goes_as_with_the_layers():
    mine, wanted = train(write_answers(*IDS)), train(layers)
    assert wanted[0, 2] - wanted[-1, 2] > 5  # it learns
    np.testing.assert_allclose(mine, wanted, rtol=1e-9)


def test_a_forward_alone_is_used_if_minidraws_backward_fits_its_cache():
    mine = write_answers("04.filterbank", "06.read", "06.read_backward")
    assert sorted(mine.own) == ["filterbank", "read", "read_backward"]
    text = own_functions.FILE.read_text().replace("return F, (F, dist,", "return F, (dist, F,")
    own_functions.FILE.write_text(text)
    mine = OwnLayers()
    assert sorted(mine.own) == ["read", "read_backward"]
    assert mine.unused == {"filterbank": "needs filterbank_backward too"}
    assert mine.filterbank is layers.filterbank
    assert "2 of 20 functions here are yours" in mine.report()


def test_a_pair_whose_caches_disagree_is_not_used():
    write_answers("10.kl", "10.kl_backward")
    text = own_functions.FILE.read_text()
    own_functions.FILE.write_text(
        text.replace("return nats, (mu, np.sqrt(var))", "return nats, (mu, var, 1)")
    )
    mine = OwnLayers()
    assert (
        mine.own == [] and mine.kl.__module__ == mine.kl_backward.__module__ == layers.kl.__module__
    )
    assert "ValueError" in mine.unused["kl_backward"] and "kl" in mine.unused


def test_what_has_become_wrong_is_not_used():
    write_answers("02.sigmoid", "13.adam_update")
    text = own_functions.FILE.read_text().replace("1 / (1 + np.exp(-a))", "2 / (1 + np.exp(-a))")
    own_functions.FILE.write_text(text)
    mine = OwnLayers()
    assert mine.own == ["adam_update"]
    assert "twice" in mine.unused["sigmoid"]


def test_imported_functions_are_not_the_learners():
    own_functions.FILE.write_text("from minidraw.layers import kl, kl_backward, sigmoid\n")
    assert OwnLayers().own == []
    own_functions.FILE.write_text(
        "from minidraw import layers\n\ndef sigmoid(a):\n    return layers.sigmoid(a)\n"
    )
    mine = OwnLayers()
    assert mine.own == [] and "minidraw's own sigmoid" in mine.unused["sigmoid"]


EARLIER_FILE = """
import numpy as np
from minidraw.layers.glance import read_image_attention
from minidraw.layers.likelihood import sigmoid
from minidraw.learn.table.lesson_11 import CanvasCache


# lesson 11.canvas_step
def canvas_step(canvas, stroke, *, x):
    s = sigmoid(canvas)
    return (canvas + stroke, x - s), CanvasCache(s)
"""


def test_a_file_written_before_modules_were_renamed_still_runs():
    own_functions.FILE.write_text(EARLIER_FILE)
    assert list(own_functions.load_functions()) == ["canvas_step"]
    text = own_functions.add_function(get_exercise("07.write"), STYLES["07.write"][0])
    assert "from minidraw.learn.exercises.lesson_11 import CanvasCache" in text
    assert "learn.table" not in text and "def canvas_step" in text


def test_float32_stays_float32():
    """Some styles return float64; that must not spread in training."""
    mine = write_answers(*IDS)
    rng = np.random.default_rng(0)
    x = rng.random((3, 1, 7, 5)).astype("f4")
    theta = (0.3 * rng.standard_normal((3, 5))).astype("f4")
    glimpse, cache = mine.read_attention(np.zeros_like(x), theta, x=x, K=3)
    gradients = mine.read_attention_backward(np.ones_like(glimpse), cache)
    assert glimpse.dtype == np.float32
    assert all(gradient.dtype == np.float32 for gradient in gradients)


def test_gradients_are_fresh_arrays():
    """The model writes into some gradients; a learner may return an input as it is."""
    mine = write_answers("10.sample", "10.sample_backward")
    mu, noise, dz = np.random.default_rng(0).standard_normal((3, 4, 5))
    _, cache = mine.sample(mu, mu, noise=noise)
    assert not any(np.may_share_memory(part, dz) for part in mine.sample_backward(dz, cache))


def test_a_missing_file_is_one_line():
    with pytest.raises(ValueError, match="mine.py: no such file"):
        OwnLayers()
