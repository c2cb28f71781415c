"""
A universe that does not fit the memory it may use, in a process of its own.

``python -m bench.backtest_universe TICKERS`` sweeps it on all cores, and prints the
seconds it took and the most bytes that this process and its workers held, added up.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import active_children
from pathlib import Path
from time import perf_counter

import numpy as np
from attrs import frozen

from sellcore.backtest.assumptions import Assumptions, Entry
from sellcore.backtest.universe.sweep import sweep
from sellcore.bar import BarSeries
from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe

BARS = 5_040
RULES = [
    MovingAverageRule(kind, n, each) for each in Timeframe for kind in AverageKind for n in LENGTHS
]
DAY, HOUR = 86_400, 3_600

_HOURS = np.array([14.5, 15, 16, 17, 18, 19, 20]) * HOUR


@frozen
class MadeUpBars:
    """Bars drawn anew whenever they are asked for, always the same: a source without a disk."""

    count: int

    def tickers(self) -> Sequence[str]:
        """Return NYSE:0, NYSE:1, ..."""
        return [f"NYSE:{number}" for number in range(self.count)]

    def load(self, tickers: Sequence[str], timeframe: Timeframe) -> Mapping[str, BarSeries]:
        """Return closes that wander around 100, to the cent."""
        start, end = _times(timeframe)
        return {ticker: _walk(int(ticker[5:]), start, end) for ticker in tickers}

    def only(self, tickers: Sequence[str]) -> "MadeUpBars":
        """Return itself: it holds nothing."""
        return self


def _times(timeframe: Timeframe) -> tuple[np.ndarray, np.ndarray]:
    if timeframe is Timeframe.DAY:
        start = np.arange(BARS) * DAY
        return start, start + DAY
    begins = (np.arange(BARS // 7)[:, np.newaxis] * DAY + _HOURS).reshape(-1).astype(np.int64)
    return begins, (begins // HOUR + 1) * HOUR


def _walk(seed: int, start: np.ndarray, end: np.ndarray) -> BarSeries:
    random = np.random.default_rng([seed, len(start), int(end[0])])
    closes = np.round(100 * np.exp(np.cumsum(random.normal(0, 0.012, len(start)))), 2) + 1
    opens = np.round(closes * np.exp(random.normal(0, 0.003, len(start))), 2)
    return BarSeries(start, end, opens, closes, closes, closes, closes)


def main(tickers: int) -> None:
    """Sweep and report."""
    started = perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as executor:
        assumptions = Assumptions(entry=Entry.RECLAIM)
        found = sweep(MadeUpBars(tickers), RULES, assumptions, executor=executor, chunk=32)
        seconds = perf_counter() - started
        pids = [os.getpid(), *(worker.pid for worker in active_children())]
        most = sum(most_bytes(pid) for pid in pids if pid is not None)
    assert np.isfinite(found.columns["final_equity"]).all()
    print(seconds, most)


def most_bytes(pid: int) -> int:
    """Return the most memory that a process has held, as Linux counts it."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    lines = (line.split() for line in status.splitlines())
    return next(int(words[1]) * 1024 for words in lines if words[0] == "VmHWM:")


if __name__ == "__main__":
    main(int(sys.argv[1]))
