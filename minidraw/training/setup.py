"""Set up a training run: start a new one from a preset and options, or resume a stopped one."""

import math
import operator
from dataclasses import asdict, fields, replace

from minidraw import datasets, kernels, models
from minidraw.errors import UserError
from minidraw.training import checkpoint
from minidraw.training.loop import count_steps, measure_step_seconds
from minidraw.training.parsing import parse_config, parse_record
from minidraw.training.recipe import Recipe
from minidraw.training.run import Run
from minidraw.training.trainer import Trainer

MAX_TRIAL_VALUES = 2**24  # of the canvases of a batch; larger batches are timed with fewer images


def start_run(
    preset,
    folder,
    workers,
    *,
    name,
    source,
    config=None,
    recipe=None,
    init=None,
    conditional=False,
    ops=kernels,
    ops_name="kernels",
    device="cpu",
):
    """Start a new run.

    Parameters
    ----------
    preset : Preset
    folder : path
        Folder of the run; must not hold one.
    workers : Workers
    name, ops_name : str
        Names of the preset and of the layers, or the path of a learner's file, for the record.
    source : dict
        Arguments of `datasets.load`.
    config, recipe : dict, optional
        Fields that differ from the preset's.
    init : path, optional
        Run or weights to start from; shapes must match, but T may differ.
    conditional : bool
        Train the network to paint the class that is asked for: the data's classes.
    ops : module or OwnLayers
        Where the layers come from.
    device : str
        "cpu", or "cuda" to run `minidraw.layers` on a graphics card.

    Returns
    -------
    trainer : Trainer
    run : Run
    """
    model = models.get_model(preset.model, device)
    if conditional and not (model.GENERATIVE and hasattr(model.Config, "classes")):
        raise UserError(f"no conditional network of model {preset.model}: leave out conditional")
    recipe = change_recipe(preset.recipe, recipe or {})
    data = _load_data(source, workers.ranks, recipe)
    config = preset.config | (config or {})
    if conditional:
        if not data.classes:
            raise UserError(f"{data.name} has no labels; a conditional network needs them")
        config["classes"] = data.classes
    config = make_config(model, data, config)
    params = None if init is None else load_initial_weights(init, model, config)
    options = {"ops": ops, "workers": workers, "params": params}
    steps = count_steps(recipe, data)
    trainer = Trainer(model, config, recipe, data, steps, **options)
    meta = {
        "preset": name,
        "model": preset.model,
        "config": asdict(config),
        "recipe": asdict(recipe),
        "data": source,
        "steps": steps,
        "protocol": trainer.protocol,
        "fresh": trainer.binarize,
        "checksum": data.checksum,
        "background": data.background,
        **({"classes": list(data.class_names)} if data.class_names else {}),
        "threads": workers.threads,
        "ranks": workers.ranks.size,
        "ops": ops_name,
        "device": device,
    }
    created = workers.ranks.on_first(lambda: Run.create(folder, meta, trainer))
    trainer.share_state()
    return trainer, created or Run(folder, meta)


def resume_run(folder, workers, data_dir=None, ops=kernels, device="cpu"):
    """Resume a stopped run at its last checkpoint.

    Parameters
    ----------
    folder : path
    workers : Workers
    data_dir : path, optional
        New folder of the data, if they were moved.
    ops : module or OwnLayers
        Where the layers come from.
    device : str
        As in `start_run`.

    Returns
    -------
    trainer : Trainer
    run : Run

    Raises
    ------
    UserError
        If the folder holds no run, or the data have changed.
    """
    run = Run.open(folder)
    _, config = checkpoint.parse_network(run.meta, run.folder / "config.json")
    model = models.get_model(run.meta["model"], device)
    try:
        recipe = parse_record(Recipe, run.meta["recipe"])
        steps = None if recipe.minutes and run.meta["steps"] is None else run.meta["steps"]
        steps = steps if steps is None else operator.index(steps)
        source = run.meta["data"] | ({"data_dir": data_dir} if data_dir else {})
        data = _load_data(source, workers.ranks, recipe)
    except UserError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError(f"{folder}/config.json: invalid run settings ({error})") from error
    if data.image_shape != config.image_shape:
        raise UserError(
            f"{data.name} now has images of shape {data.image_shape};"
            f" the network of {folder} needs {config.image_shape}"
        )
    same_classes = list(data.class_names) == run.meta.get("classes", [])
    if data.checksum != run.meta.get("checksum") or not same_classes:
        raise UserError(f"{data.name} has changed since {folder} was started: restore it")
    trainer = Trainer(model, config, recipe, data, steps, ops=ops, workers=workers)
    workers.ranks.on_first(lambda: run.restore(trainer))
    trainer.share_state()
    return trainer, run


def _load_data(source, ranks, recipe):
    """Load the recipe's data set on every rank, after the first one, which may download it."""
    data = ranks.on_first(lambda: datasets.load(**source)) or datasets.load(**source)
    if len(set(ranks.gather(data.checksum))) > 1:
        raise UserError(f"{data.name} differs between machines: give all of them the same files")
    return data.train_on_all() if recipe.train_on == "all" else data


def measure_epoch_seconds(preset, data, workers):
    """Return the seconds of an epoch, estimated from a few steps."""
    model = models.get_model(preset.model)
    config = make_config(model, data, preset.config)
    most = MAX_TRIAL_VALUES // (config.glimpses * math.prod(config.image_shape))
    batch = max(1, min(preset.recipe.batch, len(data.train), most))
    recipe = replace(preset.recipe, batch=batch)
    options = {"ops": kernels, "workers": workers}
    seconds = measure_step_seconds(model, config, recipe, data, options)
    return seconds * len(data.train) / recipe.batch


def change_recipe(recipe, changes):
    """Return the recipe with some fields changed; epochs replace the preset's minutes."""
    if changes.get("epochs") and "minutes" not in changes:
        changes = changes | {"minutes": 0}
    if changes.get("epochs") and changes.get("minutes"):
        raise UserError("both minutes and epochs are given: give only one")
    try:
        recipe = parse_record(Recipe, asdict(recipe) | changes)
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(str(error)) from error
    if not (recipe.minutes or recipe.epochs):
        raise UserError("the training time is missing: give minutes or epochs")
    return recipe


def make_config(model, data, changes):
    """Return the model's Config with `changes`; image shape and classes come from the data set."""
    channels, height, width = data.image_shape
    size = {"channels": channels, "height": height, "width": width}
    names = [field.name for field in fields(model.Config)]
    unknown = [name for name in changes if name not in names]
    if unknown:
        kind = model.__name__.rpartition(".")[2]
        raise UserError(f"a {kind} network has no {unknown[0]}; choose from {', '.join(names)}")
    if "classes" in names and not model.GENERATIVE:
        size["classes"] = data.classes
        if not data.classes:
            raise UserError(f"{data.name} has no labels; a classifier needs them")
    try:
        return parse_config(model, size | changes)
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(str(error)) from error


def load_initial_weights(path, model, config):
    """Read another network's weights, of the same shapes; T may differ."""
    _, _, params, _ = checkpoint.load_network(path)
    shapes = model.param_shapes(config)
    for name in shapes | params:
        needed = shapes.get(name)
        found = params[name].shape if name in params else None
        if needed is None or needed != found:
            raise UserError(
                f"{path}: shape of {name}: found {found or 'none'}; expected {needed or 'none'}"
            )
    return params
