"""A narrow screen shows fewer columns, and never half a number."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from sellcli.screen.fitted_table import Column, fitted_table

COLUMNS = (
    Column("ticker", right=False),
    Column("shares", goes=2),
    Column("price", goes=1),
    Column("earned"),
    Column("because", right=False, words=True),
)
ROWS = [
    ("NASDAQ:AAPL", "1,234", "168.34", "-2,108.65", "close 168.34 is below SMA(50) 172.0310"),
    ("NYSE:KO", "7", "61.05", "+3.20", "close 60.87 is below SMA(10) 60.8740"),
]


def shown(width: int) -> str:
    """Return the table as a screen of that width has it."""
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(
        fitted_table("trades", COLUMNS, ROWS, width)
    )
    return out.getvalue()


@given(width=st.integers(56, 200))
def test_no_number_is_cut_short(width: int) -> None:
    """Whatever the width, each cell of a column that is shown is there in whole."""
    page = shown(width)

    assert "…" not in page
    for place, column in enumerate(COLUMNS[:-1]):
        if column.head in page:
            assert all(row[place] in page for row in ROWS)
    assert all(len(line) <= width for line in page.splitlines())


@given(width=st.integers(24, 55))
def test_number_that_has_no_room_at_all_says_that_it_is_cut(width: int) -> None:
    """Nobody takes the first half of it for the whole."""
    words = shown(width).split()

    for number in ("-2,108.65", "+3.20"):
        cut = [word for word in words if number.startswith(word) and word != number]
        assert cut == []


def test_columns_go_in_their_order_and_some_never() -> None:
    """What matters least goes first; what a table is for stays."""
    assert [head for head in ("shares", "price") if head in shown(200)] == ["shares", "price"]
    assert [head for head in ("shares", "price") if head in shown(62)] == ["shares"]
    assert [head for head in ("shares", "price") if head in shown(57)] == []
    for width in (200, 62, 57):
        assert {"ticker", "earned", "because"} <= set(shown(width).split())


def test_words_go_on_in_the_next_line() -> None:
    """A reason is never cut either: all its words are there."""
    page = shown(57).split()

    for row in ROWS:
        assert set(row[-1].split()) <= set(page)
