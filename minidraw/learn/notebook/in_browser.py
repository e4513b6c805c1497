"""`choose_steps`, which shortens the training of a lesson that runs in a browser."""

import sys


def choose_steps(steps, *, in_browser):
    """Return the number of training steps; in a browser fewer, and a printed line says so.

    There, WebAssembly computes a lesson several times more slowly.

    Parameters
    ----------
    steps : int
        The number of which the lesson's text and captions speak.
    in_browser : int
        The smaller number.
    """
    if sys.platform != "emscripten":
        return steps
    print(
        f"In a browser: {in_browser:,} steps instead of {steps:,}, so the outputs differ from the"
        " lesson's text and captions, which describe the longer run."
    )
    return in_browser
