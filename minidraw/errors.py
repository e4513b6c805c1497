"""The one exception that means: the user can mend this, and the message says how."""


class UserError(ValueError):
    """A mistake in an option, a file or a setting; its message is one plain line.

    The command line prints it without a traceback and exits with status 2.
    """
