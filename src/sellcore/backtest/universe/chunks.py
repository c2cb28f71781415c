"""A universe in chunks: loaded, made ready and worked on wherever an executor puts them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from datetime import date
from typing import TypeVar

from attrs import frozen

from sellcore.backtest.actions import Action
from sellcore.backtest.asked import assumed, listed, rules_of
from sellcore.backtest.assumptions import Assumptions
from sellcore.backtest.decidable_bars import decidable_bars
from sellcore.backtest.decisions import check_timeframe
from sellcore.bar import BarSeries
from sellcore.errors import InvalidValue
from sellcore.kinds import whole_number
from sellcore.order_type import OrderType
from sellcore.ports.bar_source import BarSource
from sellcore.rule import MovingAverageRule
from sellcore.timeframe import Timeframe

CHUNK = 64
"""Tickers in a chunk: some 100 MB while it is worked on, with ten years of days."""

OnProgress = Callable[[int, int], None]
"""Told how many tickers are done, of how many."""

_Result = TypeVar("_Result")


@frozen
class Asked:
    """
    What is asked of every ticker; it travels with each chunk.

    Attributes:
        rules: Each once.
        assumptions: Of every account.
        actions: Splits and dividends to take out of the bars.
        since: Bars of trading dates before it fill the averages, and are not decided.
    """

    rules: tuple[MovingAverageRule, ...]
    assumptions: Assumptions
    actions: tuple[Action, ...]
    since: date | None


def asked_of(
    rules: Sequence[MovingAverageRule],
    assumptions: Assumptions | None,
    actions: Iterable[Action],
    since: date | None,
) -> Asked:
    """
    Return what is asked of every ticker; without assumptions, those of ``Assumptions()``.

    Raises:
        InvalidValue: one of them is of another kind.
    """
    return Asked(rules_of(rules), assumed(assumptions), listed(actions), since)


def over_universe(
    work: Callable[[Asked, BarSource, Sequence[str]], _Result],
    asked: Asked,
    source: BarSource,
    tickers: Sequence[str] | None,
    chunk: int,
    executor: Executor | None,
    on_progress: OnProgress,
) -> tuple[tuple[str, ...], list[_Result]]:
    """
    Return the tickers, and what comes of each chunk of them, however it is worked out.

    Args:
        work: Called with what is asked, a source, and the tickers of a chunk; pickled where
            the executor needs that.
        asked: Of every chunk.
        source: The bars.
        tickers: Those asked for; None for all there are.
        chunk: Tickers in a chunk.
        executor: Any; left out, chunks are worked on here, one after the other.
        on_progress: Called as chunks are done, in order.

    Raises:
        InvalidValue: no rule, no ticker, one of them twice, a ticker that the source does not
            have, or assumptions by which a column depends on more than its own turns.
    """
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise InvalidValue(
            f"executor {executor!r} is no concurrent.futures.Executor; give one, or leave it out"
        )
    universe = _universe_of(asked, source, tickers, chunk)
    parts = [universe[first : first + chunk] for first in range(0, len(universe), chunk)]
    done: list[_Result] = []
    for result in _worked_on(work, asked, source, parts, executor):
        done.append(result)
        on_progress(min(len(done) * chunk, len(universe)), len(universe))
    return universe, done


def _worked_on(
    work: Callable[[Asked, BarSource, Sequence[str]], _Result],
    asked: Asked,
    source: BarSource,
    parts: Sequence[Sequence[str]],
    executor: Executor | None,
) -> Iterator[_Result]:
    if executor is None:
        yield from (work(asked, source, part) for part in parts)
        return
    running = [executor.submit(work, asked, source.only(part), part) for part in parts]
    try:
        yield from (future.result() for future in running)
    finally:
        for future in running:
            future.cancel()


def load_ready(
    asked: Asked, source: BarSource, tickers: Sequence[str]
) -> Mapping[Timeframe, Mapping[str, BarSeries]]:
    """
    Return the bars of some tickers, of each timeframe that a rule has, ready to be decided.

    Raises:
        InvalidValue: bars that the source refuses, or that a backtest would.
    """
    ready: dict[Timeframe, dict[str, BarSeries]] = {}
    for rule in asked.rules:
        if rule.timeframe in ready:
            continue
        own = ready[rule.timeframe] = {}
        for ticker, bars in source.load(tickers, rule.timeframe).items():
            check_timeframe(ticker, bars, rule)
            own[ticker] = decidable_bars(ticker, bars, asked.actions, asked.assumptions)
    return ready


def _universe_of(
    asked: Asked, source: BarSource, tickers: Sequence[str] | None, chunk: int
) -> tuple[str, ...]:
    """Return the tickers to sweep, and refuse what cannot be swept before a bar is read."""
    if not callable(getattr(source, "tickers", None)):
        raise InvalidValue(
            f"{type(source).__name__} is no source of bars, which has tickers(), load() and "
            "only(); adapters.memory_bars.MemoryBars makes one of bars at hand"
        )
    known = tuple(source.tickers())
    if isinstance(tickers, str) or not isinstance(tickers, Iterable | None):
        raise InvalidValue(f"tickers {tickers!r} are no list of texts; give [{tickers!r}]")
    universe = known if tickers is None else tuple(tickers)
    _check(universe, asked, chunk)
    if strangers := set(universe) - set(known):
        first = next(ticker for ticker in universe if ticker in strangers)
        raise InvalidValue(
            f"ticker {first} is not among the {len(known)} that there are bars of; leave it out"
        )
    return universe


def _check(tickers: Sequence[str], asked: Asked, chunk: int) -> None:
    if not tickers:
        raise InvalidValue("the universe is empty: there is no ticker to sweep; give some bars")
    if not asked.rules:
        raise InvalidValue("there is no rule to sweep; give at least one, e.g. SMA,50,D")
    for what, given in (("ticker", tickers), ("rule", asked.rules)):
        seen: set[object] = set()
        for each in given:
            if each in seen:
                raise InvalidValue(f"{what} {each} is there twice; give each once")
            seen.add(each)
    if whole_number("chunk", chunk) < 1:
        raise InvalidValue(f"chunk {chunk} is below 1; a chunk holds at least one ticker")
    for what, is_asked in _BEYOND.items():
        if is_asked(asked.assumptions):
            raise InvalidValue(f"a sweep has no {what}; leave it out, or backtest that ticker")


_BEYOND: Mapping[str, Callable[[Assumptions], bool]] = {
    "limit orders": lambda given: given.order_type is not OrderType.MARKET,
    "volume cap": lambda given: given.volume_cap is not None,
    "daily loss limit": lambda given: given.max_daily_loss_pct is not None,
    "limits on orders": lambda given: given.limits is not None,
    "exposure cap": lambda given: min(given.max_symbol_exposure, given.max_gross_exposure) < 1,
}
"""What depends on the day, the volume or the other tickers, and whether it is asked for."""
