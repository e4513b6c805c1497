"""Set a training run up, from a preset and options, or from where one stopped."""

import operator
from dataclasses import asdict, fields, replace

from minidraw import datasets, kernels, models
from minidraw.errors import UserError
from minidraw.training import checkpoint
from minidraw.training.loop import seconds_per_step, steps_for
from minidraw.training.recipe import Recipe
from minidraw.training.run import Run
from minidraw.training.trainer import Trainer


def new(
    preset,
    folder,
    workers,
    *,
    name,
    source,
    config=None,
    recipe=None,
    init=None,
    ops=kernels,
    ops_name="kernels",
):
    """A fresh run.

    Parameters
    ----------
    preset : Preset
    folder : path
        Where the run is kept; must not hold one.
    workers : Workers
    name : str
        The preset's, for the record.
    source : dict
        Arguments of `datasets.load`.
    config, recipe : dict, optional
        What to change of the preset's.
    init : path, optional
        Run or weights to start from; of the same shapes, T may differ.
    ops : module or OwnLayers
        What the layers are taken from.
    ops_name : str
        ``kernels``, ``layers`` or the path of the learner's file, for the record.

    Returns
    -------
    trainer : Trainer
    run : Run
    """
    data = datasets.load(**source)
    model = models.get_model(preset.model)
    recipe = amended(preset.recipe, recipe or {})
    config = configure(model, data, preset.config | (config or {}))
    params = init and initial(init, model, config)
    options = {"ops": ops, "workers": workers, "params": params}
    steps = steps_for(model, config, recipe, data, options)
    trainer = Trainer(model, config, recipe, data, steps, **options)
    meta = {
        "preset": name,
        "model": preset.model,
        "config": asdict(config),
        "recipe": asdict(recipe),
        "data": source,
        "steps": steps,
        "protocol": trainer.protocol,
        "fresh": trainer.fresh,
        "checksum": data.checksum,
        "threads": workers.threads,
        "ops": ops_name,
    }
    return trainer, Run.create(folder, meta, trainer)


def epoch_seconds(preset, data, workers):
    """Time of one pass over the training images, measured on this machine in a few steps."""
    recipe = replace(preset.recipe, batch=min(preset.recipe.batch, len(data.train)))
    model = models.get_model(preset.model)
    config = configure(model, data, preset.config)
    options = {"ops": kernels, "workers": workers}
    seconds = seconds_per_step(model, config, recipe, data, options)
    return seconds * len(data.train) / recipe.batch


def resumed(folder, workers, data_dir=None, ops=kernels):
    """A run that was begun before, at its last checkpoint.

    Parameters
    ----------
    folder : path
    workers : Workers
    data_dir : path, optional
        Where the data lie now.
    ops : module
        What the layers are taken from.

    Returns
    -------
    trainer : Trainer
    run : Run
    """
    run = Run.open(folder)
    model, config = checkpoint.network(run.meta, run.folder / "config.json")
    try:
        recipe, steps = (
            checkpoint.typed(Recipe, run.meta["recipe"]),
            operator.index(run.meta["steps"]),
        )
        data = datasets.load(**run.meta["data"] | ({"data_dir": data_dir} if data_dir else {}))
    except UserError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError(f"{folder}/config.json: not a run's settings ({error})") from error
    if data.image_shape != config.image_shape:
        raise UserError(
            f"{data.name} now has images of shape {data.image_shape},"
            f" the run's network knows {config.image_shape}"
        )
    if data.checksum != run.meta.get("checksum"):
        raise UserError(f"{data.name} holds other images than when {folder} was begun")
    trainer = Trainer(model, config, recipe, data, steps, ops=ops, workers=workers)
    run.restore(trainer)
    return trainer, run


def amended(recipe, changes):
    """The recipe with some choices changed; epochs given in place of minutes replace them."""
    if changes.get("epochs") and "minutes" not in changes:
        changes = changes | {"minutes": 0}
    if changes.get("epochs") and changes.get("minutes"):
        raise UserError("give minutes or epochs, not both")
    try:
        recipe = checkpoint.typed(Recipe, asdict(recipe) | changes)
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(str(error)) from error
    if not (recipe.minutes or recipe.epochs):
        raise UserError("no time to train: give minutes or epochs")
    return recipe


def configure(model, data, changes):
    """The model's Config for a data set's images, and classes where it tells them apart."""
    channels, height, width = data.image_shape
    size = {"channels": channels, "height": height, "width": width}
    names = [field.name for field in fields(model.Config)]
    unknown = [name for name in changes if name not in names]
    if unknown:
        kind = model.__name__.rpartition(".")[2]
        raise UserError(f"a {kind} network has no {unknown[0]}; it has {', '.join(names)}")
    if "classes" in names:
        size["classes"] = data.classes
        if not data.classes:
            raise UserError(f"{data.name} has no labels: a network can't learn its classes")
    try:
        return checkpoint.configured(model, size | changes)
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(str(error)) from error


def initial(path, model, config):
    """Weights of another network of the same shapes; the number of steps may differ."""
    other, _, params, _ = checkpoint.load_network(path)
    shapes = model.param_shapes(config)
    for name in shapes | params:
        mine, found = shapes.get(name), params.get(name)
        if mine is None or found is None or mine != found.shape:
            has = "none" if found is None else found.shape
            raise UserError(f"{path}: {name} is {has} there, this network needs {mine or 'none'}")
    return params
