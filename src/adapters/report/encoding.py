"""Charts as JSON that a page can hold: the same chart, the same text, and no way out of it."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence

import numpy as np

from sellcore.charts.chart import Chart


def chart_json(charts: Mapping[str, Chart]) -> str:
    """Return charts by the id of the element that each is drawn in, as JSON for a script."""
    return script_json(
        [
            {"id": name, "data": list(chart.traces), "layout": dict(chart.layout)}
            for name, chart in charts.items()
        ]
    )


def script_json(value: object) -> str:
    """Return JSON in which nothing can end a script element or begin another."""
    text = json.dumps(value, default=_plain, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _plain(value: object) -> object:
    """Return arrays as plotly reads them: their bytes in base64, times in milliseconds."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "M":
            value = value.astype("datetime64[ms]").astype(np.int64)
        numbers = np.ascontiguousarray(value, dtype="<f8")
        packed = {"dtype": "f8", "bdata": b64encode(numbers.tobytes()).decode("ascii")}
        if numbers.ndim > 1:
            packed["shape"] = ", ".join(map(str, numbers.shape))
        return packed
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"a chart holds {type(value).__name__}, which is neither number nor text")
