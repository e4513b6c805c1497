"""minidraw: DRAW, the network that paints images stroke by stroke, by hand in NumPy."""

__version__ = "0.1.0"
__all__ = ["Classifier", "Draw", "load"]


def __getattr__(name):
    # Imported when first asked for: `import minidraw` stays fast.
    if name == "Draw":
        from minidraw.estimators.draw import Draw

        return Draw
    if name == "Classifier":
        from minidraw.estimators.classifier import Classifier

        return Classifier
    if name == "Classify":
        import warnings

        from minidraw.estimators.classifier import Classifier

        warnings.warn("minidraw.Classify is now minidraw.Classifier", FutureWarning, stacklevel=2)
        return Classifier
    if name == "load":
        from minidraw.datasets import load

        return load
    raise AttributeError(f"module 'minidraw' has no attribute {name!r}")
