"""A series of bars in a chart: its closes, and an average of them."""

from typing import TYPE_CHECKING

from sellcore.average import averages
from sellcore.bar import BarSeries
from sellcore.charts.chart import Chart, Trace, growth_axis, is_intraday, layout, line, time_axis
from sellcore.charts.palette import LIGHT
from sellcore.errors import InvalidValue
from sellcore.frames import times

if TYPE_CHECKING:
    from sellcore.rule import MovingAverageRule


def closes(bars: BarSeries, rule: "MovingAverageRule | None" = None) -> Chart:
    """
    Return the closes of a series, with the average of a rule.

    Raises:
        InvalidValue: there is no bar.
    """
    if not len(bars):
        raise InvalidValue("there is no bar to draw; give a series that has some")
    ends = times(bars.end)
    traces: list[Trace] = [{**line("close", LIGHT.ink), "x": ends, "y": bars.close}]
    if rule is not None:
        drawn = averages(bars.close, rule.kind, (rule.length,))[0]
        traces.append({**line(rule.average, LIGHT.average), "x": ends, "y": drawn})
    for trace in traces:
        trace["hovertemplate"] = "%{y:,.2f}"
    return Chart(
        "Closes" if rule is None else f"Closes and {rule}",
        traces,
        layout(
            hovermode="x unified",
            xaxis=span(bars, intraday=is_intraday(bars.end)),
            yaxis=growth_axis([bars.close], tickformat=",~f"),
        ),
        height=380,
    )


def span(bars: BarSeries, *, intraday: bool) -> dict[str, object]:
    """Return an axis of times on which all bars of a series lie; there is at least one."""
    return time_axis(int(bars.start[0]), int(bars.end[-1]), intraday=intraday)
