"""Exit codes, and the one place where exceptions become them."""

import errno
import os
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING

import click

from sellcli.interrupts import ReaderLeft, farewell
from sellcli.streams import lead_nowhere
from sellcore.errors import ConfigError, Denied, InvalidValue, SellError

if TYPE_CHECKING:
    from sellcore.event import Summary


class Exit(IntEnum):
    """What a shell is told; documented in docs/reference/exit-codes.md."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    DENIED = 3
    UNKNOWN = 4


def of_a_run(told: "Summary") -> Exit:
    """Return what a shell is told of a watch that has come to its end: the worst counts."""
    if told.unknown:
        return Exit.UNKNOWN
    return Exit.DENIED if told.denied else Exit.DONE


def guarded(command: Callable[[], int | None]) -> int:
    """
    Run ``command`` and return its exit code; whatever goes wrong is one line on stderr.

    This is the program's rim: nothing outside of it catches every exception.
    Set SELLCLI_DEBUG=1 to see the whole traceback.
    """
    try:
        return command() or Exit.DONE
    except click.UsageError as error:
        return _say(_usage_text(error), Exit.USAGE)
    except (KeyboardInterrupt, click.Abort) as interrupt:
        click.echo(farewell(interrupt), err=True)
        return Exit.DONE
    except (ReaderLeft, BrokenPipeError):
        lead_nowhere()
        return Exit.DONE
    except Denied as error:
        return _say(f"denied: {error}", Exit.DENIED)
    except (ConfigError, InvalidValue) as error:
        return _say(str(error), Exit.USAGE)
    except SellError as error:
        return _say(str(error), Exit.ERROR)
    except OSError as error:
        return _say(_os_text(error), Exit.ERROR)
    except Exception as error:  # noqa: BLE001 - the rim: a user never meets a traceback
        name = type(error).__name__
        return _say(f"internal error: {name}: {error}; set SELLCLI_DEBUG=1 for details", Exit.ERROR)


def _usage_text(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx else "sellcli"
    text = error.message if isinstance(error, click.NoSuchOption) else error.format_message()
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        from difflib import get_close_matches

        nearest = get_close_matches(error.option_name, error.possibilities, n=1, cutoff=0.0)[0]
        text = f"no such option {error.option_name}; the nearest is {nearest}"
    return f"{text[:1].lower()}{text[1:].rstrip('.')}; see '{path} --help'"


def _os_text(error: OSError) -> str:
    if error.errno == errno.ENOSPC and not error.filename:  # every file of ours has its name told
        return "cannot write the output: the disk is full; free some space, or send it elsewhere"
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def _say(text: str, code: Exit) -> Exit:
    if os.environ.get("SELLCLI_DEBUG"):
        import traceback

        traceback.print_exc()
    line = " ".join(text.split())
    click.echo(f"sellcli: {line}", err=True)
    return code
