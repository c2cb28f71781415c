"""What the rules of a sweep earned from day to day, as a ledger."""

import pyarrow as pa

from adapters.runs.columns import numbers, parquet, whole_days
from sellcore.backtest.daily_returns import RuleReturns


def returns_parquet(found: RuleReturns) -> bytes:
    """Return a Parquet file: ``day``, ``hold``, and a column for each rule."""
    columns: dict[str, pa.Array] = {"day": whole_days(found.days), "hold": numbers(found.hold)}
    for rule, earned in zip(found.rules, found.returns, strict=True):
        columns[str(rule)] = numbers(earned)
    return parquet(columns)
