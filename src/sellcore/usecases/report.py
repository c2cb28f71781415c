"""The state of every holding, from what a watch knows."""

from sellcore.plan import Holding
from sellcore.status import Levels, Status, StatusRow, levels, quote
from sellcore.timeframe import SOURCE, Timeframe
from sellcore.trading_days import TradingDays
from sellcore.usecases.averages import closed_bars
from sellcore.usecases.decide import holdings
from sellcore.usecases.watch_state import Ports, WatchState


def report(ports: Ports, state: WatchState) -> Status:
    """Return the table's rows; averages are computed anew only where a bar has closed."""
    rows = tuple(
        StatusRow(
            holding=holding,
            quote=quote(holding.series),
            levels=_levels(state, holding),
            decision=state.last_decision.get(holding.instrument),
            waiting=state.waiting.get(holding.instrument),
        )
        for holding in holdings(state)
    )
    return Status(ports.clock.now(), rows, state.obstacle)


def _levels(state: WatchState, holding: Holding) -> dict[Timeframe, Levels]:
    found = {}
    for timeframe in Timeframe:
        stored = holding.series.get(SOURCE[timeframe])
        if stored is None or stored.coverage.until is None:
            continue
        key = (holding.instrument, timeframe)
        kept = state.levels.get(key)
        if kept is None or kept[0] != stored.coverage.until:
            fresh = levels(closed_bars(stored, timeframe, TradingDays.of(holding.sessions)))
            if fresh is None:
                continue
            kept = state.levels[key] = (stored.coverage.until, fresh)
        found[timeframe] = kept[1]
    return found
