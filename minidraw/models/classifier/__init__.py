"""The classifier of section 4.1: it looks T times at parts of an image, then names its class."""

from minidraw.models.classifier.config import Config, init_params, noise_shape, param_shapes
from minidraw.models.classifier.costs import ErrorRate as Measured
from minidraw.models.classifier.network import costs, loss_and_grads
from minidraw.models.classifier.scanpath import pictures, scanpath

GENERATIVE = False
