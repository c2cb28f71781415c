"""A record of the audit log as one line."""

from sellcli.screen.text import NONE
from sellcore.instant import iso
from sellcore.record import DecisionRecord


def record_line(record: DecisionRecord) -> str:
    """Return bar, ticker, outcome, rule, reason and what was prepared."""
    bar = NONE if record.bar_end is None else iso(record.bar_end)[:16] + "Z"
    rule = f"{record.ma_type or NONE} {record.timeframe or ''}".strip()
    line = f"{bar}  {record.ticker:<14} {record.decision!s:<8} {rule:<12} {record.reason}"
    if record.action_prepared:
        fate = record.action_executed or f"not sent ({record.mode})"
        line += f"; prepared {record.action_prepared}, {fate}"
    return line
