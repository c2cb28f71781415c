"""The tape: what has traded, bars cut from it, and the bar that is still forming."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from attrs import define, field, frozen

from adapters.gateway.bar_files import BarFile, read_file
from adapters.gateway.bar_sizes import BarSize, cut_days, cut_intraday, cut_longer
from adapters.gateway.columns import Columns, join, scaled
from adapters.gateway.faults import Fault
from adapters.gateway.generator import Generator, Recipe
from adapters.gateway.hours import Hours
from adapters.gateway.listings import Listing, Listings
from adapters.gateway.paths import paths, single_trades, until
from adapters.gateway.scenario import Scenario, ScenarioPosition
from adapters.gateway.sources import Files, Generated, Nothing, Source
from sellcore.instant import from_epoch, to_epoch

_HISTORY_YEARS = 3
"""Years that generated prices go back; EMA(200) D needs 661 bars, so 2.7 of them."""

_FUTURE = timedelta(days=400)
"""How far beyond the start a generated tape can be run."""

_DEFAULT_PRICE = 100.0

_INSTANT = timedelta(seconds=1)
"""The shortest time between two trades."""

_MINUTE = 60
"""Seconds; bars below a minute are made of the single trades of minutes."""


@frozen
class Trade:
    """
    One step of a price's path.

    Attributes:
        at: Instant, UTC.
        price: Price it arrives at.
        low: Lowest price on the way there; high alike.
    """

    at: datetime
    price: float
    low: float
    high: float


@define
class Tape:
    """Prices of all listings; an instant's answer never depends on what comes after it."""

    _sources: dict[int, Source]
    _splits: list[Fault] = field(factory=list)
    _halts: list[Fault] = field(factory=list)

    @classmethod
    def of(cls, scenario: Scenario, listings: Listings, files: list[BarFile]) -> "Tape":
        """
        Read the data folder, or set up the generator for a scenario without one.

        Raises:
            ConfigError: a file is malformed.
        """
        held = {position.con_id: position for position in scenario.positions}
        by_ticker: dict[str, list[BarFile]] = {}
        for file in files:
            by_ticker.setdefault(file.ticker, []).append(file)
        sources: dict[int, Source] = {}
        for listing in listings:
            own = by_ticker.get(listing.ticker)
            if own is not None:
                bars = {file.size: read_file(file) for file in own}
                sources[listing.con_id] = Files.of(bars, listing.hours)
            elif files or listing.sec_type != "STK":
                sources[listing.con_id] = Nothing()
            else:
                recipe = _recipe(scenario, listing, held.get(listing.con_id))
                sources[listing.con_id] = _generated(recipe, listing.hours)
        return cls(sources)

    def split(self, fault: Fault) -> None:
        """From the fault's instant on, all history reads as after the split."""
        self._splits.append(fault)

    def halt(self, fault: Fault) -> None:
        """Trade nothing that the fault concerns, from its begin to its end."""
        self._halts.append(fault)

    def halted(self, listing: Listing, at: datetime) -> Fault | None:
        """Return the latest halt of trading that is on at an instant, None while it trades."""
        for fault in reversed(self._halts):
            over = fault.until is not None and at >= fault.until
            if fault.concerns(listing.ticker) and at >= fault.at and not over:
                return fault
        return None

    def bars(
        self, listing: Listing, size: BarSize, first: int, now: int, *, regular: bool
    ) -> Columns:
        """
        Return the bars of a size as they read at ``now``, the forming one last.

        Args:
            listing: Whose.
            size: Bar size.
            first: Bars that end after this, seconds since 1970 UTC.
            now: Instant of the reading, seconds since 1970 UTC.
            regular: Regular hours only.
        """
        hours = listing.hours
        source = self._source(listing)
        if size.seconds:
            sessions = hours.columns(_day(hours, first), _day(hours, now))
            begin = first - first % 86_400 - 86_400  # no bucket is cut short at its start
            pieces = source.pieces(begin, now + 1)
            if size.seconds < _MINUTE:
                pieces = single_trades(pieces[pieces.end - pieces.start <= _MINUTE], now)
            else:
                pieces = until(pieces, now)
            bars = cut_intraday(pieces, size.seconds, sessions, hours.zone_info, regular=regular)
        else:
            whole = source.days(now, regular=regular)
            today = _day(hours, now)
            begin = max(int(whole.end[-1]) if len(whole) else 0, now - 4 * 86_400)
            pieces = until(source.pieces(begin, now + 1), now)
            sessions = hours.columns(today - timedelta(days=5), today)
            forming = cut_days(pieces, sessions, hours.zone_info, regular=regular)
            bars = cut_longer(join([whole, forming]), size, hours.zone_info)
        return self._after_splits(listing, bars[bars.end > first], now)

    def price(self, listing: Listing, at: datetime) -> float | None:
        """Return the last traded price at an instant, None before the first trade."""
        last = at
        while (halt := self.halted(listing, last)) is not None:
            last = halt.at - _INSTANT
        moment = to_epoch(last)
        piece = until(self._source(listing).last_piece(moment), moment)
        if not len(piece):
            return None
        return float(self._after_splits(listing, piece, to_epoch(at)).close[-1])

    def trades(self, listing: Listing, after: datetime, last: datetime) -> Iterator[Trade]:
        """Yield the steps of the price's path in (after, last], oldest first, halts left out."""
        low, high = to_epoch(after), to_epoch(last)
        source = self._source(listing)
        pieces = join([source.last_piece(low), source.pieces(low + 1, high + 1)])
        moments, prices = paths(self._after_splits(listing, pieces, high))
        for times, path in zip(moments.tolist(), prices.tolist(), strict=True):
            reached: float | None = None
            for moment, price in zip(times, path, strict=True):
                before = price if reached is None else reached
                at = from_epoch(moment)
                halted = self.halted(listing, at) is not None
                if low < moment <= high and not halted:
                    yield Trade(at, price, min(price, before), max(price, before))
                reached = None if halted else price  # nobody has traded on the way from there

    def first_trade(self, listing: Listing) -> int | None:
        """Return when the listing's data begins, seconds since 1970 UTC."""
        return self._source(listing).first

    def _source(self, listing: Listing) -> Source:
        return self._sources.get(listing.con_id, Nothing())

    def _after_splits(self, listing: Listing, bars: Columns, now: int) -> Columns:
        for fault in self._splits:
            if fault.concerns(listing.ticker) and to_epoch(fault.at) <= now:
                bars = scaled(bars, *fault.ratio)
        return bars


def _day(hours: Hours, moment: int) -> date:
    return hours.day_of(from_epoch(moment))


def _recipe(scenario: Scenario, listing: Listing, held: ScenarioPosition | None) -> Recipe:
    start = listing.hours.day_of(scenario.start)
    history = date(start.year - _HISTORY_YEARS, start.month, 1)
    if held is None:
        return Recipe(
            scenario.seed, listing.con_id, _DEFAULT_PRICE, start.toordinal(), history, 0.05, 0.3
        )
    return Recipe(
        seed=scenario.seed,
        con_id=listing.con_id,
        price=held.price or held.average_cost or _DEFAULT_PRICE,
        anchor=start.toordinal(),
        first_day=held.first_day or history,
        drift=held.drift,
        volatility=held.volatility,
    )


def _generated(recipe: Recipe, hours: Hours) -> Source:
    last = date.fromordinal(recipe.anchor) + _FUTURE
    if recipe.first_day > last:
        return Nothing()
    return Generated(Generator(recipe, hours.columns(recipe.first_day, last)))
