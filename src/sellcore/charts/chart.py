"""A chart as a value, and what all charts have in common."""

from collections.abc import Mapping, Sequence
from html import escape
from textwrap import wrap

import numpy as np
from attrs import frozen

from sellcore.arrays import Floats, Seconds
from sellcore.charts.palette import LIGHT
from sellcore.frames import times

Trace = dict[str, object]
"""One line, area or set of marks, in plotly's form; its numbers are arrays."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"
CLEAR = "rgba(0, 0, 0, 0)"
_HALF_A_DAY = 43_200
_FAR = 10.0
"""Times as much: on an even scale the beginning would be a flat line."""
_WIDTH = 64
"""Characters in a line of a label that appears under the pointer."""


@frozen(eq=False)
class Chart:
    """
    A chart, drawn in the colours of LIGHT.

    Attributes:
        title: What it shows, as plain text.
        traces: What is drawn, the first at the back.
        layout: Axes, legend and marks, in plotly's form.
        height: In pixels.
    """

    title: str
    traces: Sequence[Trace]
    layout: Mapping[str, object]
    height: int


def safe(text: str) -> str:
    """Return text that plotly shows as it is: what looks like markup stays what it was."""
    return escape(text, quote=False)


def lines(*texts: str) -> str:
    """Return texts below each other, long ones broken, safe to show."""
    broken = [part for text in texts for part in wrap(text, _WIDTH) or [""]]
    return "<br>".join(safe(part) for part in broken)


def line(name: str, color: str, width: float = 1.6) -> Trace:
    """Return a line without its numbers."""
    style = {"color": color, "width": width}
    return {"type": "scatter", "mode": "lines", "name": name, "line": style}


def is_intraday(ends: Seconds) -> bool:
    """Say whether bars that end then are several a day."""
    return len(ends) > 1 and bool(np.median(np.diff(ends)) < _HALF_A_DAY)


def time_axis(first: int, last: int, *, intraday: bool, **more: object) -> dict[str, object]:
    """
    Return an axis of times in UTC; of dates alone where bars are days.

    Args:
        first: Where it begins, seconds since 1970 UTC.
        last: Where it ends.
        intraday: Whether there are several bars a day.
        more: What this axis has of its own.
    """
    beside = (last - first) // 80
    return {
        "type": "date",
        "range": [str(moment) for moment in times([first - beside, last + beside])],
        "showgrid": False,
        "zeroline": False,
        "linecolor": LIGHT.grid,
        "tickcolor": LIGHT.grid,
        "tickfont": {"color": LIGHT.muted},
        "ticks": "outside",
        "ticklen": 4,
        "automargin": True,  # a short span is labelled in two lines
        "spikecolor": LIGHT.muted,
        "spikethickness": 1,
        "spikedash": "solid",
        "hoverformat": "%-d %b %Y %H:%M UTC" if intraday else "%-d %b %Y",
        **more,
    }


def value_axis(**more: object) -> dict[str, object]:
    """Return an axis of amounts, with a quiet grid."""
    return {
        "gridcolor": LIGHT.grid,
        "zeroline": False,
        "tickfont": {"color": LIGHT.muted},
        "automargin": True,
        "nticks": 6,
        **more,
    }


def growth_axis(values: Sequence[Floats], **more: object) -> dict[str, object]:
    """
    Return an axis of what grows by parts of itself: logarithmic where it grows far.

    Args:
        values: All that is drawn on it; NaN where nothing is.
        more: What this axis has of its own.
    """
    known = np.concatenate([drawn[np.isfinite(drawn)] for drawn in values])
    lowest, highest = float(known.min()), float(known.max())
    if lowest <= 0 or highest < _FAR * lowest:
        return value_axis(**more)
    words = {"text": "logarithmic", "font": {"size": 11, "color": LIGHT.muted}, "standoff": 4}
    return value_axis(type="log", dtick="D2", title=words, **more)


def layout(**more: object) -> dict[str, object]:
    """Return what charts have in common, with what this one adds."""
    return {
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"family": FONT, "size": 12, "color": LIGHT.ink},
        "margin": {"l": 52, "r": 14, "t": 34, "b": 34},
        "hoverlabel": {
            "bgcolor": LIGHT.paper,
            "bordercolor": LIGHT.grid,
            "font": {"family": FONT, "size": 12, "color": LIGHT.ink},
            "align": "left",
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.01,
            "yanchor": "bottom",
            "font": {"color": LIGHT.muted},
            "bgcolor": CLEAR,
        },
        **more,
    }
