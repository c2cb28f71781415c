"""The account in charts: its equity and its falls, beside buy-and-hold."""

from typing import TYPE_CHECKING, cast

import numpy as np

from sellcore.arrays import Floats
from sellcore.charts.chart import (
    Chart,
    Trace,
    growth_axis,
    layout,
    line,
    time_axis,
    value_axis,
)
from sellcore.charts.palette import LIGHT
from sellcore.frames import Numbers, times

if TYPE_CHECKING:
    from sellcore.backtest.account.result import Backtest
    from sellcore.backtest.metrics import Metrics

_FALLS = (0.05, 0.005, 0.0005)
"""Falls from which on ticks need no digit behind the point, one, and two."""


def equity(run: "Backtest") -> Chart:
    """Return the account's worth from its first instant on, beside buy-and-hold."""
    moments = _moments(run)
    held, own = _from_capital(run, held=True), _from_capital(run)
    traces = [
        {**line("buy and hold", LIGHT.hold, 1.8), "x": moments, "y": held},
        {**line("the rule", LIGHT.account, 2.2), "x": moments, "y": own},
    ]
    for trace in traces:
        trace["hovertemplate"] = "%{y:,.0f}"
    return Chart(
        "Equity beside buy and hold",
        traces,
        layout(
            hovermode="x unified",
            xaxis=_time_axis(run),
            yaxis=growth_axis([held, own], tickformat="~s"),
        ),
        height=380,
    )


def drawdown(run: "Backtest") -> Chart:
    """Return how far the account lies below its highest so far; its deepest fall is marked."""
    moments = _moments(run)
    fallen = _below_highest(_from_capital(run))
    traces: list[Trace] = [
        {
            **line("the rule", LIGHT.loss, 1.6),
            "x": moments,
            "y": fallen,
            "fill": "tozeroy",
            "fillcolor": LIGHT.fall,
        },
        {
            **line("buy and hold", LIGHT.hold, 1.4),
            "x": moments,
            "y": _below_highest(_from_capital(run, held=True)),
        },
    ]
    for trace in traces:
        trace["hovertemplate"] = "%{y:.1%}"
    shapes, notes = _deepest(run.metrics)
    return Chart(
        "Drawdown",
        traces,
        layout(
            hovermode="x unified",
            xaxis=_time_axis(run),
            yaxis=_fall_axis(run),
            shapes=shapes,
            annotations=notes,
        ),
        height=260,
    )


def account(run: "Backtest") -> Chart:
    """Return equity and drawdown in one chart, above each other on one axis of time."""
    top, bottom = equity(run), drawdown(run)
    lower = [{**trace, "yaxis": "y2", "showlegend": False} for trace in bottom.traces]
    above = cast("dict[str, object]", top.layout["yaxis"])
    shapes, notes = _deepest(run.metrics, yref="y2")
    return Chart(
        "Equity and drawdown, beside buy and hold",
        [*top.traces, *lower],
        {
            **top.layout,
            "xaxis": _time_axis(run, anchor="y2"),
            "yaxis": {**above, "domain": [0.36, 1]},
            "yaxis2": _fall_axis(run, domain=[0, 0.3]),
            "shapes": shapes,
            "annotations": notes,
        },
        height=top.height + bottom.height - 100,
    )


def _time_axis(run: "Backtest", **more: object) -> dict[str, object]:
    metrics = run.metrics
    return time_axis(metrics.start, metrics.end, intraday=run.is_intraday, **more)


def _fall_axis(run: "Backtest", **more: object) -> dict[str, object]:
    """Return an axis of falls that ends at none, with as many digits as its ticks need."""
    deepest = max(run.metrics.drawdown.depth, run.hold_metrics.drawdown.depth)
    bounds: dict[str, object] = {"rangemode": "tozero"} if deepest else {"range": [-0.01, 0]}
    span = deepest or 0.01
    digits = next((n for n, least in enumerate(_FALLS) if span >= least), len(_FALLS))
    return value_axis(tickformat=f".{digits}%", **bounds, **more)


def _moments(run: "Backtest") -> Numbers:
    """Return the account's first instant, and the closes after it."""
    return times(np.concatenate(([run.metrics.start], run.times)))


def _from_capital(run: "Backtest", *, held: bool = False) -> Floats:
    return np.concatenate(([run.assumptions.capital], (run.hold if held else run.curve).equity))


def _below_highest(worth: Floats) -> Floats:
    below: Floats = worth / np.maximum.accumulate(worth) - 1
    return below


def _deepest(metrics: "Metrics", yref: str = "y") -> tuple[list[Trace], list[Trace]]:
    """Return a shade over the deepest fall and its depth in words, nothing where there is none."""
    fall = metrics.drawdown
    if fall.peak is None or fall.trough is None:
        return [], []
    peak, trough, end = times([fall.peak, fall.trough, fall.recovery or metrics.end])
    shade = {
        "type": "rect",
        "xref": "x",
        "yref": f"{yref} domain",
        "x0": str(peak),
        "x1": str(end),
        "y0": 0,
        "y1": 1,
        "fillcolor": LIGHT.shade,
        "line": {"width": 0},
        "layer": "below",
    }
    note = {
        "x": str(trough),
        "y": -fall.depth,
        "yref": yref,
        "text": f"deepest \N{MINUS SIGN}{fall.depth:.1%}",
        # Words begin where there is room for them.
        "xanchor": "right" if fall.trough > (metrics.start + metrics.end) / 2 else "left",
        "showarrow": True,
        "arrowcolor": LIGHT.muted,
        "arrowhead": 0,
        "arrowwidth": 1,
        "ax": 0,
        "ay": 18,
        "font": {"color": LIGHT.ink},
        "bgcolor": LIGHT.paper,
        "opacity": 0.9,
    }
    return [shade], [note]
