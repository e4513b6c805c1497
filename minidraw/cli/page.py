"""``minidraw page``: a trained network on a page for browsers."""

from pathlib import Path

from minidraw.cli.options import NETWORK_HELP, add_command, say


def add_commands(commands):
    parser = add_command(commands, "page", page, "minidraw page runs/quick --out page.html")
    parser.add_argument("network", nargs="?", type=Path, help=NETWORK_HELP)
    lessons_help = "web address of the rendered lessons, for links to them"
    parser.add_argument("--lessons", metavar="ADDRESS", help=lessons_help)
    out_help = "output file (default: page.html)"
    parser.add_argument("--out", type=Path, default="page.html", help=out_help)


def page(arguments):
    """Put a network on a web page, one file that paints or reads without a server."""
    from minidraw.atomic_write import write_atomically
    from minidraw.cli.inputs import BUNDLED_NETWORK
    from minidraw.datasets import bundled_path
    from minidraw.estimators import load_estimator
    from minidraw.page import build_page

    path = arguments.network or Path(bundled_path(BUNDLED_NETWORK))
    content = build_page(load_estimator(path), path.resolve().name, arguments.lessons).encode()
    with write_atomically(arguments.out) as file:
        file.write(content)
    say(f"{arguments.out}: {len(content) / 1e6:.1f} MB; open it in a browser")
