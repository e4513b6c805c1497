"""Matrix products with weights that are used at every step."""
