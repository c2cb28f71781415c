"""The two tables: what is held and how near it is, and the distance to every average."""

from collections.abc import Mapping, Sequence
from math import inf

from rich import box
from rich.table import Table
from rich.text import Text

from sellcli.screen.text import NONE, average, bar_time, percent, price, shares, short_order
from sellcore.rule import LENGTHS, AverageKind
from sellcore.status import Status, StatusRow

WORD_STYLE = {
    "signal": "bold red",
    "hold": "green",
    "abstain": "yellow",
    "missed": "yellow",
    "waiting": "yellow",
    "left alone": "dim",
    "unassigned": "dim",
    "watching": "dim",
}

_NEAR = 0.5
"""In %: a price this near above its average is worth a colour."""


_ROOM_FOR_REASONS = 150
"""Columns; a narrower screen shows the word only, the reasons stand in the lines above."""

_GAP = (0, 1, 0, 0)


_HEADS = {
    "ticker": "ticker",
    "held": "position",
    "cost": "avg cost",
    "close": "close",
    "bar": "bar",
    "rule": "rule",
    "average": "average",
    "to cross": "to cross",
    "decision": "decision",
    "orders": "open orders",
}
"""The columns, and what stands above them where there is room."""

_FIRST_TO_GO = ("cost", "orders", "bar", "average", "held", "rule")
"""Columns that a narrow screen does without, rather than cut a number short."""

_EDGES = 2
"""What a column takes beside its content."""


def holdings_table(status: Status, width: int) -> Table:
    """Return one row per holding, for a screen of ``width`` columns."""
    wide = width >= _ROOM_FOR_REASONS
    rows = [dict(zip(_HEADS, _cells(row, with_reason=wide), strict=True)) for row in status.rows]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", padding=_GAP)
    names = list(_HEADS) if wide else _those_that_fit(rows, width)
    for name in names:
        table.add_column(
            _HEADS[name] if wide else name,
            justify="left" if name in ("ticker", "rule", "decision", "orders") else "right",
            no_wrap=not (wide and name in ("decision", "orders")),
            ratio={"decision": 3, "orders": 1}.get(name) if wide else None,
        )
    for row in rows:
        table.add_row(*(row[name] for name in names))
    return table


def _those_that_fit(rows: Sequence[Mapping[str, Text | str]], width: int) -> list[str]:
    """Return the columns that ``width`` has room for, each with the longest of its cells."""
    taken = {
        name: _EDGES + max([len(name), *(_longest(row[name]) for row in rows)]) for name in _HEADS
    }
    for name in _FIRST_TO_GO:
        if sum(taken.values()) > width:
            del taken[name]
    return list(taken)


def _longest(cell: Text | str) -> int:
    return max(len(line) for line in str(cell).split("\n"))


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
    word, reason = row.verdict
    verdict = Text(word, style=WORD_STYLE.get(word, ""))
    if with_reason:
        verdict.append(f" {reason}", style="not bold default")
    return (
        holding.instrument.ticker,
        shares(holding.position.quantity),
        average(holding.position.quoted_cost),
        price(row.quote.price if row.quote else None),
        bar_time(row),
        str(holding.rule) if holding.rule else NONE,
        average(row.average),
        _distance(row.to_cross_pct()),
        verdict,
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
