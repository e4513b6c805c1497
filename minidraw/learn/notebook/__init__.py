"""Notebook side of the lessons: the exercise decorator, pictures, diagrams and sliders.

Importing it keeps matrix products on one core.  On matrices as small as the lessons', two threads
get in each other's way: with three programs on two cores, lesson 02 takes 113 seconds, not 13.
"""

from threadpoolctl import threadpool_limits

from minidraw.learn.notebook.in_browser import choose_steps
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

threadpool_limits(1, user_api="blas")
