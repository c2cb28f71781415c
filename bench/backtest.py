"""
Sweeps beside vectorbt (numba and rust engine), backtesting.py and a compiled loop.

Ten years of days, 14 rules, one account each: all cash in, out below the average, in
again above it, filled at the next open with commission and slippage in percent. Every side
makes the same trades, and the table says how far its final equity is from ours. Ours
computes and compares the averages, exactly; vectorbt and backtesting.py are given
the decisions, and the loop takes floats for them. Garbage collection is on for everyone.
"""

import gc
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from bench.backtest_loop import compiled
from bench.backtest_peers import (
    ASSUMED,
    BARS,
    RULES,
    Signals,
    backtesting_final,
    made_up,
    signals_of,
    vectorbt_curves,
    vectorbt_final,
)
from bench.measure import Goal, Row, Task, Unit, medians
from sellcore.backtest.block import blocks
from sellcore.backtest.columns import columns_of
from sellcore.backtest.curves import curves_of, drawdowns
from sellcore.backtest.final_equity import final_equities
from sellcore.bar import BarSeries, Floats

NUMBA, RUST = "vectorbt, numba", "vectorbt, rust"
LOOP = "a loop compiled by numba, float averages"
FLOORS = {NUMBA: Goal(1 / 25, of_reference=True), RUST: Goal(1 / 16, of_reference=True)}
BOTH = {NUMBA: Goal(1 / 50, of_reference=True), RUST: Goal(1 / 30, of_reference=True)}
WITHIN_LOOP = Goal(3, of_reference=True)

UNIVERSE, MOST_BYTES = 3_000, 2 * 2**30

_SHARED: list[BarSeries] = []
"""What forked workers find in their memory."""

_COLD = """
import bench
from bench.backtest_peers import *
from sellcore.backtest.final_equity import final_equities
series = made_up(100)
print({call})
"""


def rows() -> Iterable[Row]:
    """Yield every figure of this module."""
    assert gc.isenabled()
    for tickers, repeats in ((500, 2), (100, 5), (1, 15)):
        series = made_up(tickers)
        signals = signals_of(series)
        yield from _final(series, signals, repeats)
        yield from _full(series, signals, repeats if tickers < 500 else 1)
    yield _backtesting()
    yield from _cold()
    yield from _large()


def _final(series: list[BarSeries], signals: Signals, repeats: int) -> Iterable[Row]:
    """Compare the final equity of every column, on one thread and on both cores."""
    what = f"final equity, {len(series)} x 14 x {BARS:,}"
    opens, closes = (np.array([getattr(b, name) for b in series]) for name in ("open", "close"))
    loop, nothing = compiled(curves=False), np.empty((1, 1, 1))
    peers: dict[str, Task] = {
        NUMBA: lambda: vectorbt_final(signals, "numba"),
        RUST: lambda: vectorbt_final(signals, "rust"),
        LOOP: lambda: loop(opens, closes, nothing),
    }
    _SHARED[:] = series
    quarter = -(-len(series) // 4)
    parts = [(first, first + quarter) for first in range(0, len(series), quarter)]
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as executor:
        ours, both, *theirs = medians(
            [
                lambda: final_equities(series, RULES, ASSUMED),
                lambda: list(executor.map(_part, parts)),
                *peers.values(),
            ],
            repeats,
        )
    one = len(series) == 1
    goals = {RUST: Goal(1 / 6, of_reference=True)} if one else {**FLOORS, LOOP: WITHIN_LOOP}
    for name, seconds in zip(peers, theirs, strict=True):
        yield Row(what, ours, reference=seconds, against=name, goal=goals.get(name))
        if not one:
            yield Row(
                f"{what}, both cores", both, reference=seconds, against=name, goal=BOTH.get(name)
            )
    worth = final_equities(series, RULES, ASSUMED)
    found = np.asarray(peers[RUST]()).reshape(len(RULES), -1).T
    apart = float(np.max(np.abs(found / worth - 1)))
    yield Row(f"{what}, apart from ours", apart, Unit.NUMBER, against=RUST, goal=Goal(1e-9))


def _part(rows: tuple[int, int]) -> Floats:
    return final_equities(_SHARED[slice(*rows)], RULES, ASSUMED)


def _full(series: list[BarSeries], signals: Signals, repeats: int) -> Iterable[Row]:
    """Compare the equity of every column at every close, and each one's deepest drawdown."""
    opens, closes = (np.array([getattr(b, name) for b in series]) for name in ("open", "close"))
    loop = compiled(curves=True)
    peers: dict[str, Task] = {
        RUST: lambda: vectorbt_curves(signals, "rust"),
        LOOP: lambda: loop(opens, closes, np.empty((len(RULES), *closes.shape))),
    }
    if len(series) < 500:  # it takes half a minute there
        peers[NUMBA] = lambda: vectorbt_curves(signals, "numba")
    ours, *theirs = medians([lambda: _curves(series), *peers.values()], repeats)
    goals = {} if len(series) == 1 else {RUST: FLOORS[RUST], LOOP: WITHIN_LOOP}
    for name, seconds in zip(peers, theirs, strict=True):
        yield Row(
            f"curves and drawdown, {len(series)} x 14 x {BARS:,}",
            ours,
            reference=seconds,
            against=name,
            goal=goals.get(name),
        )


def _curves(series: Sequence[BarSeries]) -> list[tuple[Floats, Floats]]:
    """Return the equity of every column at every close, and each one's deepest drawdown."""
    cut = list(blocks(series))
    found = []
    for block, columns in zip(cut, columns_of(series, cut, RULES, ASSUMED), strict=True):
        curves = curves_of(block, columns.turns, columns.levels, ASSUMED.capital)
        found.append((curves.equity, drawdowns(curves.equity)))
    return found


def _backtesting() -> Row:
    """Compare with backtesting.py, which runs one column at a time: a few, and as many more."""
    series, some = made_up(100), RULES[::6]
    columns = len(series) * len(RULES)
    ours, theirs = medians(
        [
            lambda: final_equities(series, RULES, ASSUMED),
            lambda: backtesting_final(series[0], some),
        ],
        3,
    )
    return Row(
        f"final equity, 100 x 14 x {BARS:,}",
        ours,
        reference=theirs * columns / len(some),
        against=f"backtesting.py, {len(some)} columns times {columns / len(some):.0f}",
        goal=Goal(1 / 1_000, of_reference=True),
    )


def _cold() -> Iterable[Row]:
    """Compare whole processes: imports, made-up bars, decisions, final equity."""
    ours, numba, rust = medians(
        [
            _process("final_equities(series, RULES, ASSUMED).sum()"),
            _process("vectorbt_final(signals_of(series), 'numba').sum()"),
            _process("vectorbt_final(signals_of(series), 'rust').sum()"),
        ],
        1,
    )
    for name, theirs in ((NUMBA, numba), (RUST, rust)):
        yield Row(f"a cold process, 100 x 14 x {BARS:,}", ours, reference=theirs, against=name)


def _process(call: str) -> Callable[[], None]:
    command = [sys.executable, "-W", "ignore", "-c", _COLD.format(call=call)]

    def run() -> None:
        subprocess.run(command, check=True, capture_output=True)

    return run


def _large() -> Iterable[Row]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.backtest_universe", str(UNIVERSE)],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, most = map(float, done.stdout.split())
    what = f"sweep, all figures, {UNIVERSE:,} x 28 x 5,040"
    yield Row(what, seconds)
    yield Row(f"{what}, peak memory", most, Unit.BYTES, goal=Goal(MOST_BYTES))
