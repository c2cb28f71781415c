"""Tables that do without a column rather than cut a number short."""

from collections.abc import Sequence

from attrs import frozen
from rich import box
from rich.table import Table
from rich.text import Text

_GAP = 2
"""What a column takes beside its content."""

_WORDS = 24
"""The least room for a column of words, which goes on below where it needs more."""

Row = Sequence[Text | str]


@frozen
class Column:
    """
    A column of a table.

    Attributes:
        head: What stands above it.
        right: Whether it is of numbers.
        goes: Where there is no room, columns go in the order of this; 0 never.
        words: Whether its cells may go on in the next line.
    """

    head: str
    right: bool = True
    goes: int = 0
    words: bool = False


def fitted_table(
    title: str | None, columns: Sequence[Column], rows: Sequence[Row], width: int
) -> Table:
    """
    Return a table with as many of its columns as a screen has room for.

    Args:
        title: Stands above it, small; None for none.
        columns: From left to right.
        rows: A cell for each column.
        width: Of the screen, in characters.
    """
    shown = _that_fit(columns, rows, width)
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        header_style="bold",
        padding=(0, 1, 0, 0),
        title=title,
        title_justify="left",
        title_style="dim",
    )
    for place in shown:
        column = columns[place]
        table.add_column(
            column.head,
            justify="right" if column.right else "left",
            no_wrap=not column.words,
            overflow="fold" if column.words else "ellipsis",  # half a number shows that it is
        )
    for row in rows:
        table.add_row(*(row[place] for place in shown))
    return table


def _that_fit(columns: Sequence[Column], rows: Sequence[Row], width: int) -> list[int]:
    taken = {
        place: _GAP + _room(column, [row[place] for row in rows])
        for place, column in enumerate(columns)
    }
    may_go = sorted((column.goes, place) for place, column in enumerate(columns) if column.goes)
    for _, place in may_go:
        if sum(taken.values()) > width:
            del taken[place]
    return list(taken)


def _room(column: Column, cells: Sequence[Text | str]) -> int:
    lines = [line for cell in cells for line in str(cell).split("\n")]
    longest = max(map(len, [column.head, *lines]))
    return min(longest, _WORDS) if column.words else longest
