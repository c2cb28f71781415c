"""Corporate actions: splits and cash dividends, as factors on raw bars."""

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import Enum
from itertools import pairwise

import numpy as np
from attrs import field, frozen

from sellcore.arrays import Floats
from sellcore.backtest.assumptions import Adjustment
from sellcore.backtest.dates import day_number, is_date, trading_dates
from sellcore.bar import BarSeries
from sellcore.bar_columns import COLUMNS, PRICES
from sellcore.errors import InvalidValue
from sellcore.kinds import check_member, member_of, number
from sellcore.quoting import quoted

HEADER = ("ticker", "date", "kind", "value")
"""The columns of a file of actions."""


class ActionKind(Enum):
    """A split, or a dividend in cash."""

    SPLIT = "split"
    DIVIDEND = "dividend"

    def __str__(self) -> str:
        return self.value


def _above_zero(action: "Action", _: object, value: float) -> None:
    met = number(value)
    if met is None or not 0 < met < math.inf:
        meaning = "new shares for an old one" if action.kind is ActionKind.SPLIT else "cash a share"
        told = repr(value) if met is None else f"{met:g}"
        raise InvalidValue(
            f"{action.kind} {told} of {action.ticker} on {action.day} is not a number above "
            f"zero ({meaning})"
        )


def _is_date(action: "Action", _: object, day: date) -> None:
    if not is_date(day):
        raise InvalidValue(
            f"day {day!r} of an action of {action.ticker} is no date; give one, e.g. "
            "date(2014, 6, 9)"
        )


@frozen
class Action:
    """
    A corporate action.

    Attributes:
        ticker: As the bars are called.
        day: The ex-day: the first session that trades without it.
        kind: Split or dividend.
        value: Of a split, how many new shares an old one becomes: 4, or 0.1. Of a
            dividend, cash for each share that there is on the ex-day.
    """

    ticker: str
    day: date = field(validator=_is_date)
    kind: ActionKind = field(validator=member_of(ActionKind))
    value: float = field(validator=_above_zero)

    def __str__(self) -> str:
        return f"{self.kind} {self.value:g} of {self.ticker} on {self.day}"


def parse_actions(lines: Iterable[str]) -> tuple[Action, ...]:
    """
    Read actions from CSV text, ``ticker,date,kind,value``, in any order of rows.

    Args:
        lines: Its lines, or all of it as one text.

    Raises:
        InvalidValue: the header is another, or rows cannot be read: one line for each.
    """
    rows = csv.reader(lines.splitlines() if isinstance(lines, str) else lines)
    header = tuple(cell.strip("\ufeff \t").lower() for cell in _next(rows) or ())
    if header != HEADER:
        raise InvalidValue(
            f"line 1: header {','.join(header)[:60]!r} is not {','.join(HEADER)}; "
            "a file of actions begins with it"
        )
    actions: list[Action] = []
    wrong: list[str] = []
    while (row := _next(rows)) is not None:
        if any(cell.strip() for cell in row):
            try:
                actions.append(_parse_row([cell.strip() for cell in row]))
            except InvalidValue as error:
                wrong.append(f"line {rows.line_num}: {error}")
    if wrong:
        raise InvalidValue("\n".join(wrong))
    return tuple(actions)


def _next(rows: Iterator[list[str]]) -> list[str] | None:
    try:
        return next(rows, None)
    except csv.Error as error:
        raise InvalidValue(f"a file of actions is CSV text; {error}") from None


def _parse_row(cells: Sequence[str]) -> Action:
    if len(cells) != len(HEADER) or not cells[0]:
        raise InvalidValue(f"{','.join(cells)[:60]!r} is not {','.join(HEADER)}")
    ticker, day, kind, value = cells
    try:
        return Action(
            ticker.upper(), date.fromisoformat(day), ActionKind(kind.lower()), float(value)
        )
    except InvalidValue:
        raise
    except ValueError:
        raise InvalidValue(
            f"{','.join(cells)[:60]!r} is not a ticker, a day like 2014-06-09, split or dividend, "
            "and a number"
        ) from None


def adjust(bars: BarSeries, actions: Iterable[Action], adjustment: Adjustment) -> BarSeries:
    """
    Take actions out of raw prices: bars before an ex-day are multiplied by its factor.

    A split of r counts 1 / r for prices and r for volumes. A dividend d counts
    1 - d / c for prices, where c is the close before the ex-day in the shares of the
    ex-day; only with TOTAL_RETURN.

    Args:
        bars: As they traded.
        actions: Of this ticker, in any order.
        adjustment: Which actions are taken out.

    Raises:
        InvalidValue: two actions of one kind on a day, or a dividend of a whole price.
    """
    check_member("adjustment", adjustment, Adjustment)
    ordered = sorted(actions, key=lambda action: (action.day, action.kind.value))
    for first, second in pairwise(ordered):
        if (first.day, first.kind) == (second.day, second.kind):
            raise InvalidValue(f"{first} is there twice (and {second.value:g}); leave one out")
    if not ordered or not len(bars):
        return bars
    ratios, factors = _factors(bars, ordered, adjustment)
    columns = {name: getattr(bars, name) for name in COLUMNS}
    columns |= {name: columns[name] / ratios * factors for name in PRICES}
    columns["volume"] = bars.volume * ratios
    return BarSeries(*columns.values())


def _factors(
    bars: BarSeries, actions: Sequence[Action], adjustment: Adjustment
) -> tuple[Floats, Floats]:
    """Return for each bar the splits after it, multiplied, and the factors of dividends alike."""
    dates = trading_dates(bars.start, bars.end)
    ratios, factors = np.ones(len(bars)), np.ones(len(bars))
    splits = {each.day: each.value for each in actions if each.kind is ActionKind.SPLIT}
    for action in actions:
        before = int(np.searchsorted(dates, day_number(action.day)))
        if not 0 < before < len(bars):
            continue  # all bars lie on one side of it
        if action.kind is ActionKind.SPLIT:
            ratios[:before] *= action.value
        elif adjustment is Adjustment.TOTAL_RETURN:
            close = float(bars.close[before - 1]) / splits.get(action.day, 1.0)
            if action.value >= close:
                raise InvalidValue(
                    f"{action} is not below the close before it, {quoted(close)}; "
                    "give cash for each share"
                )
            factors[:before] *= 1 - action.value / close
    return ratios, factors
