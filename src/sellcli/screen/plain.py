"""Events as plain lines, for a pipe or a file: nothing moves, nothing is coloured."""

from typing import TextIO

from rich.console import Console

from sellcli.screen import lines
from sellcli.screen.tables import distances_table, holdings_table
from sellcli.screen.text import both_times, zones
from sellcore.event import (
    Alert,
    Connected,
    Decided,
    Event,
    OrderMoved,
    Prepared,
    Progress,
    Retrying,
    Summary,
    Table,
)
from sellcore.status import Status

WIDTH = 160
"""Columns of a table that no terminal limits."""


def plain_console(out: TextIO, width: int) -> Console:
    """Return a page of text: no colour, no movement, every word as it is."""
    return Console(
        file=out,
        width=width,
        color_system=None,
        force_terminal=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


class PlainLines:
    """Prints the tables when something was decided, and one line in every other minute."""

    def __init__(self, out: TextIO, log: str, width: int = WIDTH) -> None:
        self._out = out
        self._width = width
        self._log = log
        self._decided: list[Decided | Prepared | OrderMoved] = []
        self._shown = False

    def __call__(self, event: Event) -> None:
        """Print what the event has to say."""
        match event:
            case Connected():
                self._line(lines.connected(event))
            case Retrying():
                self._line(lines.retrying(event))
            case Alert():
                self._line(f"note: {lines.alert(event)}")
            case Progress():
                if event.done == event.total:
                    self._line(f"history: {event.done} of {event.total} series answered")
            case Decided() | Prepared() | OrderMoved():
                self._decided.append(event)
            case Table():
                self._table(event.status)
            case Summary():
                self._flush()
                for line in lines.summary(event, self._log):
                    self._line(line)

    def _table(self, status: Status) -> None:
        stamp = both_times(status.time, zones(status))
        if self._shown and not self._decided:
            self._line(f"{stamp}  {lines.minute(status)}")
            return
        self._line("")
        self._line(stamp)
        self._flush()
        console = plain_console(self._out, self._width)
        console.print(holdings_table(status, console.width))
        if not self._shown:
            console.print(distances_table(status))
        self._shown = True

    def _flush(self) -> None:
        for event in self._decided:
            if isinstance(event, Decided):
                self._line(lines.decided(event))
            elif isinstance(event, Prepared):
                self._line(lines.prepared(event))
            else:
                self._line(lines.moved(event))
        self._decided.clear()

    def _line(self, text: str) -> None:
        # In one piece: an interrupt must not leave a line without its end.
        self._out.write(f"{text.rstrip()}\n")
        self._out.flush()

    def close(self) -> None:
        """Nothing is held back."""
