"""The lessons: notebooks, their sources, and what lesson 15 measures."""
