"""The weight of the latent cost in the gradients, of the models that have one."""

import numpy as np
import pytest

from minidraw.models import draw, vae
from minidraw.models.interface import Batch

SIZE = {"height": 7, "width": 5, "hidden": 6, "latent": 4}
STEPS = {"glimpses": 3, "write_size": 3}
WHOLE = {"read_attention": False, "write_attention": False}
CASES = {
    "attention": (draw, draw.Config(**SIZE, **STEPS)),
    "no attention": (draw, draw.Config(channels=3, **SIZE, **STEPS, **WHOLE)),
    "classes": (draw, draw.Config(classes=3, **SIZE, **STEPS)),
    "vae": (vae, vae.Config(**SIZE)),
}


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_those_of_the_weighted_sum(case, ops):
    """Against finite differences of nll + 0.3 kl along a random direction."""
    model, config = CASES[case]
    rng = np.random.default_rng(0)
    shapes = model.param_shapes(config).items()
    params = {name: 0.4 * rng.standard_normal(shape) for name, shape in shapes}
    direction = {name: rng.standard_normal(shape) for name, shape in shapes}
    noise = rng.standard_normal(model.noise_shape(config, 4))
    batch = Batch(rng.random((4, *config.image_shape)), np.array([0, 2, 2, 1]), kl_weight=0.3)
    costs, grads = model.loss_and_grads(params, batch, noise, config, ops)
    np.testing.assert_allclose(costs["total"], costs["nll"] + costs["kl"], rtol=1e-12)

    def objective(step):
        moved = {name: weight + step * direction[name] for name, weight in params.items()}
        costs = model.costs(moved, batch, noise, config, ops)
        return (costs["nll"] + 0.3 * costs["kl"]).sum()

    slope = (objective(1e-6) - objective(-1e-6)) / 2e-6
    assert sum((grads[k] * direction[k]).sum() for k in grads) == pytest.approx(slope, rel=1e-6)
