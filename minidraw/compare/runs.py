"""The runs of a comparison: `train` makes the one of a `Rival` and a seed."""

from dataclasses import asdict, dataclass, field

from minidraw.errors import UserError
from minidraw.presets import PRESETS
from minidraw.training import loop, setup
from minidraw.training.run import Run
from minidraw.training.run_lock import lock_run


@dataclass(frozen=True)
class Rival:
    """A model, as a preset with as many weights as the others'."""

    title: str
    preset: str
    config: dict = field(default_factory=dict)  # differences from the preset's
    recipe: dict = field(default_factory=dict)  # likewise


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
    changes = rival.recipe | {"minutes": minutes, "seed": seed, "validate": 0}
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
