"""The models compared: `train` makes one run of each and every seed, `measure` reads one."""

import math
from dataclasses import asdict, dataclass, field

from minidraw import kernels
from minidraw.errors import UserError
from minidraw.estimators import load_estimator
from minidraw.evaluation import Evaluation
from minidraw.presets import PRESETS
from minidraw.training import loop, setup
from minidraw.training.run import Run
from minidraw.training.run_lock import lock_run

BOUND_IMAGES, BOUND_SAMPLES = 1000, 100  # of z for each image


@dataclass(frozen=True)
class Rival:
    """A model, as a preset with as many weights as the others'."""

    title: str
    preset: str
    config: dict = field(default_factory=dict)  # differences from the preset's


RIVALS = (
    Rival("DRAW", "mnist", {"glimpses": 16}),  # T 64 would make few steps in so short a time
    Rival("DRAW without attention", "mnist-no-attention", {"hidden": 107}),
    Rival("VAE", "vae"),
    Rival("GAN", "gan"),
)


def train(rival, folder, workers, *, source, minutes, seed):
    """Train a model in its run's folder, from where it stopped; a finished run stays as it is.

    Raises
    ------
    UserError
        If the folder holds a run of another preset, recipe or data set.
    Interrupted
        On Ctrl-C, once everything is saved.
    """
    preset = PRESETS[rival.preset]
    changes = {"minutes": minutes, "seed": seed, "validate": 0}
    recipe = asdict(setup.change_recipe(preset.recipe, changes))
    with lock_run(folder, create=True):
        if (folder / "config.json").exists():
            found = Run.open(folder).meta
            for name, needed in {"preset": rival.preset, "recipe": recipe, "data": source}.items():
                if found.get(name) != needed:
                    raise UserError(f"{folder} holds a run with another {name}: give another --out")
            trainer, run = setup.resume_run(folder, workers)
        else:
            settings = {"name": rival.preset, "source": source, "config": rival.config}
            trainer, run = setup.start_run(preset, folder, workers, recipe=changes, **settings)
        if trainer.step_count < trainer.steps:
            loop.fit(trainer, run)


def measure(folder, reference, data, workers):
    """Return a run's numbers by name, and its network; a GAN has none for the bounds."""
    network = load_estimator(folder)
    scores = reference.measure(network.sample(reference.count, seed=0))
    numbers = asdict(scores) | {
        "weights": sum(math.prod(weight.shape) for weight in network.params_.values()),
        "steps": network.meta_["step"],
    }
    if network.model.GENERATIVE:
        bound = Evaluation(
            network.model,
            network.params_,
            network.config_,
            reference.split,
            ops=kernels,
            workers=workers,
            binarize=data.binarizes_dynamically(network.binarize),
            images=BOUND_IMAGES,
        ).importance_bound(BOUND_SAMPLES)
        numbers |= {"bound": bound.total + bound.gain, "weighted": bound.total}
    return numbers, network
