"""The networks in scikit-learn's manner: fit, sample, predict, score."""
