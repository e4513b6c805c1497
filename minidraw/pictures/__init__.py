"""Sheets of images, films, curves and the figures of the paper."""
