"""The exception for mistakes that the user can correct."""


class UserError(ValueError):
    """Mistake in an option, a file or a setting; its message is one line that says what to do.

    The command line prints it without a traceback and exits with status 2.
    """
