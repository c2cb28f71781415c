"""
Sweeps beside vectorbt (numba and rust engine), backtesting.py and a compiled loop.

Ten years of days, 14 rules, one account each: all cash in, out below the average, in
again above it, filled at the next open with commission and slippage in percent.

"Final equity" and "curves" begin with bars: each side works out its own averages, ours
compares them exactly, the others as floats (and vectorbt's EMA begins with the first close).
"By given decisions" both sides get the same ones, ours; the trades are the same, and the table
says how far the results are apart. Garbage collection is on for everyone.
"""

import gc
import subprocess
import sys
from collections.abc import Callable, Iterable
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
    vectorbt_signals,
)
from bench.measure import Goal, Row, Task, Unit, medians
from sellcore.arrays import Floats
from sellcore.backtest.universe.block import blocks
from sellcore.backtest.universe.equity_curves import equity_curves
from sellcore.backtest.universe.final_equity import final_by_growth, final_equities
from sellcore.backtest.universe.turns import decide_block, turns_by
from sellcore.bar import BarSeries

NUMBA, RUST = "vectorbt, numba", "vectorbt, rust"
LOOP = "a loop compiled by numba, float averages"
FLOORS = {
    NUMBA: Goal(1 / 25, of_reference=True),
    RUST: Goal(1 / 16, of_reference=True),
    LOOP: Goal(3, of_reference=True),
}
ONE_TICKER = Goal(1 / 6, of_reference=True)
BOTH = {NUMBA: Goal(1 / 50, of_reference=True), RUST: Goal(1 / 30, of_reference=True)}

UNIVERSE, MOST_BYTES = 3_000, 2 * 2**30

_IN_A_ROW = 4
"""Sweeps on both cores one after the other: a worker that has slept is woken milliseconds late."""

_SHARED: list[BarSeries] = []
"""What forked workers find in their memory."""

_COLD = """
import bench
from bench.backtest_peers import *
from sellcore.backtest.universe.final_equity import final_equities
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
        yield from _full(series, repeats if tickers < 500 else 1)
    yield _backtesting()
    yield from _cold()
    yield from _large()


def _final(series: list[BarSeries], signals: Signals, repeats: int) -> Iterable[Row]:
    """Compare the final equity of every column, from bars and from decisions."""
    what, one = f"final equity, {len(series)} x 14 x {BARS:,}", len(series) == 1
    opens, closes = (np.array([getattr(b, name) for b in series]) for name in ("open", "close"))
    loop, nothing = compiled(curves=False), np.empty((1, 1, 1))
    peers: dict[str, Task] = {
        NUMBA: lambda: vectorbt_final(vectorbt_signals(opens, closes), "numba"),
        RUST: lambda: vectorbt_final(vectorbt_signals(opens, closes), "rust"),
        LOOP: lambda: loop(opens, closes, nothing),
    }
    _SHARED[:] = series
    half = -(-len(series) // 2)
    parts = [(first, first + half) for first in range(0, len(series), half)]
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as executor:
        ours, both, *theirs = medians(
            [
                lambda: final_equities(series, RULES, ASSUMED),
                lambda: [list(executor.map(_part, parts)) for _ in range(_IN_A_ROW)],
                *peers.values(),
            ],
            repeats,
        )
    floors = {RUST: ONE_TICKER} if one else FLOORS
    for name, seconds in zip(peers, theirs, strict=True):
        yield Row(what, ours, reference=seconds, against=name, goal=floors.get(name))
        if not one:
            yield Row(
                f"{what}, both cores, each of {_IN_A_ROW} in a row",
                both / _IN_A_ROW,
                reference=seconds,
                against=name,
                goal=BOTH.get(name),
            )
    yield from _final_by_decisions(series, signals, repeats, floors)


def _final_by_decisions(
    series: list[BarSeries], signals: Signals, repeats: int, floors: dict[str, Goal]
) -> Iterable[Row]:
    """Give both sides the decisions, the same ones: what is left is the account."""
    cut = list(blocks(series))
    decided = [decide_block(block, RULES) for block in cut]

    def ours() -> Floats:
        parts = []
        for block, sides in zip(cut, decided, strict=True):
            turns = turns_by(block, sides, RULES, ASSUMED.fill, ASSUMED.entry)
            own = final_by_growth(block, turns, ASSUMED)
            parts.append(own.reshape(len(RULES), -1))
        return np.concatenate(parts, axis=1).reshape(-1)

    what = f"final equity by given decisions, {len(series)} x 14 x {BARS:,}"
    own, numba, rust = medians(
        [ours, lambda: vectorbt_final(signals, "numba"), lambda: vectorbt_final(signals, "rust")],
        repeats,
    )
    for name, seconds in ((NUMBA, numba), (RUST, rust)):
        yield Row(what, own, reference=seconds, against=name, goal=floors.get(name))
    apart = float(np.max(np.abs(vectorbt_final(signals, "rust") / ours() - 1)))
    yield Row(f"{what}, apart", apart, Unit.NUMBER, against=RUST, goal=Goal(1e-9))


def _part(rows: tuple[int, int]) -> Floats:
    return final_equities(_SHARED[slice(*rows)], RULES, ASSUMED)


def _full(series: list[BarSeries], repeats: int) -> Iterable[Row]:
    """Compare the equity of every column at every close, and each one's deepest drawdown."""
    opens, closes = (np.array([getattr(b, name) for b in series]) for name in ("open", "close"))
    loop = compiled(curves=True)
    peers: dict[str, Task] = {
        RUST: lambda: vectorbt_curves(vectorbt_signals(opens, closes), "rust"),
        LOOP: lambda: loop(opens, closes, np.empty((len(RULES), *closes.shape))),
    }
    if len(series) < 500:  # it takes half a minute there
        peers[NUMBA] = lambda: vectorbt_curves(vectorbt_signals(opens, closes), "numba")
    ours, *theirs = medians(
        [lambda: equity_curves(series, RULES, ASSUMED), *peers.values()], repeats
    )
    goals = {} if len(series) == 1 else {RUST: FLOORS[RUST], LOOP: FLOORS[LOOP]}
    for name, seconds in zip(peers, theirs, strict=True):
        yield Row(
            f"curves and drawdown, {len(series)} x 14 x {BARS:,}",
            ours,
            reference=seconds,
            against=name,
            goal=goals.get(name),
        )


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
            _process("vectorbt_from_bars(series, 'numba').sum()"),
            _process("vectorbt_from_bars(series, 'rust').sum()"),
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
