"""``minidraw gradcheck``: every gradient against finite differences."""

from minidraw.cli.options import add_command


def add_commands(commands):
    add_command(
        commands,
        "gradcheck",
        check_gradients,
        help="compare every gradient with finite differences",
        example="minidraw gradcheck",
    )


def check_gradients(arguments):
    from minidraw import gradcheck

    rows = gradcheck.check_all()
    print(gradcheck.format_table(rows))
    return 0 if gradcheck.all_passed(rows) else 1
