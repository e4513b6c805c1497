"""Window and filterbank of one image, used by read_image.py and read_write.py."""

from functools import lru_cache

import numpy as np

from minidraw.kernels.compilation import inline
from minidraw.kernels.mathematics import HALF, ONE, TWO, ZERO, exp
from minidraw.layers.attention import LOG_LIMIT

LIMIT = np.float32(LOG_LIMIT)
# Filter values below e^-32 times the row's peak are set to 0.  They are far below float32's
# precision, and their products would be denormal numbers, which make reading and writing through
# sharp windows up to ten times slower.
MIN_EXPONENT = np.float32(-32)


@lru_cache
def make_window_constants(height, width, K, dtype):
    """Return the constants of a window: ``geometry, offset, pixels``.

    ``geometry`` (3,) holds the factors of eqs 22, 23 and 24, ``offset`` (K,) the filter positions
    in strides, and ``pixels`` the pixel positions along the longer side.
    """
    if K < 2:
        raise ValueError(
            f"K is {K}; a window needs at least 2 filters per axis (eq 24 divides by K - 1)"
        )
    longer = max(height, width)
    geometry = [(width + 1) / 2, (height + 1) / 2, (longer - 1) / (K - 1)]
    offset = np.arange(K) - (K - 1) / 2
    return np.array(geometry, dtype), offset.astype(dtype), np.arange(longer).astype(dtype)


@inline
def clip(x):
    return -LIMIT if x < -LIMIT else (LIMIT if x > LIMIT else x)


@inline
def compute_window(theta, geometry):
    center_x = geometry[0] * (theta[0] + ONE) - ONE  # eq 22, from 0
    center_y = geometry[1] * (theta[1] + ONE) - ONE  # eq 23, from 0
    var, gamma = exp(clip(theta[2])), exp(clip(theta[4]))  # eq 21
    return center_x, center_y, geometry[2] * exp(clip(theta[3])), var, gamma  # eq 24


@inline
def fill_filterbank(center, stride, var, offset, pixels, F):
    K, A = F.shape
    scale = HALF / var
    for k in range(K):
        mu = center + offset[k] * stride  # eq 19 or 20
        nearest = np.floor(mu + HALF)
        nearest = pixels[0] if nearest < pixels[0] else nearest
        nearest = pixels[A - 1] if nearest > pixels[A - 1] else nearest
        # The nearest pixel has the largest exponent, which is subtracted as in a softmax.  The
        # difference of two squares is computed as a product, because it would lose its digits if
        # the window lies far outside the image.
        twice = TWO * mu - nearest
        for a in range(A):
            u = scale * (pixels[a] - nearest) * (twice - pixels[a])
            F[k, a] = exp(u) if u > MIN_EXPONENT else ZERO  # eq 25 or 26
        total = F[k, 0]
        for a in range(1, A):
            total += F[k, a]
        for a in range(A):
            F[k, a] /= total


@inline
def backprop_filterbank(dF, F, center, stride, var, offset, pixels):
    """Return dcenter, dstride and dvar of the filters along one axis."""
    K, A = F.shape
    dcenter, dstride, dvar = ZERO, ZERO, ZERO
    for k in range(K):
        mu = center + offset[k] * stride
        mean = dot(dF[k], F[k])
        dmu, dspread = ZERO, ZERO
        for a in range(A):
            dist = pixels[a] - mu
            du = F[k, a] * (dF[k, a] - mean)  # softmax over pixels
            dmu += du * dist  # u = -dist^2 / 2 var
            dspread += du * dist * dist
        dcenter += dmu
        dstride += dmu * offset[k]
        dvar += dspread
    return dcenter / var, dstride / var, HALF * dvar / (var * var)


@inline
def fill_filterbanks(theta, geometry, offset, pixels, F_y, F_x):
    """Fill both filterbanks of a window, and return its gamma."""
    center_x, center_y, stride, var, gamma = compute_window(theta, geometry)
    fill_filterbank(center_y, stride, var, offset, pixels, F_y)
    fill_filterbank(center_x, stride, var, offset, pixels, F_x)
    return gamma


@inline
def backprop_filterbanks(dF_y, dF_x, dgamma, F_y, F_x, theta, geometry, offset, pixels, dtheta):
    """Fill dtheta with the gradient of the window that both filterbanks share."""
    center_x, center_y, stride, var, gamma = compute_window(theta, geometry)
    dcenter_y, dstride_y, dvar_y = backprop_filterbank(
        dF_y, F_y, center_y, stride, var, offset, pixels
    )
    dcenter_x, dstride_x, dvar_x = backprop_filterbank(
        dF_x, F_x, center_x, stride, var, offset, pixels
    )
    dtheta[0], dtheta[1] = geometry[0] * dcenter_x, geometry[1] * dcenter_y
    dtheta[2], dtheta[3] = var * (dvar_y + dvar_x), stride * (dstride_y + dstride_x)
    dtheta[4] = gamma * dgamma
    for k in range(2, 5):
        if not abs(theta[k]) <= LIMIT:  # clipped: gradient 0
            dtheta[k] = ZERO


@inline
def dot(u, v):
    total = u[0] * v[0]
    for k in range(1, len(u)):
        total += u[k] * v[k]
    return total
