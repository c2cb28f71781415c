"""Which way of showing things fits: a terminal, a pipe, or a program."""

import os
import sys
from typing import Literal, Protocol

from rich.console import Console

from sellcli.screen.json_stream import JsonDocument, JsonLines
from sellcli.screen.plain import WIDTH, PlainLines, plain_console
from sellcli.screen.tables import distances_table, holdings_table
from sellcli.screen.terminal import Terminal
from sellcli.screen.text import both_times, zones
from sellcore.event import Alert, Event, Retrying
from sellcore.order import Mode
from sellcore.selling.account_kind import AccountKind
from sellcore.status import Status


class Listener(Protocol):
    """Shows events."""

    def __call__(self, event: Event) -> None:
        """Show one event."""
        ...

    def close(self) -> None:
        """Leave the screen as it is to stay."""
        ...


def listener(*, as_json: bool, once: bool, log: str, kind: AccountKind | None = None) -> Listener:
    """
    Return what shows a watch: JSON where asked for, a live table on a terminal, else lines.

    Args:
        as_json: For a program.
        once: A single cycle.
        log: Where the audit log lies.
        kind: What kind of account orders may go to; None in a dry run.
    """
    if as_json:
        return JsonDocument(sys.stdout) if once else JsonLines(sys.stdout)
    console = standard_console()
    if console.is_terminal and not once:
        return Terminal(console, Mode.DRY_RUN if kind is None else Mode(kind.value), log)
    return PlainLines(sys.stdout, log, console.width)


def standard_console() -> Console:
    """Return stdout as a terminal has it, or a wide page without colour for anything else."""
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    # Symbols and orders are the broker's words: nothing in them is markup.
    console = Console(highlight=False, markup=False, emoji=False, color_system=colours)
    if console.is_terminal:
        return console
    return plain_console(sys.stdout, WIDTH)


class TablesOnly:
    """Says on stderr what a person should know, and shows both tables once."""

    def __call__(self, event: Event) -> None:
        """Pass alerts on; everything else is in the tables."""
        match event:
            case Alert():
                print(f"sellcli: {event.text}", file=sys.stderr)
            case Retrying():
                print(f"sellcli: {event.reason}", file=sys.stderr)
            case _:
                pass

    def show(self, status: Status) -> None:
        """Print both tables."""
        console = standard_console()
        console.print(both_times(status.time, zones(status)))
        console.print(holdings_table(status, console.width))
        console.print(distances_table(status))
