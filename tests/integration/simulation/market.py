"""The market of a story: half hours and days of a few stocks, told as a broker tells them."""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime
from functools import cache
from random import Random

import numpy as np
from attrs import define, field

from adapters.calendar import SessionTable
from sellcore.instrument import Instrument
from sellcore.request import BarRequest, FetchedBars
from sellcore.session import Session
from sellcore.timeframe import Granularity

HALF_HOUR = 1800
FIRST, LAST = date(2022, 5, 9), date(2022, 5, 24)

_WOBBLE = 25.0
"""Seconds after its end in which a bar may read otherwise than it will for ever."""

_STORY = 39
"""Half hours of the last three sessions, in which stories lie."""


@cache
def sessions() -> tuple[Session, ...]:
    """Return the sessions that all stories lie in."""
    return SessionTable().sessions("NASDAQ", FIRST, LAST)


@cache
def _grid() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the starts and ends of all half hours, and of all days."""
    opens = [int(s.open.timestamp()) for s in sessions()]
    closes = [int(s.close.timestamp()) for s in sessions()]
    starts = [t for o, c in zip(opens, closes, strict=True) for t in range(o, c, HALF_HOUR)]
    half = np.array(starts, dtype=np.int64)
    return half, half + HALF_HOUR, np.array(opens), np.array(closes)


@cache
def _midnights() -> np.ndarray:
    stamps = [datetime(s.day.year, s.day.month, s.day.day, tzinfo=UTC) for s in sessions()]
    return np.array([int(stamp.timestamp()) for stamp in stamps], dtype=np.int64)


@cache
def _ends() -> list[int]:
    return [int(end) for end in _grid()[1]]


@cache
def _starts() -> list[int]:
    return [int(start) for start in _grid()[0]]


@cache
def _opens() -> list[int]:
    return [int(open_) for open_ in _grid()[2]]


def next_bar(moment: datetime) -> datetime:
    """Return when the next half hour ends after ``moment``, the last one where none does."""
    ends = _ends()
    at = min(bisect_right(ends, moment.timestamp()), len(ends) - 1)
    return datetime.fromtimestamp(ends[at], UTC)


@define
class Tape:
    """
    The true prices of one stock, in cents, half hour by half hour.

    Attributes:
        instrument: Whose.
        cents: Close of each half hour; a half hour opens at the close before.
        frozen_at: From then on history stands still, in seconds; None while it moves.
        scale: What prices are divided by, after a split.
        wobble: Ends of bars whose close reads otherwise until shortly after their end.
    """

    instrument: Instrument
    cents: np.ndarray
    frozen_at: float | None = None
    scale: int = 1
    wobble: dict[int, float] = field(factory=dict)
    asked: int = 0

    @classmethod
    def of(cls, instrument: Instrument, random: Random) -> "Tape":
        """Draw a walk that mostly falls on the days of the story, so that there is much to sell."""
        choice = random.choice
        steps = random.choices((-120, -60, -20, 0, 20, 60, 120), k=len(_starts()))
        falls = choice((-80, -80, -80, 0, 80))
        steps[-_STORY:] = [step + falls for step in steps[-_STORY:]]
        walk = 40_000 + np.cumsum(np.array(steps, dtype=np.int64))
        return cls(instrument, np.maximum(walk // 4 * 4, 4_000))

    def mistell(self, random: Random, chance: float) -> None:
        """Let some bars close otherwise, by as much as turns a decision, until they settle."""
        for end in _ends()[-_STORY:]:
            if random.random() < chance:
                self.wobble[end] = random.choice((-20.0, -2.0, 2.0, 20.0))

    def price(self, now: float) -> float:
        """Return the price now."""
        at = min(bisect_right(_starts(), now), len(self.cents)) - 1
        return float(self.cents[max(at, 0)]) / 100 / self.scale

    def cents_at(self, end: int) -> int:
        """Return the true close of the half hour that ends then."""
        return int(self.cents[bisect_left(_ends(), end)])

    def ends(self, first: int, last: int) -> list[int]:
        """Return the ends of all half hours in (first, last], seconds since 1970."""
        return _ends()[bisect_right(_ends(), first) : bisect_right(_ends(), last)]

    def answer(self, request: BarRequest, asked_at: datetime, now: float) -> FetchedBars:
        """Return what a request gets now: forming bar included."""
        self.asked += 1
        now = now if self.frozen_at is None else min(now, self.frozen_at)
        starts, _, opens, _ = _grid()
        begun = bisect_right(_starts(), now)
        day = bisect_right(_opens(), now)
        back = request.duration.count if request.duration.unit.value == "D" else len(opens)
        if request.granularity is Granularity.DAY:
            return self._days(request, asked_at, max(0, day - back), day, begun)
        first = bisect_left(_starts(), _opens()[max(0, day - back)])
        close = self.cents[first:begun].astype(np.float64) / 100 / self.scale
        if begun > first and now < _ends()[begun - 1]:
            close[-1] += ((self.asked * 7) % 5 - 2) / 100  # the forming bar moves
        for row in range(max(0, len(close) - 3), len(close)):
            end = _ends()[first + row]
            if end in self.wobble and now - end < _WOBBLE:
                close[row] += self.wobble[end] / self.scale
        return _bars(request, asked_at, starts[first:begun], close)

    def _days(
        self, request: BarRequest, asked_at: datetime, first: int, day: int, begun: int
    ) -> FetchedBars:
        starts, _, _, closes = _grid()
        rows = [min(begun, int(np.searchsorted(starts, closes[n]))) - 1 for n in range(first, day)]
        close = self.cents[rows].astype(np.float64) / 100 / self.scale
        return _bars(request, asked_at, _midnights()[first:day], close)


def _bars(
    request: BarRequest, asked_at: datetime, stamps: np.ndarray, close: np.ndarray
) -> FetchedBars:
    volume = np.full(len(close), 1000.0)
    return FetchedBars(request, asked_at, stamps, close, close, close, close, volume)
