"""The generative adversarial network with scikit-learn's methods: `GAN`."""

from dataclasses import dataclass
from typing import ClassVar

from minidraw.errors import UserError
from minidraw.estimators.painter import Painter


@dataclass(kw_only=True, eq=False)
class GAN(Painter):
    """A generator that learns to paint from a critic that learns to tell its paintings.

    Parameters
    ----------
    hidden, latent
        Size of the network, as in `minidraw.models.gan.Config`.
    batch, rate, binarize, seed, minutes, epochs, threads
        As for `Draw`, as are the attributes and methods, but for `reconstruct` and `score`, which
        a GAN doesn't have; a film has two frames.
    """

    MODEL: ClassVar = "gan"
    CONFIG_FIELDS: ClassVar = ("hidden", "latent")
    PRESET: ClassVar = "gan"

    hidden: int = 392
    latent: int = 100
    rate: float = 1e-3

    def score(self, images, y=None, *, seed=0):
        """Raise a UserError: a GAN bounds no probability."""
        raise UserError("a GAN bounds no image's probability, so it has no score")
