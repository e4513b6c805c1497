"""What a lesson's notebook shows: pictures with captions, diagrams, sliders."""

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
