"""Values that many tests start from; each says only what a test does not care about."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from attrs import frozen

from adapters.calendar import SessionTable
from sellcore.bar import Bar, BarSeries
from sellcore.coverage import Coverage
from sellcore.instant import to_epoch
from sellcore.instrument import Instrument, Kind
from sellcore.order import OpenOrder, Side
from sellcore.position import Position
from sellcore.request import BarRequest, Duration, FetchedBars, Unit
from sellcore.rule import AverageKind, MovingAverageRule, parse_rule
from sellcore.series import SeriesKey, StoredSeries
from sellcore.session import Session
from sellcore.timeframe import Granularity

ACCOUNT = "DU0000001"
MSFT = Instrument(272093, "MSFT", "NASDAQ", "USD")
AAPL = Instrument(265598, "AAPL", "NASDAQ", "USD")
MSFT_CALL = Instrument(7, "MSFT", "NASDAQ", "USD", Kind.OTHER)
HALF_HOUR = timedelta(minutes=30)


def at(text: str) -> datetime:
    """Read an instant that is told in UTC: ``2022-05-20 14:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_session(day: date, zone: str, opens: str, closes: str) -> Session:
    """Build a session from an exchange's own clock."""
    start, end = (
        datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone))
        for clock in (opens, closes)
    )
    return Session(day, start, end, zone)


def new_york(day: date, closes: str = "16:00") -> Session:
    """Build a session in New York, 09:30 to 16:00 unless told otherwise."""
    return a_session(day, "America/New_York", "09:30", closes)


def nasdaq(first: date, last: date) -> tuple[Session, ...]:
    """Return the true sessions of NASDAQ, holidays and half days included."""
    return SessionTable().sessions("NASDAQ", first, last)


def slots(session: Session) -> list[tuple[datetime, datetime]]:
    """Return the half hours of a session that opens and closes at full half hours."""
    count = (session.close - session.open) // HALF_HOUR
    return [
        (session.open + n * HALF_HOUR, session.open + (n + 1) * HALF_HOUR) for n in range(count)
    ]


def days(sessions: Iterable[Session]) -> list[tuple[datetime, datetime]]:
    """Return the daily bars' first instants and ends."""
    return [(session.open, session.close) for session in sessions]


def spans(sessions: Iterable[Session], granularity: Granularity) -> list[tuple[datetime, datetime]]:
    """Return first instant and end of every bar that ``sessions`` bring."""
    sessions = tuple(sessions)
    if granularity is Granularity.DAY:
        return days(sessions)
    return [slot for session in sessions for slot in slots(session)]


def bars_at(spans: Sequence[tuple[datetime, datetime]], closes: Iterable[float]) -> BarSeries:
    """Build bars that have one price each."""
    return BarSeries.of(
        Bar(start, end, close, close, close, close, 100.0)
        for (start, end), close in zip(spans, closes, strict=True)
    )


def known(bars: BarSeries) -> StoredSeries:
    """Store bars as closed, all of them, without a gap between."""
    if not len(bars):
        return StoredSeries(bars, Coverage())
    return StoredSeries(bars, Coverage(((int(bars.start[0]), int(bars.end[-1])),)))


def key(granularity: Granularity = Granularity.HALF_HOUR) -> SeriesKey:
    """Name a series of MSFT."""
    return SeriesKey(MSFT.con_id, granularity, MSFT.ticker)


def an_answer(
    asked_at: datetime,
    bars: Sequence[tuple[datetime | date, float]],
    granularity: Granularity = Granularity.HALF_HOUR,
    instrument: Instrument = MSFT,
    **columns: Sequence[float],
) -> FetchedBars:
    """Answer with bars of (stamp, price); ``columns`` replaces single columns."""
    prices = np.array([price for _, price in bars], dtype=np.float64)
    told = dict.fromkeys(("open", "high", "low", "close"), prices)
    told["volume"] = np.full(len(bars), 100.0)
    told |= {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
    return FetchedBars(
        request=BarRequest(instrument, granularity, Duration(1, Unit.DAYS)),
        asked_at=asked_at,
        stamp=np.array([_stamp(when) for when, _ in bars], dtype=np.int64),
        **told,
    )


def _stamp(when: datetime | date) -> int:
    if isinstance(when, datetime):
        return to_epoch(when)
    return to_epoch(datetime(when.year, when.month, when.day, tzinfo=UTC))


def a_position(
    quantity: str | int = 100, instrument: Instrument = MSFT, average_cost: float = 50.0
) -> Position:
    """Hold ``quantity`` shares."""
    return Position(ACCOUNT, instrument, Decimal(quantity), average_cost)


def an_order(
    instrument: Instrument = MSFT,
    *,
    order_type: str = "STP",
    limit_price: float | None = None,
    stop_price: float | None = 240.0,
    quantity: str = "100",
    client_id: int = 0,
    order_ref: str = "",
    account: str = ACCOUNT,
) -> OpenOrder:
    """Let a sell order work."""
    return OpenOrder(
        con_id=instrument.con_id,
        account=account,
        side=Side.SELL,
        quantity=Decimal(quantity),
        remaining=Decimal(quantity),
        order_type=order_type,
        limit_price=limit_price,
        stop_price=stop_price,
        tif="GTC",
        status="PreSubmitted",
        order_id=17,
        client_id=client_id,
        perm_id=1001,
        order_ref=order_ref,
    )


def rule(text: str = "SMA,5,1H") -> MovingAverageRule:
    """Read a rule."""
    return parse_rule(text)


def wave(count: int, price: Callable[[int], float] = lambda n: 100.0 + n % 7) -> list[float]:
    """Return ``count`` closes, by default a tame wave."""
    return [price(n) for n in range(count)]


def exact_average(closes: Sequence[float], wanted: MovingAverageRule) -> Fraction:
    """Return the average at the last close, in fractions of the decimals quoted."""
    quoted = [Fraction(Decimal(repr(close))) for close in closes]
    length = wanted.length
    if wanted.kind is AverageKind.SMA:
        return sum(quoted[-length:], Fraction(0)) / length
    average = sum(quoted[:length], Fraction(0)) / length
    for close in quoted[length:]:
        average += (close - average) * Fraction(2, length + 1)
    return average


@frozen
class Tape:
    """
    What truly traded in one series, and what is shown of it at any time.

    Attributes:
        sessions: Of the exchange, in order.
        granularity: Half hours or days.
        closes: The final close of each bar that traded, by its end.
    """

    sessions: tuple[Session, ...]
    granularity: Granularity
    closes: Mapping[datetime, float]

    @cached_property
    def whole(self) -> BarSeries:
        """Every bar that traded, final."""
        traded = [span for span in spans(self.sessions, self.granularity) if span[1] in self.closes]
        return bars_at(traded, [self.closes[end] for _, end in traded])

    def shown(self, now: datetime, since: int = 0) -> BarSeries:
        """Return the bars that have begun; one that forms is a dollar off for each hour to go."""
        bars = self.whole[(self.whole.start <= to_epoch(now)) & (self.whole.start >= since)]
        togo = np.maximum(bars.end - now.timestamp(), 0) / 3600
        return BarSeries(bars.start, bars.end, *[bars.close + togo] * 4, bars.volume)

    def stored(self, now: datetime) -> StoredSeries:
        """Return what is stored by one who read everything at ``now``."""
        bars = self.shown(now)
        closings = [to_epoch(session.close) for session in self.sessions]
        settle = np.where(np.isin(bars.end, closings), 60, 30)
        final = bars.end[bars.end + settle <= now.timestamp()]
        if not len(final):
            return StoredSeries(bars, Coverage())
        return StoredSeries(bars, Coverage(((int(bars.start[0]), int(final[-1])),)))


def a_tape(
    sessions: Sequence[Session],
    granularity: Granularity,
    price: Callable[[int], float] = lambda n: 100.0,
) -> Tape:
    """Let every bar of ``sessions`` trade; ``price`` gives the n-th close."""
    ends = [end for _, end in spans(sessions, granularity)]
    return Tape(tuple(sessions), granularity, {end: price(n) for n, end in enumerate(ends)})
