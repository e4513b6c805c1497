"""Exercises of the lessons: their checks, the likely cause of a mistake, the learner's file."""

from minidraw.learn.notebook.decorator import NotYet, exercise, hint
