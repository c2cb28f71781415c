"""The console script: ``sellcli``, or ``python -m sellcli``."""

import sys
import warnings

from sellcli.interrupts import end_at_once_when_asked, end_undisturbed, interrupt_when_asked
from sellcli.streams import escape_what_cannot_be_shown, open_what_is_closed


def main() -> None:
    """Run the command line and exit with its code."""
    open_what_is_closed()
    escape_what_cannot_be_shown()
    if not sys.warnoptions:  # they speak to developers, who switch them on by -W
        warnings.simplefilter("ignore")
    end_at_once_when_asked()
    from sellcli.app import app
    from sellcli.exits import guarded

    def command() -> int | None:
        interrupt_when_asked()
        code: int | None = app.main(prog_name="sellcli", standalone_mode=False)
        return code

    code = guarded(command)
    end_undisturbed()
    sys.exit(code)


if __name__ == "__main__":
    main()
