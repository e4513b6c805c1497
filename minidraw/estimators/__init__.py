"""The models with scikit-learn's methods: fit, sample, predict, score, save, load."""

from minidraw.errors import UserError
from minidraw.estimators.classifier import Classifier, LabelPredictor
from minidraw.estimators.convnet import ConvNet
from minidraw.estimators.draw import Draw
from minidraw.estimators.gan import GAN
from minidraw.estimators.painter import Painter
from minidraw.estimators.ram import RAM
from minidraw.estimators.vae import VAE

ESTIMATORS = {
    estimator.MODEL: estimator for estimator in (Draw, Classifier, VAE, ConvNet, RAM, GAN)
}


def load_estimator(path, kind=None):
    """Load a trained network from a weights file or a run folder; `kind` restricts its model.

    Raises
    ------
    UserError
        If the file holds no network, or one of another kind, such as `Painter`.
    """
    from minidraw.training.checkpoint import load_network

    network = load_network(path)
    model = network[-1]["model"]
    if kind and not issubclass(ESTIMATORS[model], kind):
        known = [name for name, estimator in ESTIMATORS.items() if issubclass(estimator, kind)]
        raise UserError(f"{path} holds a {model} network; expected {' or '.join(known)}")
    return ESTIMATORS[model].from_network(path, network)
