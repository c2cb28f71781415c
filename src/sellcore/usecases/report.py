"""The state of every holding, from what a watch knows."""

from collections.abc import Sequence

from sellcore.bar import BarSeries
from sellcore.evaluation import known_tail
from sellcore.instrument import Instrument
from sellcore.snapshot import Holding
from sellcore.status import Status, StatusRow, levels, quote
from sellcore.timeframe import SOURCE, Timeframe
from sellcore.trading_days import TradingDays
from sellcore.usecases.averages import closed_bars
from sellcore.usecases.watch_state import Ports, WatchState


def report(ports: Ports, state: WatchState, held: Sequence[Holding]) -> Status:
    """Return the table's rows; averages are computed anew only where a bar has closed."""
    _refresh_levels(state, held)
    rows = tuple(
        StatusRow(
            holding=holding,
            quote=quote(holding.series),
            levels={
                timeframe: kept[1]
                for timeframe in Timeframe
                if (kept := state.levels.get((holding.instrument, timeframe))) is not None
            },
            decision=state.decisions.latest.get(holding.instrument),
            waiting=state.decisions.waiting.get(holding.instrument),
        )
        for holding in held
    )
    return Status(ports.clock.now(), rows, state.obstacle)


def _refresh_levels(state: WatchState, held: Sequence[Holding]) -> None:
    """Compute the averages of every series whose coverage has moved, on what decisions heed."""
    for timeframe in Timeframe:
        stale: dict[Instrument, tuple[int, BarSeries]] = {}
        for holding in held:
            stored = holding.series.get(SOURCE[timeframe])
            if stored is None or stored.coverage.until is None:
                state.levels.pop((holding.instrument, timeframe), None)
                continue
            kept = state.levels.get((holding.instrument, timeframe))
            if kept is None or kept[0] != stored.coverage.until:
                days = TradingDays.of(holding.sessions)
                bars = closed_bars(stored, timeframe, days)
                usable, _ = known_tail(bars, stored.coverage, days)
                stale[holding.instrument] = stored.coverage.until, usable
        fresh = levels([bars for _, bars in stale.values()])
        for (instrument, (until, _)), found in zip(stale.items(), fresh, strict=True):
            if found is not None:
                state.levels[instrument, timeframe] = until, found
