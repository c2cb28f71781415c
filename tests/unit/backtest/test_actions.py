"""Splits and dividends, taken out of raw bars; against prices that others adjusted."""

from datetime import date

import numpy as np
import pytest
from tests.backtest_builders import SHARED, daily, real_days, stored
from tests.builders import rule

from sellcore.backtest import (
    FREE,
    Action,
    ActionKind,
    Adjustment,
    Assumptions,
    adjust,
    backtest,
    parse_actions,
)
from sellcore.errors import InvalidValue

SPLIT, DIVIDEND = ActionKind.SPLIT, ActionKind.DIVIDEND
EX_DAY = date(2020, 1, 7)  # row 5 of daily bars

real = pytest.mark.skipif(not SHARED.is_dir(), reason="shared real bars are not here")


def test_actions_are_read_from_csv() -> None:
    """In the order of the rows, whatever the case and the spaces."""
    lines = [
        "ticker,date,kind,value\n",
        "NASDAQ:AAPL,2014-06-09,split,7\n",
        "\n",
        "nasdaq:aapl, 2014-08-07 ,Dividend,0.47\n",
    ]

    assert parse_actions(lines) == (
        Action("NASDAQ:AAPL", date(2014, 6, 9), SPLIT, 7.0),
        Action("NASDAQ:AAPL", date(2014, 8, 7), DIVIDEND, 0.47),
    )


def test_every_row_that_cannot_be_read_is_told_in_a_line_of_its_own() -> None:
    """With its number; nothing is read where one is wrong."""
    lines = [
        "ticker,date,kind,value",
        "X,2014-06-09,split,7",
        "X,09.06.2014,split,7",
        "X,2014-06-09,merger,7",
        "X,2014-06-09,split,seven",
        "X,2014-06-09,split,0",
        "X,2014-06-09,dividend,-1",
        "X,2014-06-09,dividend,nan",
        "X,2014-06-09,split",
        ",2014-06-09,split,2",
    ]

    with pytest.raises(InvalidValue) as refused:
        parse_actions(lines)

    told = str(refused.value).splitlines()
    assert [line.partition(":")[0] for line in told] == [f"line {row}" for row in range(3, 11)]
    assert told[0] == (
        "line 3: 'X,09.06.2014,split,7' is not a ticker, a day like 2014-06-09, split or "
        "dividend, and a number"
    )
    assert told[3] == (
        "line 6: split 0 of X on 2014-06-09 is not a number above zero (new shares for an old one)"
    )


@pytest.mark.parametrize("lines", [[], ["X,2014-06-09,split,7"], ["symbol,date,kind,value"]])
def test_another_header_is_refused(lines: list[str]) -> None:
    """The file says what its columns are."""
    with pytest.raises(InvalidValue, match=r"^line 1: header '.*' is not ticker,date,kind,value"):
        parse_actions(lines)


def test_what_is_no_csv_text_is_refused_in_one_line() -> None:
    """Whatever else a file may be."""
    with pytest.raises(InvalidValue, match=r"^a file of actions is CSV text; "):
        parse_actions(["ticker,date,kind,value\n", "X,2014-06-09,split\r7,x\n"])


def test_a_mark_at_the_start_of_a_file_is_no_part_of_its_header() -> None:
    """Spreadsheets write one."""
    assert parse_actions(["\ufeffticker,date,kind,value"]) == ()


def test_a_kind_that_is_a_word_is_refused() -> None:
    """It would be taken for a dividend, or for nothing."""
    with pytest.raises(InvalidValue) as refused:
        Action("X", EX_DAY, "split", 2.0)

    line = "kind 'split' is not one of ActionKind.SPLIT, ActionKind.DIVIDEND"
    assert str(refused.value) == line


def test_a_split_divides_prices_and_multiplies_volumes_before_it() -> None:
    """From the ex-day on nothing changes."""
    bars = daily([40.0] * 5 + [10.0] * 3, [40.0] * 5 + [10.0] * 3, volume=100)

    found = adjust(bars, [Action("X", EX_DAY, SPLIT, 4)], Adjustment.PRICE)

    assert found.close.tolist() == found.open.tolist() == [10.0] * 8
    assert found.volume.tolist() == [400.0] * 5 + [100.0] * 3


def test_a_dividend_counts_with_total_return_only() -> None:
    """1 - 2 / 40 for the bars before it; volumes stay."""
    bars = daily([40.0] * 8, volume=100)
    dividend = Action("X", EX_DAY, DIVIDEND, 2.0)

    price = adjust(bars, [dividend], Adjustment.PRICE)
    total = adjust(bars, [dividend], Adjustment.TOTAL_RETURN)

    assert price.close.tolist() == [40.0] * 8
    assert total.close.tolist() == [38.0] * 5 + [40.0] * 3
    assert total.volume.tolist() == [100.0] * 8


def test_factors_of_several_actions_multiply() -> None:
    """A split, and dividends before, after and on its day in the shares of their own day."""
    bars = daily([40.0] * 5 + [10.0] * 5, [40.0] * 5 + [10.0] * 5)
    actions = [
        Action("X", date(2020, 1, 4), DIVIDEND, 4.0),
        Action("X", EX_DAY, SPLIT, 4),
        Action("X", EX_DAY, DIVIDEND, 1.0),
        Action("X", date(2020, 1, 9), DIVIDEND, 2.0),
    ]

    found = adjust(bars, actions, Adjustment.TOTAL_RETURN)

    late = 1 - 2 / 10
    middle = late * (1 - 1 / 10)
    early = middle * (1 - 4 / 40)
    expected = [10 * early] * 2 + [10 * middle] * 3 + [10 * late] * 2 + [10.0] * 3
    assert found.close.tolist() == pytest.approx(expected, rel=1e-14)


def test_total_return_is_what_a_holder_has_who_reinvests() -> None:
    """Shares bought for each dividend at the ex-day's opening price less the fall it explains."""
    bars = daily([50.0] * 6 + [48.0] * 6, [50.0] * 6 + [48.0] * 6)
    dividend = Action("X", date(2020, 1, 8), DIVIDEND, 2.0)
    assumed = Assumptions(
        costs=FREE, whole_shares=False, adjustment=Adjustment.TOTAL_RETURN, capital=1_000.0
    )

    total = backtest({"X": bars}, rule("SMA,5,D"), assumed, [dividend])

    assert total.hold.equity.tolist() == pytest.approx([1_000.0] * 8, rel=1e-12)
    assert any("total return" in line for line in total.assumptions_in_words)


@pytest.mark.parametrize("kind", ActionKind)
@pytest.mark.parametrize("day", [date(2019, 1, 2), date(2020, 1, 2), date(2020, 1, 10)])
def test_an_action_outside_the_history_changes_nothing(kind: ActionKind, day: date) -> None:
    """Before the first bar, on its day, or after the last one."""
    bars = daily([40.0] * 8, volume=100)

    found = adjust(bars, [Action("X", day, kind, 2.0)], Adjustment.TOTAL_RETURN)

    assert found.same(bars)


def test_an_action_of_another_ticker_changes_nothing() -> None:
    """A file of actions is for all that one holds."""
    bars = {"X": daily([40.0] * 8)}
    other = Action("Y", EX_DAY, SPLIT, 2)

    found = backtest(bars, rule("SMA,5,D"), Assumptions(), [other])

    assert found.equity.tolist() == backtest(bars, rule("SMA,5,D")).equity.tolist()


@pytest.mark.parametrize(
    ("actions", "line"),
    [
        (
            [Action("X", EX_DAY, SPLIT, 2), Action("X", EX_DAY, SPLIT, 3)],
            "split 2 of X on 2020-01-07 is there twice (and 3); leave one out",
        ),
        (
            [Action("X", EX_DAY, DIVIDEND, 40.0)],
            "dividend 40 of X on 2020-01-07 is not below the close before it, 40.00; "
            "give cash for each share",
        ),
    ],
)
def test_actions_that_cannot_be_are_refused(actions: list[Action], line: str) -> None:
    """One line names the action."""
    with pytest.raises(InvalidValue) as refused:
        adjust(daily([40.0] * 8), actions, Adjustment.TOTAL_RETURN)

    assert str(refused.value) == line


@real
def test_splits_are_where_the_facts_say() -> None:
    """Thirteen years of AAPL: its two splits told, no jump is left; either untold is refused."""
    bars = {"AAPL": real_days("daily/aapl_2000_2013_raw.parquet")}
    first, second = (Action("AAPL", date(*day), SPLIT, 2) for day in ((2000, 6, 21), (2005, 2, 28)))

    backtest(bars, rule("SMA,50,D"), Assumptions(), [first, second])
    with pytest.raises(InvalidValue, match="on 2000-06-21 looks like a split 2:1"):
        backtest(bars, rule("SMA,50,D"), Assumptions(), [second])
    with pytest.raises(InvalidValue, match="on 2005-02-28 looks like a split 2:1"):
        backtest(bars, rule("SMA,50,D"), Assumptions(), [first])


@real
def test_adjusted_prices_are_those_of_another_source_where_no_dividend_was_paid() -> None:
    """AAPL paid none from 2000 to August 2012: split by split the source's adj_close, to a cent."""
    columns = stored("daily/aapl_2000_2013_raw.parquet")
    bars = real_days("daily/aapl_2000_2013_raw.parquet")
    actions = [Action("AAPL", date(2000, 6, 21), SPLIT, 2)]
    actions += [Action("AAPL", date(2005, 2, 28), SPLIT, 2)]
    quiet = columns["ts"] < int(np.datetime64("2012-08-01", "s").astype(np.int64))

    found = adjust(bars, actions, Adjustment.PRICE).close[quiet]

    ratio = columns["adj_close"][quiet] / found
    assert ratio == pytest.approx(np.median(ratio), rel=2e-3)  # the source rounds to cents
    assert np.std(ratio[-1_000:]) < 2e-4


@real
@pytest.mark.parametrize("name", ["wiki_aapl_2014", "wiki_orcl_2000", "wiki_brk_a_2014"])
def test_adjusted_bars_are_those_of_another_source(name: str) -> None:
    """Splits and dividends of a year, every price of every day."""
    raw, adjusted = stored(f"daily/{name}_raw.parquet"), stored(f"daily/{name}_adj.parquet")
    days = raw["ts"].astype("datetime64[s]").astype("datetime64[D]").tolist()
    actions = [
        Action("X", day, kind, float(value))
        for kind, column, nothing in ((DIVIDEND, "ex_dividend", 0.0), (SPLIT, "split_ratio", 1.0))
        for day, value in zip(days, raw[column], strict=True)
        if value != nothing
    ]

    found = adjust(real_days(f"daily/{name}_raw.parquet"), actions, Adjustment.TOTAL_RETURN)

    for column in ("open", "high", "low", "close"):
        # The source may know actions after the year: one factor more, the same for all days. It
        # takes a dividend as part of the ex-day's close, where ours is of the close before.
        ratio = adjusted[column] / getattr(found, column)
        assert ratio == pytest.approx(np.median(ratio), rel=1e-4), column


def test_an_action_is_of_the_ticker_that_it_names_alone() -> None:
    """Not of one that its name ends with, or begins with."""
    split = Action("NYSE:AA", EX_DAY, SPLIT, 4)
    bars = {name: daily([60.0] * 9) for name in ("E:AA", "NYSE:A", "NYSE:AAA", "AA")}

    found = backtest(bars, rule("SMA,5,D"), Assumptions(costs=FREE), [split])

    for ticker, own in bars.items():
        assert found.decisions[ticker].bars.same(own)
