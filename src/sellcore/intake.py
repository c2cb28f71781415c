"""From a broker's answer to bars: stamped with their session, checked, and known how far."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.arrays import Floats, Seconds
from sellcore.bar import BarSeries
from sellcore.bar_columns import PRICES
from sellcore.coverage import Coverage
from sellcore.instant import to_epoch
from sellcore.policy import Policy
from sellcore.request import FetchedBars
from sellcore.series import StoredSeries
from sellcore.session import Session
from sellcore.timeframe import Granularity
from sellcore.trading_days import TradingDays

HALF_HOUR = 1800
"""Seconds."""

LOWEST, HIGHEST = 1e-9, 1e12
"""Prices of shares lie between; the broker writes 1.8e308 for none, and averages would overflow."""

_ODD = "{} bars begin at no half hour: they are of another size, and nothing of the answer is used"


@frozen
class Intake:
    """
    What an answer is worth.

    Attributes:
        series: Its bars, and the interval over which they are final.
        dropped: One line for each kind of bar that could not be used.
    """

    series: StoredSeries
    dropped: tuple[str, ...] = ()


def take_in(fetched: FetchedBars, sessions: Sequence[Session], policy: Policy) -> Intake:
    """
    Return the usable bars of an answer and how far they are final.

    A bar is final once it was read ``policy.settle`` after its end. What lies
    before the last final bar is known: where no bar is, nothing was traded.
    What lies behind it is not: a bar may be late. A bar without a usable price
    did trade, so its time is not known either.

    Args:
        fetched: The broker's answer.
        sessions: The exchange's sessions, in order, around all its bars.
        policy: Settle times.
    """
    nothing = StoredSeries(BarSeries.empty(), Coverage())
    if not len(fetched.stamp) or not sessions:
        return Intake(nothing)
    days = TradingDays.of(sessions)
    if fetched.request.granularity is Granularity.DAY:
        at = np.minimum(days.midnights.searchsorted(fetched.stamp), len(days) - 1)
        known = days.midnights[at] == fetched.stamp
        start, end = days.opens[at], days.closes[at]
    else:
        at = days.opens.searchsorted(fetched.stamp, side="right") - 1
        known = (at >= 0) & (fetched.stamp < days.closes[at])
        start = fetched.stamp
        odd = known & (start % HALF_HOUR != 0) & (start != days.opens[at])
        if odd.any():  # were some of these taken for half hours, so might be others
            return Intake(nothing, (_ODD.format(int(np.count_nonzero(odd))),))
        end = np.minimum((start // HALF_HOUR + 1) * HALF_HOUR, days.closes[at])
    priced = _priced(fetched)
    order = _last_of_each(start, known & priced)
    values = [*(getattr(fetched, name)[order] for name in PRICES), _told(fetched.volume[order])]
    bars = BarSeries(start[order], end[order], *values)
    ends_session = end[order] == days.closes[at[order]]
    coverage = _known_until(bars, ends_session, fetched.asked_at, policy)
    if not (bad := known & ~priced).any():
        return Intake(StoredSeries(bars, coverage), _dropped(known, priced))
    holes = Coverage(tuple(zip(start[bad].tolist(), end[bad].tolist(), strict=True)))
    return Intake(StoredSeries(bars, coverage - holes), _dropped(known, priced))


def _priced(fetched: FetchedBars) -> NDArray[np.bool_]:
    prices = np.array([getattr(fetched, name) for name in PRICES])
    inside = (prices >= LOWEST) & (prices <= HIGHEST)  # NaN is neither
    usable: NDArray[np.bool_] = np.logical_and.reduce(inside)
    return usable


def _told(volume: Floats) -> Floats:
    """Return the volumes with 0 for what is none; a NaN would differ at every reading."""
    told: Floats = np.where(np.isfinite(volume) & (volume >= 0), volume, 0.0)
    return told


def _last_of_each(start: Seconds, usable: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return rows in order of start; of rows that start together, the last one told."""
    if usable.all() and (start[1:] > start[:-1]).all():  # as nearly always
        return np.arange(len(start))
    rows: NDArray[np.intp] = usable.nonzero()[0]
    rows = rows[np.argsort(start[rows], kind="stable")]
    if not len(rows):
        return rows
    last: NDArray[np.bool_] = np.append(start[rows][1:] != start[rows][:-1], True)
    kept: NDArray[np.intp] = rows[last]
    return kept


def _known_until(
    bars: BarSeries, ends_session: NDArray[np.bool_], asked_at: datetime, policy: Policy
) -> Coverage:
    if not len(bars):
        return Coverage()
    asked = to_epoch(asked_at)
    settle = np.where(
        ends_session,
        int(policy.closing_settle.total_seconds()),
        int(policy.settle.total_seconds()),
    )
    final = bars.end + settle <= asked
    if not final.any():
        return Coverage()
    return Coverage(((int(bars.start[0]), int(bars.end[final.nonzero()[0][-1]])),))


def _dropped(known: NDArray[np.bool_], priced: NDArray[np.bool_]) -> tuple[str, ...]:
    lines = []
    if outside := int(np.count_nonzero(~known)):
        lines.append(f"{outside} bars lie outside every known session and are left out")
    if unpriced := int(np.count_nonzero(known & ~priced)):
        lines.append(f"{unpriced} bars have a price that no share can have and are left out")
    return tuple(lines)
