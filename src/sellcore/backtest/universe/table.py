"""The figures of a sweep as columns: a row for each ticker and rule."""

from typing import TYPE_CHECKING

import numpy as np

from sellcore.frames import Columns

if TYPE_CHECKING:
    from sellcore.backtest.universe.sweep import Sweep


def sweep_columns(swept: "Sweep") -> Columns:
    """Return a sweep's figures, a row for each ticker and rule, ticker by ticker."""
    tickers, rules = swept.tickers, swept.rules
    return {
        "ticker": [ticker for ticker in tickers for _ in rules],
        "timeframe": [str(rule.timeframe) for rule in rules] * len(tickers),
        "kind": [str(rule.kind) for rule in rules] * len(tickers),
        "length": np.array([rule.length for rule in rules] * len(tickers), dtype=np.int64),
        **{name: values.reshape(-1) for name, values in swept.columns.items()},
    }
