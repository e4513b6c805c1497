"""Matrix products with packed weights, on AVX-512 and AMX."""
