"""Text beside pictures: `make_page` adds a title, `arrange` lays out tables with headings.

Text has an area of its own, so that it never covers a picture or other text.
"""

import numpy as np

from minidraw.errors import printable
from minidraw.pictures.drawing import MARGIN, join

CAPTION_FONT = 15  # screen pixels
TITLE_FONT = 17
LINE_HEIGHT = 22
TABLE_GAP = 6
MAX_TEXT = 250  # characters of a paragraph; names from files may be longer
LABEL_WIDTH = 120  # of the text to the left of a row


def make_page(picture, title):
    """Return the picture with a title above it and a white margin around both."""
    text = render_text(title, picture.shape[1], size=TITLE_FONT)
    page = join([text, picture], axis=0, gap=TABLE_GAP)
    return np.pad(page, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), constant_values=255)


def add_caption(picture, words, *, lines=1):
    """Return the picture with text above it, wrapped to its width, in at least `lines` lines."""
    text = render_text(words, picture.shape[1], lines=lines)
    return join([text, picture], axis=0, gap=0)


def join_captioned(panels):
    """Join panels, pairs of a picture and its caption, from left to right.

    All captions get the same number of lines, so that the pictures begin at the same height.
    """
    lines = max(len(_wrap(words, picture.shape[1])) for picture, words in panels)
    return join([add_caption(*panel, lines=lines) for panel in panels], axis=1)


def arrange(pictures, headings, labels=()):
    """Arrange pictures in a table with headings above its columns.

    Parameters
    ----------
    pictures : array of uint8, shape (rows, columns, height, width, 3)
        White that all pictures of a row or of a column share along an edge is cut off.
    headings : list of str
        One per column.
    labels : list of str
        One per row, shown to its left; none by default.

    Returns
    -------
    array of uint8, shape (height, width, 3)
    """
    inked = (pictures != 255).any(axis=-1)
    down = [_span(marks) for marks in inked.any(axis=(1, 3))]
    across = [_span(marks) for marks in inked.any(axis=(0, 2))]
    widths = [part.stop - part.start for part in across]
    rows = [
        [render_text(words, w, centred=True) for words, w in zip(headings, widths, strict=True)]
    ]
    for row, y in zip(pictures, down, strict=True):
        rows.append([picture[y, x] for picture, x in zip(row, across, strict=True)])
    if labels:
        beside = [render_text(words, LABEL_WIDTH) for words in ("", *labels)]
        rows = [[text, *row] for text, row in zip(beside, rows, strict=True)]
    # A text that is larger than its picture makes the whole row higher or the column wider.
    widths = [max(cell.shape[1] for cell in column) for column in zip(*rows, strict=True)]
    rows = [[_widen(cell, w) for cell, w in zip(row, widths, strict=True)] for row in rows]
    return join([join(row, axis=1, gap=TABLE_GAP) for row in rows], axis=0, gap=TABLE_GAP)


def render_text(words, width, *, size=CAPTION_FONT, lines=1, centred=False):
    """Render words in black on white, at least `width` pixels wide and `lines` lines high.

    Text begins a new line where it would be wider; the last line stands at the bottom.
    """
    from PIL import Image, ImageDraw, ImageFont

    font, wrapped = ImageFont.load_default(size), _wrap(words, width, size)
    above = [""] * (lines - len(wrapped))
    width = max(width, *(round(font.getlength(line)) + 1 for line in wrapped))
    area = Image.new("RGB", (width, LINE_HEIGHT * len(above + wrapped)), "white")
    for k, line in enumerate(above + wrapped):
        left = (width - font.getlength(line)) // 2 if centred else 0
        ImageDraw.Draw(area).text((left, LINE_HEIGHT * k + 1), line, "black", font)
    return np.asarray(area)


def _wrap(words, width, size=CAPTION_FONT):
    """Divide text at line breaks, and where a line would be wider than `width` pixels.

    A word that is longer has a line of its own.
    """
    from PIL import ImageFont

    font, lines = ImageFont.load_default(size), []
    for paragraph in words.split("\n"):
        lines.append("")
        for word in printable(paragraph, MAX_TEXT).split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and font.getlength(longer) > width:
                lines.append(word)
            else:
                lines[-1] = longer
    return lines


def _span(marks):
    """Return the slice from the first to the last true entry; all of it if there is none."""
    marked = np.flatnonzero(marks)
    return slice(marked[0], marked[-1] + 1) if len(marked) else slice(0, len(marks))


def _widen(picture, width):
    missing = width - picture.shape[1]
    return np.pad(picture, ((0, 0), (0, missing), (0, 0)), constant_values=255)
