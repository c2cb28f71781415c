"""A ticker of a backtest in a chart: its price, its average, and what was bought and sold."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sellcore.arrays import Floats
from sellcore.charts.chart import Chart, Trace, growth_axis, layout, line, lines
from sellcore.charts.palette import LIGHT
from sellcore.charts.series import span
from sellcore.errors import InvalidValue
from sellcore.frames import times
from sellcore.instant import from_epoch
from sellcore.order import Side

if TYPE_CHECKING:
    from sellcore.backtest.account.result import Backtest
    from sellcore.backtest.decisions import Decisions
    from sellcore.backtest.execution import Execution

_DONE = {Side.BUY: "bought", Side.SELL: "sold"}
_MARKS: dict[Side, dict[str, object]] = {
    Side.BUY: {"symbol": "triangle-up", "color": LIGHT.gain, "size": 11},
    Side.SELL: {"symbol": "triangle-down", "color": LIGHT.loss, "size": 11},
}
_EMPTY: dict[str, object] = {
    "symbol": "circle-open",
    "size": 9,
    "color": LIGHT.muted,
    "line": {"color": LIGHT.muted, "width": 1.5},
}


def price(run: "Backtest", ticker: str) -> Chart:
    """
    Return a ticker's closes with its average, and every purchase and sale with its reason.

    Raises:
        InvalidValue: the ticker takes no part.
    """
    if ticker not in run.decisions:
        raise InvalidValue(f"{ticker} takes no part; those that do: {', '.join(run.decisions)}")
    decided = run.decisions[ticker]
    bars, ends = decided.bars, times(decided.bars.end)
    told = {order.number: order.reason for order in run.orders}
    own = [fill for fill in run.fills if fill.ticker == ticker]
    drawn = [
        (line("close", LIGHT.price, 1.4), bars.close),
        (line("close while held", LIGHT.ink), _held(run, decided)),
        (line(decided.rule.average, LIGHT.average, 1.4), decided.averages),
    ]
    return Chart(
        f"{ticker} and {decided.rule}",
        [
            *({**style, "x": ends, "y": values, "hoverinfo": "skip"} for style, values in drawn),
            *(mark for side in Side for mark in _marks(side, own, told)),
            *_unfilled(run, decided),
        ],
        layout(
            hovermode="closest",
            xaxis=span(bars, intraday=run.is_intraday),
            yaxis=growth_axis([values for _, values in drawn], tickformat=",~f"),
            shapes=_warm_up(decided),
        ),
        height=380,
    )


def _held(run: "Backtest", decided: "Decisions") -> Floats:
    """Return the closes at which something of the ticker was held, NaN between them."""
    bars = decided.bars
    held = np.full(len(bars), np.nan)
    rows = np.arange(decided.first, len(bars))
    places = np.searchsorted(run.times, bars.end[rows])
    owned = run.curve.tickers[decided.ticker].shares[places] > 0
    held[rows[owned]] = bars.close[rows[owned]]
    return held


def _marks(side: Side, fills: Iterable["Execution"], told: dict[int, str]) -> list[Trace]:
    own = [fill for fill in fills if fill.side is side]
    texts = [
        lines(
            f"{_DONE[side]} {fill.shares:,.10g} at {fill.price:,.4f}",
            said(fill.time),
            told[fill.order],
        )
        for fill in own
    ]
    prices = np.array([fill.price for fill in own])
    look = {**_MARKS[side], "line": {"color": LIGHT.paper, "width": 1}}
    return _scattered(_DONE[side], look, [fill.time for fill in own], prices, texts)


def _unfilled(run: "Backtest", decided: "Decisions") -> list[Trace]:
    """Return the orders of which nothing was filled, at the close they were decided on."""
    own = [o for o in run.orders if o.ticker == decided.ticker and not o.filled]
    moments = [order.decided_at for order in own]
    rows = np.searchsorted(decided.bars.end, moments)
    texts = [
        lines(
            f"{order.side} not filled: {order.state}",
            said(order.decided_at),
            order.reason,
            *order.denied,
        )
        for order in own
    ]
    return _scattered("not filled", _EMPTY, moments, decided.bars.close[rows], texts)


def _scattered(
    name: str,
    look: dict[str, object],
    moments: Sequence[int],
    prices: Floats,
    texts: Sequence[str],
) -> list[Trace]:
    """Return marks with texts that appear under the pointer, or nothing where there is no mark."""
    trace: Trace = {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "marker": look,
        "x": times(moments),
        "y": prices,
        "text": texts,
        "hoverinfo": "text",
    }
    return [trace] if moments else []


def said(time: int) -> str:
    """Return an instant for people: ``2 Mar 2020, 14:30 UTC``."""
    moment = from_epoch(time)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def _warm_up(decided: "Decisions") -> list[Trace]:
    """Return a shade over the bars before the first that can be decided."""
    if not decided.first:
        return []
    begin, end = times([int(decided.bars.start[0]), int(decided.bars.start[decided.first])])
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "y domain",
            "x0": str(begin),
            "x1": str(end),
            "y0": 0,
            "y1": 1,
            "fillcolor": LIGHT.shade,
            "line": {"width": 0},
            "layer": "below",
            "label": {
                "text": "warm-up",
                "textposition": "top left",
                "font": {"color": LIGHT.muted, "size": 11},
            },
        }
    ]
