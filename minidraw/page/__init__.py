"""A page for browsers on which a trained network paints or reads: `build_page`.

The page is one file that needs no network.  Its programs are the .js files of this folder; the
forward passes are in layers.js, draw.js and classifier.js.
"""

from minidraw.page.build import build_page
