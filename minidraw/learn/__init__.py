"""The lessons' exercises, their checks, diagnosis of mistakes, and the learner's file."""

from minidraw.learn.notebook.decorator import NotYet, exercise, hint
from minidraw.learn.notebook.earlier import use_earlier
from minidraw.learn.notebook.missing_names import explain_missing_names

explain_missing_names()
