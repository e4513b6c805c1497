"""Notice it where a learner's function leaves its work to the package."""

import sys
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parents[2])


class Watch:
    """A context in which calls from outside into the package are noticed.

    Parameters
    ----------
    allowed : names
        Functions of earlier lessons, which may be called.

    Attributes
    ----------
    borrowed : str or None
        The first function called that isn't allowed.
    """

    def __init__(self, allowed):
        self.allowed, self.borrowed = {*allowed, "__exit__"}, None

    def __enter__(self):
        self._before = sys.getprofile()
        sys.setprofile(self._notice)
        return self

    def __exit__(self, *exc_info):
        sys.setprofile(self._before)

    def _notice(self, frame, event, argument):
        if event != "call" or self.borrowed or frame.f_back is None:
            return
        inside, caller = (f.f_code.co_filename.startswith(PACKAGE) for f in (frame, frame.f_back))
        name = frame.f_code.co_name
        if inside and not caller and name not in self.allowed and not name.startswith("<"):
            self.borrowed = name
