"""minidraw: DRAW, the network that paints images stroke by stroke, by hand in NumPy."""

__version__ = "0.1.0"
__all__ = ["Classify", "Draw", "load"]


def __getattr__(name):
    # Imported when first asked for: `import minidraw` stays fast.
    if name == "Draw":
        from minidraw.estimator import Draw

        return Draw
    if name == "Classify":
        from minidraw.classifier import Classify

        return Classify
    if name == "load":
        from minidraw.datasets import load

        return load
    raise AttributeError(f"module 'minidraw' has no attribute {name!r}")
