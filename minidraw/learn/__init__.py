"""The lessons' checks: exercises, what is probably wrong, and the learner's own file."""

from minidraw.learn.notebook.decorator import NotYet, exercise, hint
