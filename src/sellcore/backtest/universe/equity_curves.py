"""What every account is worth at every close, and how deep it fell."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from sellcore.arrays import Counts, Floats
from sellcore.backtest.assumptions import Assumptions
from sellcore.backtest.universe.block import blocks
from sellcore.backtest.universe.columns import columns_of
from sellcore.backtest.universe.curves import curve_parts
from sellcore.backtest.universe.drawdown import drawdowns
from sellcore.bar import BarSeries
from sellcore.rule import MovingAverageRule


@frozen(eq=False)
class EquityCurves:
    """
    Every rule on every series.

    Attributes:
        equity: Shape (rules, series, n) with the bars of the longest series: the capital
            before the first purchase, what it was at the last bar behind a shorter series' end.
        drawdown: Shape (rules, series), the depth of the deepest fall from a peak, as a part
            of the peak.
    """

    equity: Floats
    drawdown: Floats


def equity_curves(
    series: Sequence[BarSeries], rules: Sequence[MovingAverageRule], assumptions: Assumptions
) -> EquityCurves:
    """
    Return the curve of each rule on each series.

    Args:
        series: Bars of the rules' timeframe.
        rules: Of one timeframe.
        assumptions: For fills, entries and costs.
    """
    cut = list(blocks(series))
    width = max((block.closes.shape[1] for block in cut), default=0)
    # In one piece, which the system finds in large pages; series stand in the blocks' order.
    equity = np.empty((len(rules), len(series), width))
    drawdown = np.zeros(equity.shape[:2])
    first = 0
    for block, columns in zip(cut, columns_of(series, cut, rules, assumptions), strict=True):
        own, end = slice(first, first + len(block.rows)), block.closes.shape[1]
        written = equity[:, own, :end]
        for part, curves in curve_parts(block, columns, assumptions.capital, written):
            drawdown[part, own] = drawdowns(curves.equity)
        equity[:, own, end:] = written[..., -1:]
        first = own.stop
    equity[:, first:] = assumptions.capital
    order = np.concatenate([*(block.rows for block in cut), _without_bars(series)])
    longest = max(map(len, series), default=0)
    if np.any(order[1:] < order[:-1]):
        back = np.argsort(order)
        equity, drawdown = equity[:, back], drawdown[:, back]
    return EquityCurves(equity[..., :longest], drawdown)


def _without_bars(series: Sequence[BarSeries]) -> Counts:
    return np.array([row for row, bars in enumerate(series) if not len(bars)], dtype=np.int64)
