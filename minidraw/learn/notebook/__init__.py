"""Notebook side of the lessons: the exercise decorator, pictures, diagrams and sliders."""

from minidraw.learn.notebook.pictures import (
    BLUE,
    GREEN,
    VERMILION,
    frame,
    movie,
    panels,
    picture,
    plain,
    show,
    sliders,
)
