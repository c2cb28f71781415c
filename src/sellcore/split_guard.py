"""A split that the account shows before its bars do must never look like a crash."""

from datetime import datetime
from math import isfinite, log

import numpy as np
from attrs import frozen

from sellcore.bar import BarSeries
from sellcore.instant import from_epoch, iso, to_epoch
from sellcore.position import Position
from sellcore.quoting import quoted
from sellcore.trading_days import TradingDays

FALL = 0.7
"""An open this far below the close before is a split or a crash; a 3:2 split is below it."""

SESSIONS_BACK = 5
"""How many sessions the broker is given to restate its history after a split."""

_ALIKE = 0.01
_LEAST = 0.05


@frozen
class Sighting:
    """
    What the account has shown of one holding during this run.

    Attributes:
        since: When it was first read, UTC; None where that does not matter.
        split: New shares for one old one, of a split seen since; None where none was.
    """

    since: datetime | None = None
    split: float | None = None


def split_between(before: Position, after: Position) -> float | None:
    """
    Return how many new shares stand for one old one, None where there was no split.

    A split changes the shares and leaves what they cost together; a trade does not.
    """
    if before.quantity * after.quantity <= 0:
        return None
    ratio = float(after.quantity / before.quantity)
    told = ratio * after.average_cost / before.average_cost if before.average_cost else 0.0
    split = isfinite(told) and abs(told - 1) <= _ALIKE and abs(ratio - 1) >= _LEAST
    return ratio if split else None


def unrestated(
    bars: BarSeries, sessions: TradingDays, end: datetime, sighting: Sighting
) -> str | None:
    """
    Say why bars may not be of one scale, or None where nothing speaks against them.

    Args:
        bars: Half hours or days, oldest first; the forming bar may be among them.
        sessions: Of the instrument's exchange, around all bars.
        end: End of the bar to decide, UTC.
        sighting: What the account has shown.
    """
    today = int(sessions.closes.searchsorted(to_epoch(end)))
    if today >= len(sessions):
        return None
    before = int(bars.start.searchsorted(sessions.opens[max(0, today - SESSIONS_BACK)]))
    opening = int(bars.start.searchsorted(sessions.opens[today]))
    last = int(bars.end.searchsorted(to_epoch(end), side="right"))
    if sighting.split is not None:
        rows = np.arange(max(1, before), last)
        steps = np.log(bars.open[rows] / bars.close[rows - 1])
        rows = rows[np.abs(steps + log(sighting.split)) < np.abs(steps)]
        told = f"the account shows a split of {sighting.split:.4g} for 1 that its bars do not"
    else:
        unseen = sighting.since is not None and sighting.since > sessions[today].open
        fell = (
            unseen
            and 0 < opening < last
            and bool(bars.open[opening] <= FALL * bars.close[opening - 1])
        )
        rows = np.array([opening] if fell else [], dtype=np.int64)
        told = (
            "a split that is not in the history yet, or a crash; the account was not seen before it"
        )
    if not len(rows):
        return None
    row = int(rows[-1])
    moment = iso(from_epoch(int(bars.start[row])))
    was, became = quoted(float(bars.close[row - 1])), quoted(float(bars.open[row]))
    return f"from {was} to {became} at {moment}: {told}"
