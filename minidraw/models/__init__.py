"""What the layers add up to; every model offers the names that `draw` has."""
