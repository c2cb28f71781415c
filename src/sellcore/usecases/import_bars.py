"""Taking bars of other sources over: all of them are looked at before the first is stored."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import numpy as np
from attrs import evolve, frozen

from sellcore.bar_columns import PRICES
from sellcore.errors import CalendarError, ConfigError
from sellcore.foreign_bars import ForeignBars, TakenOver, take_over
from sellcore.instant import from_epoch, iso
from sellcore.instrument import exchange_of
from sellcore.ports.bar_store import BarStore
from sellcore.ports.sessions import SessionCalendar
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries
from sellcore.trading_days import TradingDays

_AROUND = timedelta(days=1)


@frozen
class Import:
    """
    One series that is to be stored.

    Attributes:
        taken: The series, and what a person should know of it.
        sources: The files it comes from.
        is_new: Storing it changes what is stored.
    """

    taken: TakenOver
    sources: tuple[str, ...]
    is_new: bool


def plan_import(
    files: Sequence[ForeignBars],
    calendar: SessionCalendar,
    stored: Mapping[SeriesKey, StoredSeries],
    now: datetime,
    *,
    replace: bool,
) -> tuple[Import, ...]:
    """
    Return what files come to, series by series; several files may hold parts of one.

    Args:
        files: What each file holds of each ticker.
        calendar: Knows the exchanges' sessions.
        stored: What has been imported before.
        now: Bars that have not ended by then are left out.
        replace: Other bars may take the place of what is stored of a series.

    Raises:
        ConfigError: two files contradict each other, or what is stored; or no sessions
            are known for their days.
        InvalidValue: bars do not fit into sessions.
    """
    parts: dict[SeriesKey, list[ForeignBars]] = {}
    tickers = {key.con_id: key.ticker for key in stored}
    for foreign in files:
        other = tickers.setdefault(foreign.key.con_id, foreign.ticker)
        if other != foreign.ticker:
            raise ConfigError(
                f"{foreign.source}: {foreign.ticker} would share its number with {other}; "
                "import it below another --cache-dir"
            )
        parts.setdefault(foreign.key, []).append(foreign)
    found = []
    shared: dict[tuple[str, date, date], TradingDays] = {}
    for own in parts.values():
        taken = take_over(_joined(own), _sessions(own, calendar, shared), now)
        sources = tuple(dict.fromkeys(foreign.source for foreign in own))
        found.append(Import(taken, sources, _is_new(taken, stored, replace=replace)))
    return tuple(found)


def store_imports(store: BarStore, imports: Sequence[Import], *, replace: bool) -> int:
    """
    Store what is new, all of it or nothing; return how many series that were.

    Raises:
        ConfigError: a series is stored with other bars by now, and is not to be replaced.
        StorageError: nothing is stored.
    """
    stored = store.load()
    new = [each.taken for each in imports if _is_new(each.taken, stored, replace=replace)]
    store.merge(
        [
            SeriesUpdate(each.key, each.stored.bars, each.stored.coverage, replaces_all=True)
            for each in new
        ]
    )
    return len(new)


def _is_new(taken: TakenOver, stored: Mapping[SeriesKey, StoredSeries], *, replace: bool) -> bool:
    before = stored.get(taken.key)
    if before is None:
        return True
    if before.bars.same(taken.stored.bars) and before.coverage == taken.stored.coverage:
        return False
    if not replace:
        raise ConfigError(
            f"{taken.key} has been imported already, {len(before.bars)} bars up to "
            f"{iso(from_epoch(int(before.bars.end[-1])))}; add --replace to put these in their "
            "place, or import all its files at once"
        )
    return True


def _sessions(
    parts: Sequence[ForeignBars],
    calendar: SessionCalendar,
    shared: dict[tuple[str, date, date], TradingDays],
) -> TradingDays:
    """Return the sessions around all bars; ``shared`` keeps those of other series."""
    exchange = exchange_of(parts[0].ticker)
    first = (from_epoch(min(int(foreign.stamp[0]) for foreign in parts)) - _AROUND).date()
    last = (from_epoch(max(int(foreign.stamp[-1]) for foreign in parts)) + _AROUND).date()
    if (exchange, first, last) not in shared:
        try:
            days = TradingDays(calendar.sessions(exchange, first, last))
        except CalendarError as error:
            raise ConfigError(f"{parts[0].source}: {error}") from error
        shared[exchange, first, last] = days
    return shared[exchange, first, last]


def _joined(parts: Sequence[ForeignBars]) -> ForeignBars:
    """Return the bars of all parts of a series; what two of them hold must be the same."""
    first = parts[0]
    for other in parts[1:]:
        if other.seconds != first.seconds:
            raise ConfigError(
                f"{other.source}: its bars of {other.ticker} are of another length than those of "
                f"{first.source}; import one of them"
            )
    if len(parts) == 1:
        return first
    stamp = np.concatenate([foreign.stamp for foreign in parts])
    order = np.argsort(stamp, kind="stable")
    stamp = stamp[order]
    again = np.append(False, stamp[1:] == stamp[:-1])
    columns = {
        name: np.concatenate([getattr(foreign, name) for foreign in parts])[order]
        for name in (*PRICES, "volume", "line")
    }
    for name in (*PRICES, "volume"):
        other_value = again & np.append(False, columns[name][1:] != columns[name][:-1])
        if other_value.any():
            moment = iso(from_epoch(int(stamp[np.flatnonzero(other_value)[0]])))
            raise ConfigError(
                f"{' and '.join(foreign.source for foreign in parts)} tell another {name} of "
                f"{first.ticker} at {moment}; import one of them"
            )
    kept = {name: values[~again] for name, values in columns.items()}
    return evolve(first, stamp=stamp[~again], **kept)
