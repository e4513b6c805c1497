"""One training step after another, for any model with the interface of `minidraw.models`."""

import math
import time
from dataclasses import replace

import numpy as np

from minidraw import randomness
from minidraw.datasets import Scenes, as_float
from minidraw.errors import UserError
from minidraw.evaluation import bound
from minidraw.models.interface import Batch
from minidraw.training.flat_weights import flat
from minidraw.training.optimizer import Adam
from minidraw.training.processes import Team


class Diverged(UserError):
    """A loss or a gradient that is nan or infinite."""


class Trainer:
    """A network, the images that it learns from, and where it stands.

    Parameters
    ----------
    model : module
        Of `minidraw.models`.
    config : Config
        The model's.
    recipe : Recipe
    data : Dataset
    steps : int
        Length of the whole run; the learning rate's schedule needs it.
    ops : module
        `minidraw.layers` or `minidraw.kernels`.
    workers : Workers
    params : dict of arrays, optional
        Weights to start from.

    Raises
    ------
    UserError
        If a batch is larger than the set.
    """

    def __init__(self, model, config, recipe, data, steps, *, ops, workers, params=None):
        if recipe.batch > len(data.train):
            raise UserError(
                f"a batch of {recipe.batch} is larger than the set of {len(data.train)} training"
                f" images: give --batch {len(data.train)} or less"
            )
        self.model, self.config, self.recipe, self.data = model, config, recipe, data
        self.steps, self.ops, self.workers = steps, ops, workers
        if params is None:
            rng = np.random.default_rng([recipe.seed, 0, randomness.INIT, 0])
            params = model.init_params(config, rng, np.float32, data.mean_image)
        self.adam = Adam(params, beta1=recipe.beta1, beta2=recipe.beta2, average=recipe.average)
        self.fresh = data.is_fresh(recipe.binarize, model.GENERATIVE)
        self.protocol = data.protocol(recipe.binarize, model.GENERATIVE)
        self.averaged = False  # whether the averaged weights have beaten the raw ones
        self._shards = workers.shards(recipe.batch)
        self._grads = [flat(model.param_shapes(config)) for _ in self._shards]
        self._team = Team(self._shard, len(self._shards), workers)
        self._epoch, self._order = -1, None

    def close(self):
        """Let the processes go that share the work; the next step would start new ones."""
        self._team.close()

    @property
    def step_count(self):
        """Steps made so far."""
        return self.adam.step

    @property
    def params(self):
        """The weights to use: the averaged ones once they have beaten the raw ones."""
        return (self.adam.average if self.averaged else self.adam.weights).views

    def step(self):
        """Make one step; returns its row of the log.

        Raises
        ------
        Diverged
            If a loss or a gradient isn't finite; the weights are as they were.
        """
        began = time.perf_counter()
        step, batch = self.adam.step, self.recipe.batch
        costs = self._gradient(step)
        rate = self.recipe.rate_at(step, self.steps)
        norm = math.nan
        if all(map(math.isfinite, costs.values())):
            norm = self.adam.update(self._grads[0], rate=rate, clip=self.recipe.clip, ops=self.ops)
        if not math.isfinite(norm):
            raise Diverged(self._diagnosis(step + 1, costs))
        means = {key: value / batch for key, value in costs.items()}
        seconds = time.perf_counter() - began
        return {"step": step + 1, **means, "grad_norm": norm, "rate": rate, "seconds": seconds}

    def _rows(self, step):
        """The images of a step: each epoch in an order of its own, its odd end left out."""
        per_epoch = len(self.data.train) // self.recipe.batch
        epoch, place = divmod(step, per_epoch)
        if epoch != self._epoch:
            order = randomness.permutation(len(self.data.train), self.recipe.seed, epoch)
            self._epoch, self._order = epoch, order
        return self._order[place * self.recipe.batch :][: self.recipe.batch]

    def _gradient(self, step):
        """Gradient of the mean loss into `self._grads[0]`; the costs, summed over the batch."""
        parts = self._team(step)
        for other in self._grads[1:]:  # in their order, so always the same sum
            np.add(self._grads[0].vector, other.vector, out=self._grads[0].vector)
        return {key: sum(costs[key] for costs in parts) for key in parts[0]}

    def _shard(self, step, number):
        """One shard's share of the gradient into `self._grads[number]`; its summed costs."""
        start, stop = self._shards[number]
        rows, split, seed = self._rows(step)[start:stop], self.data.train, self.recipe.seed
        if isinstance(split.images, Scenes):  # new ones at every step
            take = randomness.uniform(
                split.images.numbers, start, stop, seed, step, randomness.SCENES
            )
            x = as_float(split.images.anew(rows, take))
        else:
            size = self.data.image_shape[1:]
            x = as_float(randomness.crop(split.images[rows], size, start, stop, seed, step))
        if self.fresh:
            x = randomness.binarize(x, start, stop, seed, step, randomness.COINS)
        config = self._config_at(step)
        shape = self.model.noise_shape(config, stop - start)
        noise = shape and randomness.noise(
            shape, start, stop, x.dtype, seed, step, randomness.NOISE
        )
        batch = Batch(x, None if split.labels is None else split.labels[rows])
        weights = self.adam.weights.views
        with np.errstate(over="ignore", invalid="ignore"):  # what isn't finite, `step` says
            costs, grads = self.model.loss_and_grads(weights, batch, noise, config, self.ops)
            for name, view in self._grads[number].views.items():
                np.divide(grads[name], self.recipe.batch, out=view)
        return {key: float(values.sum()) for key, values in costs.items()}

    def _config_at(self, step):
        """The network as long as its films are at that step."""
        glimpses = self.config.glimpses
        return replace(self.config, glimpses=self.recipe.glimpses_at(step, self.steps, glimpses))

    def _diagnosis(self, step, costs):
        bad = [name for name, view in self._grads[0].views.items() if not np.isfinite(view).all()]
        bad += [key for key, value in costs.items() if not math.isfinite(value)]
        what = ", ".join(bad) or "the gradient's norm"
        return (
            f"step {step}: not finite any more: {what}."
            " Try a smaller --rate, a smaller --clip or a longer --warmup"
        )

    def validate(self, images=None):
        """Costs on the validation images, of the raw and of the averaged weights.

        Coins and noise are the same for every seed of a run, so that curves can be compared.
        From then on `params` are those with the lower total.  Raises `Diverged`, as `step` does.

        Parameters
        ----------
        images : int, optional
            Only the first so many.

        Returns
        -------
        Bound or ErrorRate
            The one with the lower total.
        """
        config = self._config_at(self.step_count)

        def measure(weights):
            return bound(
                self.model,
                weights.views,
                self.data.valid,
                config,
                ops=self.ops,
                workers=self.workers,
                fresh=self.fresh,
                words=f"{self.protocol}, validation",
                images=images,
            )

        raw, averaged = measure(self.adam.weights), measure(self.adam.average)
        if not math.isfinite(raw.total):
            what = f"the validation {raw.NAME}"
            raise Diverged(self._diagnosis(self.step_count, {what: raw.total}))
        self.averaged = averaged.total < raw.total
        return averaged if self.averaged else raw

    def pictures(self, count=100):
        """What the model shows of itself, always from the same noise."""
        count_valid = min(count, len(self.data.valid))
        images = as_float(self.data.valid.images[:count_valid])
        shape = self.model.noise_shape(self.config, count)
        noise = shape and randomness.noise(
            shape, 0, count, np.float32, self.recipe.seed, 0, randomness.PICTURES
        )
        return self.model.pictures(self.params, Batch(images), noise, self.config, self.ops)
