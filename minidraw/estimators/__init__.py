"""DRAW and the classifier with scikit-learn's methods: fit, sample, predict, score, save, load."""

from minidraw.estimators.classifier import Classifier
from minidraw.estimators.draw import Draw

ESTIMATORS = {estimator.MODEL: estimator for estimator in (Draw, Classifier)}


def load_estimator(path):
    """Load a trained network of any model from a weights file or a run folder."""
    from minidraw.training.checkpoint import load_network

    network = load_network(path)
    meta = network[-1]
    return ESTIMATORS[meta["model"]].from_network(path, network)
