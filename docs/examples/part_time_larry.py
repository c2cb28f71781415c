"""
What has sellcli decided lately? Larry trades part time and asks once a day.

    python part_time_larry.py                      read logs/signals.log
    python part_time_larry.py some/signals.log     read another one
    python part_time_larry.py my.log --write       add one example record to my.log

Nothing but Python is needed. The log holds one JSON object per line, one for
each bar of each holding that was decided; a number that does not exist is null.
"""

import json
import os
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

# One well-formed record: a bar that closed 2.04 % above its average, so it is held.
EXAMPLE = {
    "timestamp": None,  # when it was decided, ISO 8601 in UTC with a Z; filled in below
    "run_id": "larry",  # which run of the program
    "mode": "dry-run",  # or paper, or live
    "account": "DU0000001",
    "ticker": "NASDAQ:AAPL",  # the primary listing exchange and the symbol
    "con_id": 265598,  # the broker's own number for it
    "timeframe": "1H",  # or D
    "bar_end": "2022-05-20T14:00:00Z",  # the bar is named by its end
    "close": 140.0,
    "ma_type": "SMA(50)",
    "ma_value": 137.2,
    "bars_used": 50,
    "distance_pct": 2.04,  # (close - average) / average * 100; below zero is a signal
    "decision": "hold",  # or signal, abstain (could not tell), missed (too late)
    "reason": "close 140 is above SMA(50) 137.2000",
    "action_prepared": None,  # for a signal: SELL 100 MKT DAY
    "action_executed": None,  # what was really sent; always null in a dry run
    "intent_id": None,
    "order_id": None,
    "perm_id": None,
    "errors": [],
}


def write(log: Path) -> None:
    """Add the example to ``log``, as sellcli would: one whole line, on disk."""
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(EXAMPLE | {"timestamp": now}) + "\n")
        file.flush()
        os.fsync(file.fileno())


def summarise(log: Path) -> None:
    """Print a line per ticker: how its bars were decided, and the last decision."""
    decisions, last = {}, {}
    for number, line in enumerate(log.read_text(encoding="utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
            ticker, decision = record["ticker"], record["decision"]
            last[ticker] = f"{record['timestamp']} {decision}: {record['reason']}"
        except (ValueError, KeyError, TypeError):
            print(f"{log} line {number} is not a record; passed over", file=sys.stderr)
        else:
            decisions.setdefault(ticker, Counter())[decision] += 1
    for ticker, counts in sorted(decisions.items()):
        words = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
        print(f"{ticker}: {words}\n  last {last[ticker]}")


if __name__ == "__main__":
    names = [argument for argument in sys.argv[1:] if argument != "--write"]
    path = Path(names[0] if names else "logs/signals.log")
    if "--write" in sys.argv[1:]:
        write(path)
    elif path.exists():
        summarise(path)
    else:
        sys.exit(f"there is no {path} yet; start with 'sellcli start --simulate'")
