"""The exception for mistakes that the user can correct, and safe display of text from files."""

import operator
import reprlib

MAX_MESSAGE = 500  # characters

_short = reprlib.Repr()
_short.maxstring = _short.maxlong = _short.maxother = 200


class UserError(ValueError):
    """Mistake in an option, a file or a setting; its message is one line that says what to do.

    The command line prints it without a traceback and exits with status 2.  Messages quote names
    and values from files, so that they are always made `printable`.
    """

    def __init__(self, message):
        super().__init__(printable(message))


class UserTypeError(UserError, TypeError):
    """Value of a type that can't be used."""


def check_integer(name, value, least, most=None):
    """Return a whole number as an int, also NumPy's; raise an error if it is out of range."""
    try:
        number = operator.index(value)
    except TypeError:
        raise UserTypeError(f"{name} must be a whole number, got {quote(value)}") from None
    if number < least:
        raise UserError(f"{name} must be at least {least}, got {quote(number)}")
    if most is not None and number > most:
        raise UserError(f"{name} must be at most {most}, got {quote(number)}")
    return number


def printable(text, length=MAX_MESSAGE):
    """Return text as one line for a terminal: control characters escaped, the middle cut out.

    Text from a file could otherwise move the cursor, hide what was printed or fill the screen.
    """
    line = " ".join(str(text).splitlines())
    if len(line) > length:
        line = f"{line[: length // 2]} ... {line[-length // 2 :]}"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def quote(value):
    """Return the repr of any value from a file, shortened."""
    return printable(_short.repr(value))
