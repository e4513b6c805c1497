"""`Trainer` makes the training steps of any model with the interface of `minidraw.models`."""

import math
import time
import warnings
from contextlib import suppress

import numpy as np

from minidraw.datasets import as_float
from minidraw.errors import UserError
from minidraw.evaluation import Evaluation
from minidraw.models.interface import Batch, NotFinite, set_glimpses
from minidraw.randomness import BatchRandom, Purpose, make_generator
from minidraw.training.batches import Batches
from minidraw.training.flat_weights import allocate_flat
from minidraw.training.optimizer import Adam
from minidraw.training.recipe import LARGEST_VALUE

EXPLODED = 1e5  # a gradient's norm / clip; in lost runs 2e8 or more, in others 6e3 at most


class Diverged(UserError):
    """Error for a loss or gradient that is nan or infinite."""


class Trainer:
    """A network, the images that it learns from, and the state of its training.

    Parameters
    ----------
    model : module
        A module of `minidraw.models`.
    config : Config
        Sizes of that model.
    recipe : Recipe
    data : Dataset
    steps : int or None
        Length of the whole run; the learning rate's schedule needs it.  None for a run of minutes,
        whose length `Pace` plans.
    ops : module
        `minidraw.layers` or `minidraw.kernels`.
    workers : Workers
    params : dict of arrays, optional
        Initial weights; drawn from the recipe's seed if not given.

    Raises
    ------
    UserError
        If a batch is larger than the training set, or the model lacks what the recipe needs.
    """

    def __init__(self, model, config, recipe, data, steps, *, ops, workers, params=None):
        if recipe.batch > len(data.train):
            raise UserError(
                f"{data.name} has {len(data.train)} training images, fewer than one batch of"
                f" {recipe.batch}: give --batch {len(data.train)} or less"
            )
        if recipe.kl_warmup and "kl" not in model.Measured.COLUMNS:
            raise UserError("only DRAW and the VAE have a latent cost: leave out kl_warmup")
        self.model, self.config, self.recipe, self.data = model, config, recipe, data
        self.timed = steps is None
        self.steps = LARGEST_VALUE if self.timed else steps  # of minutes: until there is a plan
        self.elapsed = 0.0  # seconds trained, of a run of minutes
        self.ops, self.workers = ops, workers
        if params is None:
            rng = make_generator(recipe.seed, 0, Purpose.INITIAL_WEIGHTS)
            params = model.init_params(config, rng, np.float32, data.mean_image)
        params = getattr(model, "to_card", dict)(params)  # where a `CudaModel` has its gradients
        self.adam = Adam(params, beta1=recipe.beta1, beta2=recipe.beta2, average=recipe.average)
        self.binarize = data.binarizes_dynamically(recipe.binarize, model.GENERATIVE)
        self.protocol = data.protocol(recipe.binarize, model.GENERATIVE)
        chosen = {"binarize": self.binarize, "seed": recipe.seed, "shift": recipe.shift}
        self.batches = Batches(data, recipe.batch, **chosen)
        self.averaged = False  # whether the averaged weights have beaten the raw ones
        self._warned = False
        self._shards = workers.shards(recipe.batch)
        shapes, vector = model.param_shapes(config), self.adam.weights.vector
        self._grads = [allocate_flat(shapes, like=vector) for _ in self._shards]

    @property
    def step_count(self):
        """Steps made so far."""
        return self.adam.step

    @property
    def params(self):
        """The weights to use: the averaged ones once they have beaten the raw ones."""
        return (self.adam.average if self.averaged else self.adam.weights).views

    @property
    def log_columns(self):
        """Names of the columns of a run's log."""
        names = self.model.Measured.COLUMNS
        plan = ["steps"] if self.timed else []
        validated = [f"valid_{name}" for name in names]
        return ["step", *names, "grad_norm", "rate", "seconds", *plan, *validated]

    def step(self):
        """Make one step and return its row of the log.

        Raises
        ------
        Diverged
            If a loss or gradient isn't finite; the weights don't change.

        Warns
        -----
        RuntimeWarning
            Once, if the gradients explode: clipping then saves the numbers, but often not what the
            network has learned.
        """
        began = time.perf_counter()
        step = self.adam.step
        costs = self._gradient(step)
        rate = self.recipe.learning_rate_at(step, self.steps)
        norm = math.nan
        if all(map(math.isfinite, costs.values())):
            choices = {"clip": self.recipe.clip, "weight_decay": self.recipe.weight_decay}
            norm = self.adam.update(self._grads[0], rate=rate, ops=self.ops, **choices)
        if not math.isfinite(norm):
            raise Diverged(self._divergence(step + 1, costs))
        if norm > EXPLODED * self.recipe.clip and not self._warned:
            self._warned = True
            text = f"step {step + 1}: the gradients explode, norm {norm:.1e} before clipping."
            warnings.warn(f"{text} {self._advice}", RuntimeWarning, stacklevel=2)
        means = {key: value / self.recipe.batch for key, value in costs.items()}
        seconds = time.perf_counter() - began
        row = {"step": step + 1, **means, "grad_norm": norm, "rate": rate, "seconds": seconds}
        return row | ({"steps": self.steps} if self.timed else {})

    def extend(self, work):
        """Return the length of a run with `work` more steps of the present cost."""
        return self.recipe.extend(self.step_count, self.steps, work, self.config.glimpses)

    def _gradient(self, step):
        """Write the mean loss's gradient to `self._grads[0]`; return the batch's summed costs."""
        weights = self.ops.prepare(self.adam.weights.views)
        config = self._config_at(step)
        numbers = range(len(self._shards))
        parts = self.workers.map(lambda k: self._add_shard(weights, step, config, k), numbers)
        for other in self._grads[1:]:  # in the shards' order, so that the sum is always the same
            np.add(self._grads[0].vector, other.vector, out=self._grads[0].vector)
        self.workers.ranks.add(self._grads[0].vector)
        parts = self.workers.ranks.chain(parts)
        return {key: sum(costs[key] for costs in parts) for key in parts[0]}

    def _add_shard(self, weights, step, config, number):
        """Write a shard's part of the gradient to `self._grads`; return its costs, summed."""
        start, stop = self._shards[number]
        weight = self.recipe.kl_weight_at(step, self.steps)
        batch = self.batches.shard(step, start, stop)._replace(kl_weight=weight)
        shape = self.model.noise_shape(config, stop - start)
        noise = self.batches.noise(step, start, stop, shape, batch.images.dtype)
        with np.errstate(over="ignore", invalid="ignore"):  # `step` reports what isn't finite
            costs, grads = self.model.loss_and_grads(weights, batch, noise, config, self.ops)
            for name, view in self._grads[number].views.items():
                np.divide(grads[name], self.recipe.batch, out=view)
        return {key: float(values.sum()) for key, values in costs.items()}

    def _config_at(self, step):
        """Return the Config with the number of glimpses at `step`."""
        glimpses = self.config.glimpses
        return set_glimpses(self.config, self.recipe.glimpses_at(step, self.steps, glimpses))

    def _divergence(self, step, costs):
        names = [key for key, value in costs.items() if not math.isfinite(value)]
        names += [name for name, view in self._grads[0].views.items() if not _is_finite(view)]
        named = ", ".join(names[:3]) or "the norm of the gradient"
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"step {step}: no longer finite: {named}{more}. {self._advice}"

    @property
    def _advice(self):
        """Advice against gradients that explode."""
        first = "--kl-warmup 0, " if self.recipe.kl_warmup else ""
        return f"Try {first}a smaller --rate, a smaller --clip or a longer --warmup"

    def share_state(self):
        """Give every rank the first one's state.

        Ranks on different processors may round differently.
        """
        ranks = self.workers.ranks
        for slot in Adam.SLOTS:
            ranks.broadcast_array(getattr(self.adam, slot).vector)
        shared = self.adam.step, self.averaged, self.steps, self.elapsed
        self.adam.step, self.averaged, self.steps, self.elapsed = ranks.broadcast(shared)

    def validate(self, images=None):
        """Return the validation costs of the raw or the averaged weights, the better of the two.

        `params` are then those weights.  The random numbers don't depend on the run's seed, so
        that curves can be compared.

        Parameters
        ----------
        images : int, optional
            Use only the first `images` images.

        Returns
        -------
        Bound or ErrorRate
            The one with the lower total.

        Raises
        ------
        Diverged
            If the cost of the raw weights isn't finite.
        """
        self.share_state()
        config = self._config_at(self.step_count)

        def measure(weights):
            evaluation = Evaluation(
                self.model,
                weights.views,
                config,
                self.data.valid,
                ops=self.ops,
                workers=self.workers,
                binarize=self.binarize,
                protocol=f"{self.protocol}, validation",
                images=images,
            )
            with suppress(NotFinite):
                return evaluation.costs()

        raw, averaged = measure(self.adam.weights), measure(self.adam.average)
        if raw is None:
            costs = {f"validation {self.model.Measured.NAME}": math.nan}
            raise Diverged(self._divergence(self.step_count, costs))
        self.averaged = averaged is not None and averaged.total < raw.total
        return averaged if self.averaged else raw

    def pictures(self, count=100):
        """Return the model's pictures for the run folder, always from the same noise."""
        images = as_float(self.data.valid.images[: min(count, len(self.data.valid))])
        random = BatchRandom(self.recipe.seed, 0, 0, count)
        shape = self.model.noise_shape(self.config, count)
        noise = random.noise(shape, np.float32, Purpose.PICTURES)
        return self.model.pictures(self.params, Batch(images), noise, self.config, self.ops)


def _is_finite(array):
    return bool(np.isfinite(array).all())
