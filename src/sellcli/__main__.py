"""The console script: ``sellcli``, or ``python -m sellcli``."""

import sys

from sellcli.app import app
from sellcli.exits import guarded


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(guarded(lambda: app.main(prog_name="sellcli", standalone_mode=False)))


if __name__ == "__main__":
    main()
