"""Market data that is told its bars: the port without a socket."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from attrs import frozen

from sellcore.arrays import Seconds
from sellcore.bar import BarSeries
from sellcore.instant import from_epoch, to_epoch
from sellcore.instrument import Instrument
from sellcore.ports.clock import Clock
from sellcore.ports.connection import Connection
from sellcore.ports.market_data import Answer
from sellcore.request import BarRequest, Cause, FetchedBars, NoBars, Unit
from sellcore.timeframe import Granularity

_COLUMNS: Final = ("open", "high", "low", "close", "volume")


@frozen
class _Tape:
    bars: BarSeries
    days: Seconds
    """The exchange date of each bar, as midnight UTC."""


class FakeMarketData:
    """
    Answers from bars it was given, in the caller's thread, in the order asked.

    A bar is handed out once it has begun, as it was given: give it anew to show
    it forming, late or revised. Failures are queued one by one with ``fail``.
    """

    def __init__(self, clock: Clock, connection: Connection | None = None) -> None:
        """
        Start without bars.

        Args:
            clock: Says which bars have begun.
            connection: While it has a fault, every answer is DISCONNECTED.
        """
        self._clock = clock
        self._connection = connection
        self._tapes: dict[tuple[Instrument, Granularity], _Tape] = {}
        self._failures: dict[tuple[Instrument, Granularity], deque[tuple[Cause, str]]] = {}

    def give(
        self,
        instrument: Instrument,
        granularity: Granularity,
        bars: BarSeries,
        zone: str = "America/New_York",
    ) -> None:
        """
        Make ``bars`` all there is of this series.

        Args:
            instrument: Whose bars.
            granularity: Half hours or days.
            bars: Oldest first.
            zone: IANA name of the exchange's zone, for the dates of daily bars.
        """
        local = ZoneInfo(zone)
        days = [_midnight(from_epoch(start).astimezone(local)) for start in bars.start.tolist()]
        self._tapes[instrument, granularity] = _Tape(bars, np.array(days, dtype=np.int64))

    def fail(
        self, instrument: Instrument, granularity: Granularity, cause: Cause, text: str = "told to"
    ) -> None:
        """Let the next request for this series fail; further calls queue further failures."""
        self._failures.setdefault((instrument, granularity), deque()).append((cause, text))

    def fetch(
        self,
        requests: Sequence[BarRequest],
        on_answer: Callable[[Answer], None] = lambda answer: None,
    ) -> Sequence[Answer]:
        """Return one answer per request, in the same order."""
        answers: list[Answer] = []
        for request in requests:
            answer = self._answer(request)
            answers.append(answer)
            on_answer(answer)
        return answers

    def _answer(self, request: BarRequest) -> Answer:
        if self._connection is not None and (fault := self._connection.fault()) is not None:
            return NoBars(request, Cause.DISCONNECTED, fault)
        series = (request.instrument, request.granularity)
        if failures := self._failures.get(series):
            return NoBars(request, *failures.popleft())
        tape = self._tapes.get(series)
        if tape is None:
            return NoBars(request, Cause.REFUSED, "no such contract")
        now = self._clock.now()
        begun = tape.bars.start <= to_epoch(now)
        wanted = begun & (tape.days >= _reach_back(request, tape.days[begun], now))
        bars = tape.bars[wanted]
        if not len(bars):
            return NoBars(request, Cause.NO_DATA, "no bars in that span")
        daily = request.granularity is Granularity.DAY
        stamp = tape.days[wanted] if daily else bars.start
        return FetchedBars(request, now, stamp, *(getattr(bars, name) for name in _COLUMNS))


def _reach_back(request: BarRequest, days: Seconds, now: datetime) -> int:
    """Return the first exchange date that a request reaches, as midnight UTC."""
    if request.duration.unit is Unit.YEARS:
        year = now.year - request.duration.count
        day = min(now.day, 28) if now.month == 2 else now.day
        return _midnight(now.replace(year=year, day=day))
    traded = np.unique(days)
    return int(traded[-request.duration.count :][0]) if len(traded) else 0


def _midnight(moment: datetime) -> int:
    return to_epoch(datetime(moment.year, moment.month, moment.day, tzinfo=UTC))
