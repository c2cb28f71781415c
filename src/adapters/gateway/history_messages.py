"""Bars as fields of historicalData and historicalDataUpdate."""

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from attrs import evolve

from adapters.gateway.bar_sizes import local_days
from adapters.gateway.columns import Columns
from adapters.gateway.history_request import HistoryRequest, Show
from adapters.gateway.listings import Listing
from adapters.gateway.switches import Switches
from adapters.gateway.zones import zoned_text
from sellcore.instant import from_epoch

SERVICE: Final = "Historical Market Data Service error message:"
"""How every text of code 162 begins."""

_DECIMAL_SIZES: Final = 164
"""Below this version sizes are whole numbers."""

_EPOCH, _WITHOUT_ZONE = 2, 3


def as_shown(bars: Columns, show: Show, tick: float) -> Columns:
    """Return bars of trades as bars of quotes around them: a tick below, above, or between."""
    below = {n: np.round(np.maximum(getattr(bars, n) - tick, tick), 4) for n in _PRICES}
    above = {n: np.round(getattr(bars, n) + tick, 4) for n in _PRICES}
    match show:
        case Show.BID:
            return _quoted(evolve(bars, **below))
        case Show.ASK:
            return _quoted(evolve(bars, **above))
        case Show.BID_ASK:
            sides = {"open": below["open"], "low": below["low"]}
            return _quoted(evolve(bars, **sides, high=above["high"], close=above["close"]))
        case Show.MIDPOINT:
            return _quoted(bars)
        case Show.TRADES | Show.ADJUSTED_LAST | Show.SCHEDULE:
            return bars


def bar_rows(
    bars: Columns, request: HistoryRequest, listing: Listing, switches: Switches, version: int
) -> list[tuple[str, float, float, float, float, object, object, int]]:
    """Return date, open, high, low, close, volume, wap and count of each bar, for the wire."""
    dates = _dates(bars, request, listing, switches)
    columns = (bars.open, bars.high, bars.low, bars.close, bars.volume, bars.wap, bars.count)
    rows = zip(dates, *(column.tolist() for column in columns), strict=True)
    return [
        (day, o, h, low, c, _size(volume, version), wap if wap >= 0 else -1, count)
        for day, o, h, low, c, volume, wap, count in rows
    ]


_PRICES: Final = ("open", "high", "low", "close")


def _quoted(bars: Columns) -> Columns:
    none = np.full(len(bars), -1.0)
    return evolve(bars, volume=none, wap=none, count=none)


def _size(volume: float, version: int) -> object:
    return int(volume) if volume.is_integer() or version < _DECIMAL_SIZES else volume


def _dates(
    bars: Columns, request: HistoryRequest, listing: Listing, switches: Switches
) -> list[str]:
    """Return the stamps: a bar's start, or the last date of a daily or longer bar."""
    if not request.size.seconds:
        days = local_days(bars.end - 1, ZoneInfo(listing.zone)).tolist()
        return [f"{date.fromordinal(day):%Y%m%d}" for day in days]
    starts = bars.start.tolist()
    if request.date_format == _EPOCH:
        return [str(start) for start in starts]
    if request.date_format == _WITHOUT_ZONE:
        zone = ZoneInfo(listing.zone)
        return [f"{from_epoch(start).astimezone(zone):%Y%m%d %H:%M:%S}" for start in starts]
    return [zoned_text(start, listing.zone, switches) for start in starts]
