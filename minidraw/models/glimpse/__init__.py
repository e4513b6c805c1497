"""The classifier of section 4.1: it looks T times at parts of an image, then names its class."""

from minidraw.models.glimpse.config import Config, init_params, noise_shape, param_shapes
from minidraw.models.glimpse.looks import look, pictures
from minidraw.models.glimpse.measures import ErrorRate as Measured
from minidraw.models.glimpse.passes import costs, loss_and_grads

PAINTS = False
