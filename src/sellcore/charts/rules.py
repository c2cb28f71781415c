"""A sweep in a chart: which rule did how well, length by length."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sellcore.arrays import Floats
from sellcore.charts.chart import Chart, Trace, layout, lines
from sellcore.charts.palette import LIGHT
from sellcore.rule import MovingAverageRule

if TYPE_CHECKING:
    from sellcore.backtest.universe.sweep import Sweep

_FULL = 1.0
"""A lead in Sharpe ratio that has the full colour: worse rules would make all others look alike."""


def heat_map(swept: "Sweep", chosen: MovingAverageRule | None = None) -> Chart:
    """
    Return each rule's Sharpe ratio, coloured by its lead over buy-and-hold.

    Over several tickers it is the median. Rules that can decide no bar are left blank.

    Args:
        swept: Of at least one rule.
        chosen: A rule to be framed.
    """
    lengths = sorted({rule.length for rule in swept.rules})
    families = sorted({_family(rule) for rule in swept.rules})
    sharpe, hold_sharpe = swept.columns["sharpe"], swept.columns["hold_sharpe"]
    own, held, ahead = map(medians, (sharpe, hold_sharpe, sharpe - hold_sharpe))
    lead = np.full((len(families), len(lengths)), np.nan)
    texts = np.full(lead.shape, "", dtype=object)
    hovers = np.full(lead.shape, "", dtype=object)
    for number, rule in enumerate(swept.rules):
        place = families.index(_family(rule)), lengths.index(rule.length)
        lead[place] = ahead[number]
        if np.isfinite(own[number]):
            texts[place] = _signed(own[number])
            hovers[place] = _hover(rule, own[number], held[number])
    farthest = float(np.nanmax(np.abs(lead))) if np.isfinite(lead).any() else _FULL
    reach = min(max(farthest, 0.01), _FULL)
    cells: Trace = {
        "type": "heatmap",
        "x": [str(length) for length in lengths],
        "y": families,
        "z": lead,
        "zmin": -reach,
        "zmax": reach,
        "colorscale": [[0, LIGHT.loss], [0.5, LIGHT.even], [1, LIGHT.gain]],
        "showscale": False,
        "xgap": 3,
        "ygap": 3,
        "text": texts.tolist(),
        "texttemplate": "%{text}",
        "hovertext": hovers.tolist(),
        "hoverinfo": "text",
    }
    frame = [] if chosen not in swept.rules else _frame(chosen, families, lengths)
    return Chart(
        "Sharpe ratio of each rule",
        [cells],
        layout(
            margin={"l": 64, "r": 14, "t": 10, "b": 44},
            xaxis=_axis(title={"text": "length of the average, in bars", "standoff": 8}),
            yaxis=_axis(),
            shapes=frame,
        ),
        height=90 + 52 * len(families),
    )


def medians(figures: Floats | NDArray[np.int64]) -> Floats:
    """Return the median of each rule over the tickers that have the figure; NaN where none has."""
    return np.array(
        [
            np.median(known) if len(known := column[np.isfinite(column)]) else np.nan
            for column in figures.T
        ]
    )


def _family(rule: MovingAverageRule) -> str:
    return f"{rule.kind} {rule.timeframe}"


def _signed(value: float) -> str:
    text = f"{round(value, 2) + 0.0:.2f}"  # adding nothing takes the sign from a zero
    return text.replace("-", "\N{MINUS SIGN}")


def _hover(rule: MovingAverageRule, own: float, held: float) -> str:
    return lines(str(rule), f"Sharpe {_signed(own)}", f"buy and hold {_signed(held)}")


def _axis(**more: object) -> dict[str, object]:
    return {
        "type": "category",
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "automargin": True,
        "tickfont": {"color": LIGHT.muted},
        **more,
    }


def _frame(rule: MovingAverageRule, families: list[str], lengths: list[int]) -> list[Trace]:
    row, column = families.index(_family(rule)), lengths.index(rule.length)
    return [
        {
            "type": "rect",
            "x0": column - 0.48,
            "x1": column + 0.48,
            "y0": row - 0.46,
            "y1": row + 0.46,
            "line": {"color": LIGHT.ink, "width": 2},
        }
    ]
