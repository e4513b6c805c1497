"""`BorrowingWatch` detects a learner's function that calls the package to do its work."""

import sys
from pathlib import Path

OWN_LAYERS = str(Path("learn") / "own_layers.py")
PACKAGE = str(Path(__file__).resolve().parents[2])


class BorrowingWatch:
    """Context manager that records the first call into the package from outside.

    Parameters
    ----------
    allowed : names
        Functions that may be called, such as those of earlier lessons.

    Attributes
    ----------
    borrowed : str or None
        Name of the first function called that isn't allowed.
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
        if frame.f_code.co_filename.endswith(OWN_LAYERS):  # passes a call on to the learner's own
            return
        inside, caller = (f.f_code.co_filename.startswith(PACKAGE) for f in (frame, frame.f_back))
        name = frame.f_code.co_name
        if inside and not caller and name not in self.allowed and not name.startswith("<"):
            self.borrowed = name
