"""The two tables: what is held and how near it is, and the distance to every average."""

from collections.abc import Sequence
from math import inf

from rich import box
from rich.table import Table
from rich.text import Text

from sellcli.screen.fitted_table import Column, fitted_table
from sellcli.screen.text import NONE, average, bar_time, percent, price, shares, short_order
from sellcore.outcome import Outcome
from sellcore.rule import LENGTHS, AverageKind
from sellcore.status import Status, StatusRow, Undecided

STYLES = {
    Outcome.SIGNAL: "bold red",
    Outcome.HOLD: "green",
    Outcome.ABSTAIN: "yellow",
    Outcome.MISSED: "yellow",
    Undecided.WAITING: "yellow",
    Undecided.LEFT_ALONE: "dim",
    Undecided.UNASSIGNED: "dim",
    Undecided.WATCHING: "dim",
}
"""How each word for the standing of a holding is shown."""

_NEAR = 0.5
"""In %: a price this near above its average is worth a colour."""


_ROOM_FOR_REASONS = 150
"""Columns; a narrower screen shows the word only, the reasons stand in the lines above."""

_GAP = (0, 1, 0, 0)

_COLUMNS = (
    Column("ticker", right=False),
    Column("held", goes=5),
    Column("cost", goes=1),
    Column("close"),
    Column("bar", goes=3),
    Column("rule", right=False, goes=6),
    Column("average", goes=4),
    Column("to cross"),
    Column("decision", right=False),
    Column("orders", right=False, goes=2),
)

_WIDE_HEADS = {"held": "position", "cost": "avg cost", "orders": "open orders"}
"""What stands above a column where there is room."""

_WIDE_PARTS = {"decision": 3, "orders": 1}
"""The columns of words, and how what room is left is parted between them."""


def holdings_table(status: Status, width: int) -> Table:
    """Return one row per holding, for a screen of ``width`` columns."""
    wide = width >= _ROOM_FOR_REASONS
    rows = [_cells(row, with_reason=wide) for row in status.rows]
    if not wide:
        return fitted_table(None, _COLUMNS, rows, width)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", padding=_GAP)
    for column in _COLUMNS:
        table.add_column(
            _WIDE_HEADS.get(column.head, column.head),
            justify="right" if column.right else "left",
            no_wrap=column.head not in _WIDE_PARTS,
            ratio=_WIDE_PARTS.get(column.head),
        )
    for row in rows:
        table.add_row(*row)
    return table


def nearest_first(rows: Sequence[StatusRow], most: int) -> tuple[StatusRow, ...]:
    """Return all rows as they are, or the ``most`` that lie nearest to their average."""
    if len(rows) <= most:
        return tuple(rows)

    def nearness(row: StatusRow) -> float:
        distance = row.to_cross_pct()
        return inf if distance is None else -distance

    return tuple(sorted(rows, key=nearness)[: max(1, most)])


def _cells(row: StatusRow, *, with_reason: bool) -> tuple[Text | str, ...]:
    holding = row.holding
    standing = Text(str(row.standing.word), style=STYLES[row.standing.word])
    if with_reason:
        standing.append(f" {row.standing.reason}", style="not bold default")
    return (
        holding.instrument.ticker,
        shares(holding.position.quantity),
        average(holding.position.quoted_cost),
        price(row.quote.price if row.quote else None),
        bar_time(row),
        str(holding.rule) if holding.rule else NONE,
        average(row.average),
        _distance(row.to_cross_pct()),
        standing,
        "\n".join(str(o) if with_reason else short_order(o) for o in holding.orders) or NONE,
    )


def _distance(to_cross: float | None) -> Text:
    style = ""
    if to_cross is not None:
        style = "red" if to_cross > 0 else "yellow" if to_cross > -_NEAR else ""
    return Text(percent(to_cross), style=style)


def distances_table(status: Status) -> Table:
    """Return how far each price must move, in %, to meet each of the averages."""
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        header_style="bold",
        padding=_GAP,
        title="% the price must move to meet its average (below zero: fall)",
        title_justify="left",
        title_style="dim",
    )
    table.add_column("ticker", no_wrap=True)
    table.add_column("bars", no_wrap=True)
    table.add_column("", no_wrap=True)
    for length in LENGTHS:
        table.add_column(str(length), justify="right", no_wrap=True)
    for row in status.rows:
        if row.levels:
            for line in _distance_lines(row):
                table.add_row(*line)
    return table


def _distance_lines(row: StatusRow) -> list[tuple[Text | str, ...]]:
    lines: list[tuple[Text | str, ...]] = []
    rule = row.holding.rule
    for timeframe in row.levels:
        for kind in AverageKind:
            cells = []
            for length in LENGTHS:
                to_cross = row.to_cross_pct((kind, length, timeframe))
                cell = Text(NONE if to_cross is None else f"{to_cross:+.2f}")
                if to_cross is not None and to_cross > 0:
                    cell.stylize("red")
                if rule and (rule.kind, rule.length, rule.timeframe) == (kind, length, timeframe):
                    cell.stylize("bold reverse")
                cells.append(cell)
            first = not lines
            lines.append(
                (
                    row.holding.instrument.ticker if first else "",
                    str(timeframe) if kind is AverageKind.SMA else "",
                    str(kind),
                    *cells,
                )
            )
    return lines
