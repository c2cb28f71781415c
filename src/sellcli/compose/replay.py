"""What a replay reads: the audit log, the bars in the cache, the exchanges' sessions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from sellcli.compose.files import decision_log
from sellcli.compose.sessions import sessions_around
from sellcli.settings import Settings
from sellcore.errors import CalendarError, ConfigError

if TYPE_CHECKING:
    from sellcore.bar_reading import Unreadable
    from sellcore.order import Mode
    from sellcore.record import DecisionRecord
    from sellcore.replay.decide_again import Again, History
    from sellcore.replay.finding import Finding
    from sellcore.series import StoredSeries
    from sellcore.timeframe import Granularity
    from sellcore.trading_days import TradingDays

_WITNESSES = timedelta(days=7)
"""Decisions of so many days before tell which close an average was made with."""


@frozen
class Replayed:
    """
    What a replay came to.

    Attributes:
        day: UTC date of the decisions.
        cache: The folder that the bars were read from.
        findings: By bar, then by ticker.
        unread: One line for each entry of the log that could not be read.
        problems: The same for each part of the cache.
    """

    day: date
    cache: Path
    findings: "tuple[Finding, ...]"
    unread: tuple[str, ...]
    problems: tuple[str, ...]


def replayed(
    settings: Settings, day: date | None, mode: "Mode | None", *, simulated: bool
) -> Replayed:
    """
    Decide the bars of a recorded day again, on what the cache holds now.

    Args:
        settings: Where things are; an account named there leaves out all others.
        day: UTC date of the decisions; None for the latest in the log.
        mode: Leave out all others; None for every mode.
        simulated: Read the bars of simulated runs, whatever else there is.

    Raises:
        ConfigError: no decision is recorded on that day.
        StorageError: the log or the cache cannot be read.
    """
    from sellcore.usecases.replay import decisions, replay

    log = decision_log(settings)

    def wanted(since: datetime | None) -> "list[DecisionRecord]":
        return [
            record
            for record in decisions(log.read(since))
            if (mode is None or record.mode is mode)
            and (not settings.account or record.account == settings.account)
        ]

    if day is None:
        day = max((record.timestamp.date() for record in wanted(None)), default=None)
        log = decision_log(settings)  # forgets the lines of other days that it could not read
    start = None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)
    of_day = [record for record in wanted(start) if record.timestamp.date() == day]
    if day is None or start is None or not of_day:
        when = "is" if day is None else f"of {day} is"
        raise ConfigError(
            f"no decision {when} recorded below {settings.log_dir}; sellcli signals shows what is"
        )
    unread = tuple(log.problems())
    before = [record for record in wanted(start - _WITNESSES) if record.timestamp.date() < day]
    cache, held, problems = _bars(settings, of_day, simulated=simulated)
    findings = replay([*before, *of_day], day, _histories(held, of_day))
    return Replayed(day, cache, findings, unread, problems)


def bars_of(settings: Settings, record: "DecisionRecord") -> "Again | Unreadable":
    """Return the bars that a decision rested on, as the cache holds them now, or why not."""
    from sellcore.bar_reading import Unreadable
    from sellcore.errors import SellError
    from sellcore.record import rule_of
    from sellcore.replay.decide_again import decide_again

    try:
        rule = rule_of(record)
        if rule is None or record.bar_end is None:
            return Unreadable("it follows no rule")
        _, held, _ = _bars(settings, [record], simulated=False)
        history = _histories(held, [record]).get(record.con_id)
    except SellError as error:
        return Unreadable(str(error))
    if history is None:
        return Unreadable(f"{settings.cache_dir} holds none of them any more")
    return decide_again(history, rule, record.bar_end, record.bars_used)


def _bars(
    settings: Settings, records: "Sequence[DecisionRecord]", *, simulated: bool
) -> "tuple[Path, Mapping[int, Mapping[Granularity, StoredSeries]], tuple[str, ...]]":
    """Return the bars of the holdings; those of simulated runs where there are no others."""
    from adapters.parquet.reading import BarReader

    wanted = {record.con_id for record in records}
    main, demo = settings.cache_dir, settings.cache_dir / "simulated"
    for folder in (demo,) if simulated else (main, demo):
        reader = BarReader(folder)
        held: dict[int, dict[Granularity, StoredSeries]] = defaultdict(dict)
        for key, stored in reader.load().items():
            if key.con_id in wanted:
                held[key.con_id][key.granularity] = stored
        if held or reader.problems():
            return folder, held, tuple(reader.problems())
    return demo if simulated else main, {}, ()


def _histories(
    held: "Mapping[int, Mapping[Granularity, StoredSeries]]",
    records: "Sequence[DecisionRecord]",
) -> "dict[int, History]":
    from sellcore.replay.decide_again import History

    tickers = {record.con_id: record.ticker for record in records}
    latest = max(record.bar_end or record.timestamp for record in records)
    return {
        con_id: History(series, _sessions(tickers[con_id], series.values(), latest))
        for con_id, series in held.items()
    }


def _sessions(ticker: str, series: "Iterable[StoredSeries]", latest: datetime) -> "TradingDays":
    """Return the sessions around all bars and beyond the latest decision; none where unknown."""
    from sellcore.trading_days import TradingDays
    from sellcore.usecases.account import DAYS_AHEAD

    try:
        return sessions_around(ticker, series, beyond=latest + DAYS_AHEAD)
    except CalendarError:
        return TradingDays()
