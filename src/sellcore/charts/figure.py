"""A chart as a figure of plotly, for notebooks: the one place of the core that names plotly."""

from typing import TYPE_CHECKING

import numpy as np

from sellcore.charts.chart import Chart, safe
from sellcore.charts.palette import LIGHT
from sellcore.errors import NotInstalled

if TYPE_CHECKING:
    # "as" gives the name on to the modules whose methods return it.
    from plotly.graph_objects import Figure as Figure


def figure(chart: Chart) -> "Figure":
    """
    Return a figure that draws itself at the end of a notebook's cell.

    Raises:
        NotInstalled: plotly cannot be loaded.
    """
    try:
        from plotly.graph_objects import Figure
    except ImportError as error:
        raise NotInstalled(
            f'plot() needs plotly ({error}); pip install "sellcli[report]"'
        ) from error
    traces = [{name: _compact(value) for name, value in each.items()} for each in chart.traces]
    drawn = Figure(data=traces, layout=dict(chart.layout))
    drawn.update_layout(
        template="none",
        title={"text": safe(chart.title), "x": 0.01, "font": {"size": 15, "color": LIGHT.ink}},
        paper_bgcolor=LIGHT.paper,
        height=chart.height + 40,
        margin_t=74,
    )
    return drawn


def _compact(value: object) -> object:
    """Return times in milliseconds since 1970: as texts they would fill a notebook's file."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "M":
        return value.astype("datetime64[ms]").astype(np.float64)
    return value
