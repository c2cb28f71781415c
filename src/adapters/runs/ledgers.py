"""The ledgers of a run as Parquet files: the same result, the same bytes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from sellcore.backtest.account.ledgers import LEDGERS
from sellcore.backtest.dates import DAY
from sellcore.frames import Columns, arrow_table, times

if TYPE_CHECKING:
    from sellcore.backtest.account.result import Backtest
    from sellcore.backtest.universe.daily_returns import RuleReturns


def ledgers(found: "Backtest") -> Mapping[str, bytes]:
    """Return all ledgers of a backtest, by file name."""
    return {f"{name}.parquet": _parquet(found.to_arrow(name)) for name in LEDGERS}


def returns_ledger(found: "RuleReturns") -> bytes:
    """Return what the rules of a sweep earned: ``day``, ``hold``, and a column for each rule."""
    rules = {str(rule): own for rule, own in zip(found.rules, found.returns, strict=True)}
    columns: Columns = {"day": times(found.days * DAY), "hold": found.hold, **rules}
    return _parquet(arrow_table(columns))


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())
