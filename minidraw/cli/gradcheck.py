"""``minidraw gradcheck``: every gradient against finite differences."""

from minidraw.cli.options import add_command


def add_commands(commands):
    add_command(commands, "gradcheck", check_gradients, "minidraw gradcheck")


def check_gradients(arguments):
    """Compare every gradient with finite differences."""
    from minidraw import gradcheck

    rows = gradcheck.check_all()
    print(gradcheck.format_table(rows))
    return 0 if gradcheck.all_passed(rows) else 1
