"""``minidraw bench``: the time of a training step, compared with other frameworks."""

from pathlib import Path

from minidraw.cli.options import add_command


def add_commands(commands):
    parser = add_command(commands, "bench", bench, "minidraw bench steps --rounds 3")
    parser.add_argument("what", nargs="*", help="steps, processes, profile, scaling (default: all)")
    parser.add_argument(
        "--sizes", nargs="+", help="paper, small, no-attention, classifier, cifar10 (default: all)"
    )
    parser.add_argument("--only", nargs="+", help="names of the rows to measure (default: all)")
    rounds_help = "measurements of each row (default: 9)"
    parser.add_argument("--rounds", type=int, default=9, help=rounds_help)
    avx2_help = "let `steps` use no vector unit wider than AVX2, as on most laptops"
    parser.add_argument("--avx2", action="store_true", help=avx2_help)
    out_help = "folder of the plots (default: bench)"
    parser.add_argument("--out", type=Path, default="bench", help=out_help)


def bench(arguments):
    """Compare the time of a training step with other frameworks."""
    from minidraw import bench

    return bench.run(**{k: v for k, v in vars(arguments).items() if k != "command"})
