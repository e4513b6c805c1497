"""DRAW with scikit-learn's methods: `Draw`, to fit, sample, film, reconstruct and score."""

from dataclasses import dataclass
from typing import ClassVar

from minidraw.estimators.painter import Painter


@dataclass(kw_only=True, eq=False)
class Draw(Painter):
    """A network that learns to paint images like its training images.

    Parameters
    ----------
    glimpses, hidden, latent, read_attention, write_attention, read_size, write_size
        Size of the network, as in `minidraw.models.draw.Config`.
    classes : int
        Classes of a conditional network, which paints an image of the class that is asked for; 0
        for a network without labels.
    batch : int
        Images per step; the rest of the recipe is that of the preset ``quick``.
    rate : float
        Adam's learning rate after the warm-up.
    binarize : str
        ``fresh``: dynamic binarisation, a Bernoulli sample of every grey level at every visit;
        ``never``: levels as they are; ``auto``: fresh for grey images, never for colour.
    seed : int
        Seed of the weights, the image order, the binarisation and the noise.
    minutes, epochs : float, optional
        Training time, unless `fit` is given one; 2 minutes without either.
    threads : int, optional
        Worker threads; one per core if not given.

    Attributes
    ----------
    config_ : Config
    params_ : dict of arrays
        The averaged weights if they were better on the validation images, else the raw ones.
    bound_ : Bound
        Variational bound on the validation images, in nats; only after `fit`.
    classes_ : array, shape (classes,)
        The labels in rising order; only of a network with classes.
    """

    MODEL: ClassVar = "draw"
    CONFIG_FIELDS: ClassVar = ("glimpses", "hidden", "latent", "read_attention", "write_attention")
    CONFIG_FIELDS += ("read_size", "write_size", "classes")
    PRESET: ClassVar = "quick"

    glimpses: int = 10
    hidden: int = 256
    latent: int = 16
    read_attention: bool = True
    write_attention: bool = True
    read_size: int = 5
    write_size: int = 5
    classes: int = 0
    batch: int = 25
    rate: float = 3e-3
