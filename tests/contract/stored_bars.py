"""Builders and a model for tests of bar stores: bars, updates, and a table kept by hand."""

from collections.abc import Mapping, Sequence

from attrs import define, field, frozen
from hypothesis import strategies as st

from sellcore.bar import BarSeries
from sellcore.coverage import Coverage
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries
from sellcore.timeframe import Granularity

HALF_HOUR = 1800
Row = tuple[float, ...]
"""start, end, open, high, low, close, volume"""

HOSTILE_TICKERS = (
    "..:..",
    "../../etc:passwd",
    "C:\\WINDOWS:SYSTEM32",
    "CON:NUL",
    "NYSE:BRK B ",
    "ASX:日経\u202e株",
    "A" * 100 + ":" + "B" * 100,
    "NYSE:A\nNYSE:B\r\x00",
    "NYSE:\ud800",
    'NYSE:"sellcli-crc32§00000000"',
    "",
)


def a_key(con_id: int = 1, granularity: Granularity = Granularity.HALF_HOUR) -> SeriesKey:
    return SeriesKey(con_id, granularity, f"NASDAQ:T{con_id}")


def some_bars(starts: Sequence[int], close: float = 10.0, length: int = HALF_HOUR) -> BarSeries:
    """Return flat bars that begin at these half hours."""
    start = [HALF_HOUR * number for number in starts]
    flat = [close] * len(start)
    return BarSeries(start, [s + length for s in start], flat, flat, flat, flat, flat)


def an_update(
    starts: Sequence[int],
    *,
    key: SeriesKey | None = None,
    close: float = 10.0,
    replaces_all: bool = False,
) -> SeriesUpdate:
    """Return an update with these half hours, covered without a gap."""
    coverage = Coverage(((0, HALF_HOUR * (max(starts, default=0) + 1)),))
    return SeriesUpdate(key or a_key(), some_bars(starts, close), coverage, replaces_all)


@frozen
class Discard:
    """Forget these series."""

    keys: tuple[SeriesKey, ...]


@frozen
class Merge:
    """Store these updates."""

    updates: tuple[SeriesUpdate, ...]


@define
class Table:
    """What a store must hold, kept row by row."""

    rows: dict[SeriesKey, dict[float, Row]] = field(factory=dict)
    coverage: dict[SeriesKey, Coverage] = field(factory=dict)
    tickers: dict[SeriesKey, str] = field(factory=dict)

    def do(self, change: Merge | Discard) -> None:
        if isinstance(change, Discard):
            for key in change.keys:
                for column in (self.rows, self.coverage, self.tickers):
                    column.pop(key, None)
            return
        for update in change.updates:
            if update.replaces_all:
                self.rows.pop(update.key, None)
            held = self.rows.setdefault(update.key, {})
            held |= {row[0]: row for row in rows_of(update.bars)}
            self.coverage[update.key] = update.coverage
            self.tickers[update.key] = update.key.ticker

    def content(self) -> "Content":
        return {
            key: (self.tickers[key], sorted(rows.values()), self.coverage[key])
            for key, rows in self.rows.items()
        }


Content = dict[SeriesKey, tuple[str, list[Row], Coverage]]
"""Per series its label, its rows in order, and its coverage."""


def rows_of(bars: BarSeries) -> list[Row]:
    columns = (bars.start, bars.end, bars.open, bars.high, bars.low, bars.close, bars.volume)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def content_of(stored: Mapping[SeriesKey, StoredSeries]) -> Content:
    return {
        key: (key.ticker, rows_of(series.bars), series.coverage) for key, series in stored.items()
    }


_PRICES = st.floats(min_value=5e-324, max_value=1e300)


@st.composite
def keys(draw: st.DrawFn) -> SeriesKey:
    con_id = draw(st.sampled_from([1, 2, 3, 2**62]))
    ticker = draw(st.sampled_from([f"NASDAQ:T{con_id}", "NYSE:RENAMED", *HOSTILE_TICKERS[:3]]))
    return SeriesKey(con_id, draw(st.sampled_from(list(Granularity))), ticker)


@st.composite
def updates(draw: st.DrawFn) -> SeriesUpdate:
    numbers = sorted(draw(st.sets(st.integers(-3, 20), max_size=6)))
    start = [HALF_HOUR * number for number in numbers]
    end = [s + draw(st.sampled_from([HALF_HOUR, HALF_HOUR // 2])) for s in start]
    columns = [[draw(_PRICES) for _ in start] for _ in range(4)]
    volume = [draw(st.floats(0, 1e12)) for _ in start]
    intervals = draw(st.lists(st.tuples(st.integers(-9, 99), st.integers(1, 9)), max_size=3))
    coverage = Coverage(tuple((low, low + length) for low, length in intervals))
    bars = BarSeries(start, end, *columns, volume)
    return SeriesUpdate(draw(keys()), bars, coverage, draw(st.booleans()))


CHANGES = st.one_of(
    st.lists(updates(), min_size=1, max_size=4).map(lambda u: Merge(tuple(u))),
    st.lists(keys(), min_size=1, max_size=2).map(lambda k: Discard(tuple(k))),
)
"""Anything that may be asked of a store; half of all merges touch several series."""
