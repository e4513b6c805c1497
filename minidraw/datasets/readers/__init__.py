"""Readers for files that may be damaged or hostile."""
