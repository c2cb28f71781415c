"""Requests for bars, and what comes back."""

from datetime import datetime
from enum import Enum
from functools import cached_property

from attrs import field, frozen

from sellcore.arrays import Floats, Seconds
from sellcore.errors import InvalidValue
from sellcore.instrument import Instrument
from sellcore.series import SeriesKey
from sellcore.timeframe import Granularity


class Unit(Enum):
    """Units of a request's duration; days are trading days."""

    DAYS = "D"
    YEARS = "Y"


LONGEST = {
    Granularity.HALF_HOUR: {Unit.DAYS: 365},
    Granularity.DAY: {Unit.DAYS: 365, Unit.YEARS: 68},
}
"""The broker's maximum duration of one request."""


@frozen
class Duration:
    """A count of days or years; ``31 D`` in print and on the wire."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count} {self.unit.value}"


@frozen
class BarRequest:
    """
    Regular-hours trade bars of one instrument, up to now.

    Attributes:
        instrument: Whose bars.
        granularity: Half hours or days.
        duration: How far back; at most LONGEST.
    """

    instrument: Instrument
    granularity: Granularity
    duration: Duration = field()

    @duration.validator
    def _within_reach(self, _: object, duration: Duration) -> None:
        longest = LONGEST[self.granularity].get(duration.unit, 0)
        if not 1 <= duration.count <= longest:
            raise InvalidValue(f"{self.granularity} bars over {duration}: at most {longest}")

    @cached_property
    def key(self) -> SeriesKey:
        """The stored series that the answer belongs to."""
        return SeriesKey(self.instrument.con_id, self.granularity, self.instrument.ticker)


@frozen(eq=False)
class FetchedBars:
    """
    An answer, as the broker gave it: nothing checked, nothing closed yet.

    Attributes:
        request: What was asked.
        asked_at: When the request left, UTC, by the port's clock.
        stamp: Shape (n,), seconds since 1970 UTC: the bar's start; of daily bars
            midnight UTC of the exchange date.
        open: Shape (n,), prices as quoted; high, low, close alike; may hold anything.
        volume: Shape (n,), shares as the source counts them.
    """

    request: BarRequest
    asked_at: datetime
    stamp: Seconds
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


class Cause(Enum):
    """Why a request brought no bars."""

    NO_DATA = "no data"
    TIMEOUT = "no answer in time"
    PACING = "asked too fast"
    REFUSED = "refused"
    DISCONNECTED = "not connected"


@frozen
class NoBars:
    """
    A request without bars; never to be taken for an empty history.

    Attributes:
        request: What was asked.
        cause: The kind of failure.
        text: The broker's words or ours, one line.
    """

    request: BarRequest
    cause: Cause
    text: str
