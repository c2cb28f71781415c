"""A sweep, put together: rules and bars in; which did best, and whether that is luck."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from sellcli.compose.bars import Origin
from sellcli.compose.research_bars import check_some, closed_bars, has_bars, research_bars
from sellcli.compose.workers import executor
from sellcli.settings import Settings
from sellcore.backtest.actions import Action
from sellcore.backtest.assumptions import Assumptions
from sellcore.backtest.luck.deflated_sharpe import DeflatedSharpe, deflated_sharpe
from sellcore.backtest.luck.reality_check import RealityCheck, reality_check
from sellcore.backtest.luck.walk_forward import WalkForward, walk_forward
from sellcore.backtest.universe.chunks import CHUNK
from sellcore.backtest.universe.daily_returns import RuleReturns, rule_returns
from sellcore.backtest.universe.sweep import Sweep, sweep
from sellcore.errors import ConfigError, InvalidValue
from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe

if TYPE_CHECKING:
    from sellcore.ports.bar_source import BarSource

SEED = 20_220_520
"""Of the histories that luck is judged by: the same question has the same answer."""

TRAIN, TEST = 504, 126
"""Days of a walk-forward: two years to choose by, half a year to follow."""

_FEWEST = 3
"""Days that luck can be judged by."""

_CHUNKS = 16
"""A universe is done in at least so many steps, for a bar that moves."""


@frozen
class Universe:
    """
    What is to be swept.

    Attributes:
        tickers: ``EXCHANGE:SYMBOL`` each; none for all there are.
        rules: None for SMA and EMA of every length.
        timeframes: Of those; none for all that there are bars of.
        since: First trading date of each account; bars before it fill the averages.
        until: Last trading date.
        data: A data folder, or a Parquet dataset by path or URI; None for the cache.
        origin: Whose bars of the cache.
        allow_gaps: Take bars around a gap for neighbours.
    """

    tickers: tuple[str, ...]
    rules: tuple[MovingAverageRule, ...] | None
    timeframes: tuple[Timeframe, ...]
    since: date | None
    until: date | None
    data: str | None
    origin: Origin | None
    allow_gaps: bool


@frozen(eq=False)
class Luck:
    """
    How likely the best rule is luck.

    Attributes:
        deflated: None for a single rule.
        check: Against buying and holding.
    """

    deflated: DeflatedSharpe | None
    check: RealityCheck


@frozen(eq=False)
class Swept:
    """
    What came of it.

    Attributes:
        source: The bars.
        found: Every rule on every ticker.
        returns: Of every rule, from day to day; None where no ticker has enough bars.
        luck: Alike.
        walked: None unless asked for, and where there are too few days.
        notes: What could not be told, one line each.
    """

    source: "BarSource"
    found: Sweep
    returns: RuleReturns | None
    luck: Luck | None
    walked: WalkForward | None
    notes: tuple[str, ...]


OnStep = Callable[[str, int, int], None]
"""Told what is being done, how much of it is, and of how much."""


def swept(
    settings: Settings,
    universe: Universe,
    assumptions: Assumptions,
    actions: Sequence[Action],
    *,
    workers: int | None,
    dask: str | None,
    walk: bool,
    on_step: OnStep,
) -> Swept:
    """
    Run every rule on every ticker, and judge the best by luck.

    Raises:
        ConfigError: no bars, bars with gaps, no cluster.
        InvalidValue: bars that cannot be what they claim to be; see ``sweep``.
        StorageError: bars cannot be read.
    """
    source, tickers = _source(settings, universe)
    rules = _rules(universe, source, tickers)
    # The same for any number of workers: means are rounded chunk by chunk.
    chunk = max(1, min(CHUNK, -(-len(tickers) // _CHUNKS)))
    with executor(len(tickers), workers, dask) as pool:

        def step(what: str) -> Callable[[int, int], None]:
            return lambda done, total: on_step(what, done, total)

        found = sweep(
            source,
            rules,
            assumptions,
            actions,
            since=universe.since,
            tickers=tickers,
            executor=pool,
            chunk=chunk,
            on_progress=step("sweep"),
        )
        judged, notes = _judged_rules(found)
        try:
            returns = rule_returns(
                source,
                judged,
                assumptions,
                actions,
                since=universe.since,
                tickers=tickers,
                executor=pool,
                chunk=chunk,
                on_progress=step("luck"),
            )
        except InvalidValue as error:  # the figures stand, and what they lack is told
            untold = f"luck cannot be told: {error}"
            return Swept(source, found, None, None, None, (*notes, untold))
    luck, walked, more = _judged(returns, walk=walk)
    return Swept(source, found, returns, luck, walked, (*notes, *more))


def _judged(
    returns: RuleReturns, *, walk: bool
) -> tuple[Luck | None, WalkForward | None, tuple[str, ...]]:
    days = len(returns.days)
    if days < _FEWEST:
        return None, None, (f"luck cannot be told: every rule can decide {days} days only",)
    deflated = deflated_sharpe(returns.returns) if len(returns.rules) > 1 else None
    check = reality_check(returns.returns, returns.hold, np.random.default_rng(SEED))
    luck = Luck(deflated, check)
    if not walk:
        return luck, None, ()
    if days <= TRAIN:
        note = f"walk-forward needs more than {TRAIN} days that every rule can decide, has {days}"
        return luck, None, (note,)
    return luck, walk_forward(returns.returns, train=TRAIN, test=TEST), ()


def _source(settings: Settings, universe: Universe) -> "tuple[BarSource, Sequence[str]]":
    """Return the bars, and the tickers wanted of them."""
    if universe.data is not None and not _is_data_folder(universe.data):
        return _dataset(universe, universe.data)
    from adapters.memory_bars import MemoryBars

    data = None if universe.data is None else Path(universe.data)
    every = research_bars(settings, universe.tickers, data, universe.origin)
    asked = {rule.timeframe for rule in universe.rules or ()} or set(universe.timeframes)
    series = {
        timeframe: {
            found.ticker: closed_bars(
                found,
                timeframe,
                allow_gaps=universe.allow_gaps,
                since=universe.since,
                until=universe.until,
            )
            for found in every
            if has_bars(found, timeframe)
        }
        for timeframe in Timeframe
        if not asked or timeframe in asked
    }
    if not any(series.values()):
        raise ConfigError(
            f"no ticker of {len(every)} has bars for rules of {' or '.join(map(str, series))}; "
            "bring some with 'sellcli import', or sweep rules of the other timeframe"
        )
    check_some((bars for own in series.values() for bars in own.values()), universe.until)
    source = MemoryBars(series)
    return source, tuple(found.ticker for found in every) if universe.tickers else source.tickers()


def _is_data_folder(location: str) -> bool:
    """Say whether there are CSV files, which only a data folder has."""
    folder = Path(location)
    return "://" not in location and folder.is_dir() and any(folder.glob("*.csv"))


def _dataset(universe: Universe, location: str) -> "tuple[BarSource, Sequence[str]]":
    from adapters.calendar import SessionTable
    from adapters.parquet.dataset import open_dataset

    if location.lower().endswith(".csv"):
        raise ConfigError(f"dataset {location}: is one CSV file; give the folder that it lies in")
    source = open_dataset(
        location,
        SessionTable(),
        allow_gaps=universe.allow_gaps,
        since=universe.since,
        until=universe.until,
    )
    known = tuple(source.tickers())
    named = {ticker.upper(): ticker for ticker in known}  # as people type them, in any case
    for ticker in universe.tickers:
        if ticker not in named:
            raise ConfigError(f"dataset {location}: holds no bars of {ticker}; it has {known[0]}")
    return source, tuple(named[ticker] for ticker in dict.fromkeys(universe.tickers)) or known


def _rules(
    universe: Universe, source: "BarSource", tickers: Sequence[str]
) -> tuple[MovingAverageRule, ...]:
    """Return the rules asked for, else every SMA and EMA of what the first ticker has bars of."""
    if universe.rules is not None:
        return universe.rules
    timeframes = universe.timeframes or tuple(
        timeframe for timeframe in Timeframe if source.load(tickers[:1], timeframe)
    )
    return tuple(
        MovingAverageRule(kind, length, timeframe)
        for timeframe in timeframes
        for kind in AverageKind
        for length in LENGTHS
    )


def _judged_rules(found: Sweep) -> tuple[tuple[MovingAverageRule, ...], tuple[str, ...]]:
    """
    Return the rules that some ticker has enough bars for, and what to say of the others.

    Rules are compared on days that each of them can decide: one that none of the
    tickers has the bars for would leave no such day.
    """
    enough = np.any(found.columns["bars"] >= _FEWEST, axis=0).tolist()
    judged = tuple(rule for rule, some in zip(found.rules, enough, strict=True) if some)
    if not judged:
        if found.since is not None:
            raise ConfigError(
                f"no ticker has {_FEWEST} bars from {found.since} on that a rule can decide; begin "
                "earlier with --from, or bring longer histories"
            )
        shortest = min(found.rules, key=lambda rule: rule.required_bars)
        raise ConfigError(
            f"no ticker has enough bars for any rule; {shortest} alone needs "
            f"{shortest.required_bars}; give longer histories, or rules of another timeframe"
        )
    if left := [str(rule) for rule in found.rules if rule not in judged]:
        return judged, (f"not judged, as no ticker has enough bars: {', '.join(left)}",)
    return judged, ()
