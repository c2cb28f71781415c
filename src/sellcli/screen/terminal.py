"""Events on a terminal: a table that is refreshed in place, and what happened above it."""

from attrs import evolve
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as ProgressBar
from rich.text import Text

from sellcli.screen import lines
from sellcli.screen.tables import (
    STYLES,
    distances_table,
    holdings_table,
    nearest_first,
)
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
from sellcore.order import Mode
from sellcore.selling.lifecycle import State
from sellcore.status import Status

_FRAME = 7
"""Lines around the rows of holdings: blank, head, column names, rule, notes."""

_ABOVE = 4
"""A fourth of the screen is left to what happened, before distances are shown."""

_UNBOUNDED = 1000
"""Columns, more than any table takes."""


def _style(event: OrderMoved) -> str:
    """Return how a step of an order is shown: red where somebody should look."""
    state = event.record.state
    return "bold red" if state in (State.UNKNOWN, State.REJECTED, State.DENIED) else "bold"


class Terminal:
    """Keeps the tables at the bottom; lines about what happened scroll away above them."""

    def __init__(self, console: Console, mode: Mode, log: str) -> None:
        self._console = console
        self._mode = mode
        self._log = log
        self._bar: ProgressBar | None = None
        self._live: Live | None = None
        self._server = ""

    def __call__(self, event: Event) -> None:
        """Show what the event has to say."""
        match event:
            case Connected():
                self._server = event.server
                self._console.print(Text(lines.connected(event)))
            case Progress():
                self._progress(event)
            case Table():
                self._table(event.status)
            case Decided():
                style = STYLES[event.decision.outcome]
                self._console.print(Text(lines.decided(event), style=style))
            case Prepared():
                self._console.print(Text(lines.prepared(event), style="bold"))
            case OrderMoved():
                self._console.print(Text(lines.moved(event), style=_style(event)))
            case Retrying():
                self._console.print(Text(lines.retrying(event), style="yellow"))
            case Alert():
                self._console.print(Text(lines.alert(event), style="yellow"))
            case Summary():
                self.close()
                for line in lines.summary(event, self._log):
                    self._console.print(Text(line))

    def _progress(self, event: Progress) -> None:
        if self._bar is None:
            self._bar = ProgressBar(
                TextColumn("history"), BarColumn(), MofNCompleteColumn(), console=self._console
            )
            self._bar.add_task("history", total=event.total)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=event.done, total=event.total)
        if event.done == event.total:
            self._end_progress()

    def _end_progress(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _table(self, status: Status) -> None:
        self._end_progress()
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()
        self._live.update(self._screen(status), refresh=True)

    def _screen(self, status: Status) -> Group:
        """Return as much as fits: the head, the holdings, and the distances if there is room."""
        parts: list[RenderableType] = [Text(""), self._head(status)]
        if status.obstacle is not None:
            parts.append(Text(f"nothing is decided: {status.obstacle}", style="bold yellow"))
        room = self._console.height - _FRAME
        shown = evolve(status, rows=nearest_first(status.rows, room))
        holdings = holdings_table(shown, self._console.width)
        parts.append(holdings)
        left_out = len(status.rows) - len(shown.rows)
        if left_out:
            text = _nearest(len(shown.rows))
            parts.append(Text(text, style="dim"))
        else:
            parts += self._distances(status, room - self._lines(holdings))
        parts.append(Text("Ctrl-C ends the watch", style="dim"))
        return Group(*parts)

    def _distances(self, status: Status, room: int) -> list[RenderableType]:
        """Return the distances to all averages, of as many holdings as there is room for."""
        room -= self._console.height // _ABOVE
        rows = [row for row in status.rows if row.levels]
        for most in range(min(len(rows), room // 2), 0, -1):
            table = distances_table(evolve(status, rows=nearest_first(rows, most)))
            if not self._fits(table, room):
                continue
            if most == len(rows):
                return [table]
            text = _nearest(most)
            return [table, Text(text, style="dim")]
        return []

    def _head(self, status: Status) -> Text:
        badge = "black on green" if self._mode is Mode.DRY_RUN else "white on red"
        return Text.assemble(
            (f" {str(self._mode).upper()} ", badge),
            " ",
            both_times(status.time, zones(status)),
            (f"  {self._server}", "dim"),
        )

    def _fits(self, table: RenderableType, lines: int) -> bool:
        unbounded = self._console.options.update(max_width=_UNBOUNDED)
        wanted = self._console.measure(table, options=unbounded).maximum
        return wanted <= self._console.width and self._lines(table) <= lines

    def _lines(self, table: RenderableType) -> int:
        return len(self._console.render_lines(table, pad=False))

    def close(self) -> None:
        """Leave the last table standing and give the cursor back."""
        self._end_progress()
        if self._live is not None:
            self._live.stop()
            self._live = None


def _nearest(count: int) -> str:
    """Say that these are not all."""
    those = (
        "the one nearest to its average" if count == 1 else f"the {count} nearest to their average"
    )
    return f"{those}; 'sellcli status' shows all"
