"""Matrix products with weights that are used many times."""
