"""``python -m minidraw``."""

import sys

from minidraw.cli import main

sys.exit(main())
