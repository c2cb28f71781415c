"""What the bar faults make of the bars that history is about to show."""

from datetime import timedelta

import numpy as np
from attrs import evolve

from adapters.gateway.columns import Columns
from adapters.gateway.faults import FaultKind
from adapters.gateway.listings import Listing
from adapters.gateway.switches import Switches
from sellcore.instant import to_epoch

_MISSING_BEFORE = timedelta(hours=1)


def shown_now(switches: Switches, ticker: str, now: int) -> int:
    """Return the instant that history reads as of: frozen history stands still."""
    frozen = switches.on(FaultKind.FROZEN_BARS, ticker)
    return now if frozen is None else min(now, to_epoch(frozen.at))


def distorted(
    bars: Columns, switches: Switches, listing: Listing, now: int, *, intraday: bool
) -> Columns:
    """Return the bars with late ones hidden, missing ones cut out, young ones off."""
    late = switches.on(FaultKind.LATE_BARS, listing.ticker)
    if late is not None:
        age = now - bars.end
        bars = bars[(age < 0) | (age >= late.number("seconds"))]
    for fault in switches.active(FaultKind.MISSING_BARS) if intraday else []:
        if not fault.concerns(listing.ticker):
            continue
        first = to_epoch(fault.instant("from") or fault.at - _MISSING_BEFORE)
        until = to_epoch(fault.instant("to") or fault.at)
        bars = bars[(bars.start < first) | (bars.start >= until)]
    revised = switches.on(FaultKind.REVISED_BARS, listing.ticker)
    if revised is not None:
        age = now - bars.end
        young = (age >= 0) & (age < revised.number("seconds"))
        off = np.where(young, revised.number("ticks") * listing.min_tick, 0.0)
        close = np.where(
            young, np.round(np.maximum(bars.close + off, listing.min_tick), 4), bars.close
        )
        bars = evolve(
            bars,
            close=close,
            high=np.maximum(bars.high, close),
            low=np.minimum(bars.low, close),
        )
    return bars
