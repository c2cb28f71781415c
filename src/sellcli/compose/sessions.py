"""The sessions around what is stored, by the tables that come with the program."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sellcore.series import StoredSeries
    from sellcore.trading_days import TradingDays


_A_DAY = timedelta(days=1)
"""An exchange's date differs from UTC's by one at most."""


def sessions_around(
    ticker: str, series: "Iterable[StoredSeries]", *, beyond: datetime | None = None
) -> "TradingDays":
    """
    Return the exchange's sessions around all bars.

    Args:
        ticker: ``EXCHANGE:SYMBOL``.
        series: Its stored bars; without any there are no sessions.
        beyond: An instant, UTC, that they are to reach beyond as well.

    Raises:
        CalendarError: the exchange is not known, or not for all of those days.
    """
    from adapters.calendar import SessionTable
    from sellcore.instant import from_epoch
    from sellcore.instrument import exchange_of
    from sellcore.trading_days import TradingDays

    bars = [stored.bars for stored in series if len(stored.bars)]
    if not bars:
        return TradingDays()
    first = from_epoch(min(int(each.start[0]) for each in bars)) - _A_DAY
    last = from_epoch(max(int(each.end[-1]) for each in bars)) + _A_DAY
    if beyond is not None:
        last = max(last, beyond)
    days = SessionTable().sessions(exchange_of(ticker), first.date(), last.date())
    return TradingDays(days)
