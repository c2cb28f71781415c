"""The moments an account is looked at: the ends of its tickers' bars, all together."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from sellcore.arrays import Seconds
from sellcore.backtest.dates import Dates, trading_dates
from sellcore.backtest.decisions import Decisions


@frozen(eq=False)
class AccountTimes:
    """
    When equity is counted: from the first bar that can be decided on.

    Attributes:
        began: First instant of the earliest such bar, seconds since 1970 UTC.
        end: Shape (n,), ends of all tickers' bars from their first decidable one on,
            ascending, each once.
        date: Shape (n,), the trading date of each, days since 1970.
    """

    began: int
    end: Seconds
    date: Dates

    def date_of(self, end: int) -> int:
        """Return the trading date of the bars that end then."""
        return int(self.date[int(self.end.searchsorted(end))])


def account_times(decided: Sequence[Decisions]) -> AccountTimes:
    """Return when an account is looked at that holds these tickers; at least one can be decided."""
    starts = np.concatenate([each.bars.start[each.first :] for each in decided])
    ends = np.concatenate([each.bars.end[each.first :] for each in decided])
    union, places = np.unique(ends, return_index=True)
    return AccountTimes(int(starts.min()), union, trading_dates(starts[places], union))
