"""Reading one image through a window, as a step of the classifier calls it.

`minidraw.kernels` has it as one compiled loop, with the same name and cache.
"""

from typing import NamedTuple

import numpy as np

from minidraw.layers.attention import ReadCache, read_image, read_image_backward
from minidraw.layers.read_write import banks, banks_backward


class ReadImageCache(NamedTuple):
    raw: np.ndarray  # (n, 5)
    F_y: np.ndarray  # (n, K, B)
    F_x: np.ndarray  # (n, K, A)
    x: np.ndarray  # (n, C, B, A)


def read_image_attention(raw, *, x, K):
    """Window, filterbanks and `read_image` in one call (eqs 21-27).

    Parameters
    ----------
    raw : array, shape (n, 5)
        As in `window`.
    x : array, shape (n, C, B, A)
        The images, in [0, 1].
    K : int
        Filters per axis, at least 2.

    Returns
    -------
    glimpse : array, shape (n, C K K)
    cache
        For `read_image_attention_backward`.
    """
    (F_y, F_x, gamma), _ = banks(raw, height=x.shape[2], width=x.shape[3], K=K)
    glimpse, _ = read_image(F_y, F_x, gamma, x=x)
    return glimpse.reshape(len(x), -1), ReadImageCache(raw, F_y, F_x, x)


def read_image_attention_backward(dglimpse, cache):
    """Gradient ``draw``, shape (n, 5)."""
    raw, F_y, F_x, x = cache
    n, K, B = F_y.shape
    (_, _, gamma), caches = banks(raw, height=B, width=F_x.shape[2], K=K)
    gradients = read_image_backward(dglimpse.reshape(n, -1, K, K), ReadCache(x, F_y, F_x, gamma))
    return banks_backward(*gradients, caches)
