"""Rows of a dataset as a series of bars, each checked; what is wrong is told with its place."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from adapters.parquet.dataset_file import NUMBERS, Piece
from sellcore.aggregation import aggregate, hour_buckets
from sellcore.arrays import Floats, Seconds
from sellcore.backtest.dates import day_number, trading_dates
from sellcore.bar import BarSeries
from sellcore.errors import CalendarError, InvalidValue
from sellcore.instant import from_epoch, iso, to_epoch
from sellcore.ports.sessions import SessionCalendar
from sellcore.session import Session
from sellcore.timeframe import Timeframe
from sellcore.trading_days import TradingDays

_DAY, _HOUR, _HALF_HOUR = 86_400, 3_600, 1_800

_OR_GAPS = ", or take what there is with --allow-gaps"


@frozen
class Wanted:
    """
    What is asked of each ticker's history.

    Attributes:
        calendar: Cuts hours from half hours, and knows which bars are missing; None: those
            are not missed.
        allow_gaps: Take a bar that is missing within a history for one that never was.
        since: What is asked about begins then: bars behind the last gap before it will do.
        until: The last trading date.
    """

    calendar: SessionCalendar | None
    allow_gaps: bool
    since: date | None
    until: date | None


def series_of(pieces: Sequence[Piece], timeframe: Timeframe, wanted: Wanted) -> BarSeries:
    """
    Return the bars of one ticker.

    Args:
        pieces: At least one, of any order among each other; each daily, or not, as the
            timeframe is.
        timeframe: Of the bars wanted.
        wanted: Which of them.

    Raises:
        InvalidValue: file, ticker, time, what stands there and what to do.
    """
    pieces = sorted(pieces, key=lambda piece: int(piece.start[0]))
    for piece in pieces:
        _check_numbers(piece)
    start = np.concatenate([piece.start for piece in pieces])
    _check_order(pieces, start)
    numbers = np.concatenate([piece.numbers for piece in pieces], axis=1)
    return (_days if timeframe is Timeframe.DAY else _hours)(pieces, start, numbers, wanted)


def _check_numbers(piece: Piece) -> None:
    for name, values in zip(NUMBERS, piece.numbers, strict=True):
        lowest = 0.0 if name == "volume" else np.nextafter(0.0, 1.0)
        wrong = np.flatnonzero(~((values >= lowest) & (values < np.inf)))
        if len(wrong):
            row = int(wrong[0])
            value = values[row]
            met = "is missing" if np.isnan(value) else f"{value:g} is not a number"
            expected = "zero or above" if name == "volume" else "above zero"
            raise InvalidValue(
                f"{_at(piece, row)}: {name} {met}, expected one {expected}; correct the row "
                "or leave it out"
            )


def _check_order(pieces: Sequence[Piece], start: Seconds) -> None:
    wrong = np.flatnonzero(np.diff(start) <= 0)
    if not len(wrong):
        return
    row = int(wrong[0]) + 1
    piece, own = _piece_of(pieces, row)
    if start[row] == start[row - 1] or np.any(start[:row] == start[row]):
        raise InvalidValue(f"{_at(piece, own)}: this bar is there twice; keep one of them")
    raise InvalidValue(
        f"{_at(piece, own)}: comes after {_told(int(start[row - 1]))}; sort the rows of "
        "each ticker by ts"
    )


def _days(pieces: Sequence[Piece], start: Seconds, numbers: Floats, wanted: Wanted) -> BarSeries:
    """Return daily bars; one that is stamped with its session's open ends with that session."""
    sessions = _sessions_of_days(pieces[0], start, wanted)
    days = np.array([_midnight(session.day) for session in sessions], dtype=np.int64)
    opens, closes = (
        np.array([to_epoch(moment) for moment in moments], dtype=np.int64)
        for moments in ([each.open for each in sessions], [each.close for each in sessions])
    )
    dates = (start + _DAY // 2) // _DAY * _DAY  # a local midnight is near that of UTC
    ends = _ends(start, _DAY)
    at = np.flatnonzero(np.isin(start, opens))
    own = opens.searchsorted(start[at])
    dates[at], ends[at] = days[own], closes[own]
    bars = _until(BarSeries(start, ends, *numbers), wanted.until)
    dates = dates[: len(bars)]
    if wanted.calendar is None or wanted.allow_gaps or not len(bars):
        return bars
    missing = days[(days >= dates[0]) & (days <= dates[-1]) & ~np.isin(days, dates)]
    if not len(missing):
        return bars
    last = from_epoch(int(missing[-1])).date()
    _check_gaps(pieces, start, missing, "session", last, wanted.since)
    return bars[int(dates.searchsorted(missing[-1])) :]


def _sessions_of_days(piece: Piece, start: Seconds, wanted: Wanted) -> tuple[Session, ...]:
    """Return the sessions around daily bars; none where nobody knows them, and need not."""
    if wanted.calendar is None:
        return ()
    try:
        return _sessions(piece, start, wanted.calendar, or_gaps=True)
    except InvalidValue:
        if wanted.allow_gaps:
            return ()
        raise


def _hours(pieces: Sequence[Piece], start: Seconds, numbers: Floats, wanted: Wanted) -> BarSeries:
    """Return hourly bars, built from half hours where it is those."""
    gaps = np.diff(start)
    apart = int(np.median(gaps)) if len(gaps) else _HOUR
    if apart < _HALF_HOUR:
        raise InvalidValue(
            f"{_at(pieces[0], 0)}: bars {apart / 60:g} minutes apart, expected hours, half hours "
            "or days; aggregate them first"
        )
    halves = apart == _HALF_HOUR
    if halves and wanted.calendar is None:
        raise InvalidValue(
            f"{_at(pieces[0], 0)}: half hours make hours only where the exchange's sessions are "
            "known; give hourly bars"
        )
    ends = _ends(start, _HALF_HOUR if halves else _HOUR)
    given = _until(BarSeries(start, ends, *numbers), wanted.until)
    checked = not wanted.allow_gaps
    if wanted.calendar is None or not len(given) or not (halves or checked):
        return given
    sessions = _sessions(pieces[0], given.start, wanted.calendar, or_gaps=not halves)
    bars = aggregate(given, sessions) if halves else given
    hours, until = hour_buckets(sessions)
    known = (hours >= given.start[0]) & (until <= given.end[-1])
    missing = hours[known & ~np.isin(hours, bars.start)]
    if not checked or not len(missing):
        return bars
    days = TradingDays.of(sessions)
    last = days[days.begun(from_epoch(int(missing[-1]))) - 1].day
    _check_gaps(pieces, start, missing, "hour", last, wanted.since)
    return bars[int(bars.start.searchsorted(missing[-1])) :]


def _until(bars: BarSeries, until: date | None) -> BarSeries:
    """Return the bars up to a trading date, that one included."""
    if until is None:
        return bars
    dates = trading_dates(bars.start, bars.end)
    return bars[: int(dates.searchsorted(day_number(until), side="right"))]


def _ends(start: Seconds, length: int) -> Seconds:
    """Return when each bar ends: after that long, or where the next begins."""
    ends: Seconds = np.minimum(start + length, np.append(start[1:], start[-1] + length))
    return ends


def _sessions(
    piece: Piece, start: Seconds, calendar: SessionCalendar, *, or_gaps: bool
) -> tuple[Session, ...]:
    exchange, colon, _ = piece.ticker.partition(":")
    if not colon:
        raise InvalidValue(
            f"{piece.path}: {piece.ticker} names no exchange, so its sessions are not known; "
            f"write EXCHANGE:SYMBOL{_OR_GAPS if or_gaps else ''}"
        )
    first, last = (datetime.fromtimestamp(int(start[at]), UTC).date() for at in (0, -1))
    try:  # a session that opens late on a day of UTC, as Sydney's does, is of the next
        return calendar.sessions(exchange, first, last + timedelta(days=1))
    except CalendarError as error:
        way_out = _OR_GAPS if or_gaps else ""
        raise InvalidValue(f"{piece.path}: {piece.ticker}: {error}{way_out}") from None


def _check_gaps(
    pieces: Sequence[Piece],
    start: Seconds,
    missing: NDArray[np.int64],
    what: str,
    last: date,
    since: date | None,
) -> None:
    """Refuse bars that are missing, unless the trading date of the last is not behind ``since``."""
    if since is not None and last <= since:
        return
    row = int(np.searchsorted(start, missing[0]))
    piece, _ = _piece_of(pieces, min(row, len(start) - 1))
    more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
    raise InvalidValue(
        f"{piece.path}: {piece.ticker} at {_told(int(missing[0]))}: the bar of this {what} is "
        f"missing{more}; add it, begin behind it with --from{_OR_GAPS}"
    )


def _piece_of(pieces: Sequence[Piece], row: int) -> tuple[Piece, int]:
    """Return the piece that a row of all of them lies in, and its row there."""
    for piece in pieces[:-1]:
        if row < len(piece.start):
            return piece, row
        row -= len(piece.start)
    return pieces[-1], row


def _at(piece: Piece, row: int) -> str:
    return f"{piece.path}: {piece.ticker} at {_told(int(piece.start[row]))}"


def _told(seconds: int) -> str:
    moment = from_epoch(seconds)
    return moment.date().isoformat() if seconds % _DAY == 0 else iso(moment)


def _midnight(day: date) -> int:
    return (day - date(1970, 1, 1)).days * _DAY
