"""What a sweep knows of each rule on each series, beside buying the series and holding it."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sellcore.arrays import Counts, Floats
from sellcore.backtest.assumptions import Assumptions
from sellcore.backtest.dates import trading_dates
from sellcore.backtest.metrics import TRADING_DAYS
from sellcore.backtest.universe.block import Block, blocks
from sellcore.backtest.universe.columns import Columns, columns_of, held_columns, sales
from sellcore.backtest.universe.curves import curve_parts
from sellcore.backtest.universe.figures import FIGURES, figures_of
from sellcore.bar import BarSeries
from sellcore.rule import MovingAverageRule

COLUMNS: Mapping[str, float | int] = {
    **dict.fromkeys(FIGURES, np.nan),
    "trades": 0,
    "warm_up": 0,
    "bars": 0,
    **{f"hold_{name}": np.nan for name in FIGURES},
}
"""
The names of the columns, and what stands in them where there are no bars.

FIGURES are described in ``sellcore.backtest.universe.figures``; with ``hold_`` in front they
are those of buying at the same bar and holding. trades: round trips, bought and sold. warm_up:
bars before the first that can be decided, which count for nothing else. bars: those that were
decided.
"""


def measure(
    series: Sequence[BarSeries],
    rules: Sequence[MovingAverageRule],
    assumptions: Assumptions,
    since: date | None = None,
) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    """
    Measure rules of one timeframe on series of it.

    Args:
        series: The bars.
        rules: Each once.
        assumptions: Of every account.
        since: Bars of trading dates before it fill the averages, and are not decided.

    Returns:
        What COLUMNS names, each of shape (series, rules).
    """
    shape = (len(series), len(rules))
    whole = {name: np.full(shape, empty) for name, empty in COLUMNS.items()}
    cut = list(blocks(series, since))
    ruled = columns_of(series, cut, rules, assumptions)
    held = held_columns(cut, rules, assumptions)
    for block, own, hold in zip(cut, ruled, held, strict=True):
        firsts = block.firsts(rules)
        periods = np.array(
            [_bars_a_year(series[row], of) for row, of in zip(block.rows, firsts.T, strict=True)]
        )
        for name, values in _of_block(block, periods, firsts, own, hold, assumptions).items():
            whole[name][block.rows] = values.reshape(len(rules), -1).T
    return whole


def _of_block(
    block: Block,
    periods: Floats,
    first_bars: Counts,
    ruled: Columns,
    held: Columns,
    assumptions: Assumptions,
) -> dict[str, Floats | Counts]:
    """Return everything of a block's columns, each of shape (rules * series,)."""
    firsts = first_bars.reshape(-1)
    counts = np.tile(block.counts, len(first_bars))
    bars_a_year = periods.T.reshape(-1)

    def figures(columns: Columns) -> dict[str, Floats]:
        parts = []
        for rules, curves in curve_parts(block, columns, assumptions.capital):
            own = slice(rules.start * len(block.rows), rules.stop * len(block.rows))
            parts.append(figures_of(curves, firsts[own], counts[own], bars_a_year[own]))
        return {name: np.concatenate([getattr(each, name) for each in parts]) for name in FIGURES}

    return {
        **figures(ruled),
        "trades": sales(ruled),
        "warm_up": np.minimum(firsts, counts),
        "bars": np.maximum(counts - firsts, 0),
        **{f"hold_{name}": values for name, values in figures(held).items()},
    }


def _bars_a_year(bars: BarSeries, firsts: Counts) -> list[float]:
    """
    Return ``metrics.periods_per_year`` of a series from each of some bars on.

    Behind its last bar nothing is measured, and the last bar stands for it.
    """
    dates = trading_dates(bars.start, bars.end)
    days, begins, counts = np.unique(dates, return_index=True, return_counts=True)
    if len(days) == len(dates):
        return [float(TRADING_DAYS)] * len(firsts)
    years = []
    for first in np.minimum(firsts, len(dates) - 1).tolist():
        day = int(np.searchsorted(begins, first, side="right")) - 1
        left = counts[day:].copy()
        left[0] -= first - begins[day]
        years.append(float(np.median(left)) * TRADING_DAYS)
    return years
