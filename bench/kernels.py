"""
Averages, decisions and the incremental update, beside TA-Lib.

All on one thread, on 500 series of 2,520 bars (ten years of days) and all seven
lengths. TA-Lib is called as its users call it, once a series and length, and
its results are put where ours are put, so that both write the same memory.

The EMA kernel is as fast as the matrix product of numpy's BLAS. OpenBLAS picks a
product for AVX2 on processors it does not know by name; where that processor has
AVX-512, ``OPENBLAS_CORETYPE=SkylakeX`` in the environment shows what the other
product reaches.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction

import numpy as np
import talib
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bench.measure import Goal, Row, Unit, medians, peak_memory
from sellcore.arrays import Floats
from sellcore.average import averages
from sellcore.exact import below_average
from sellcore.rolling import RollingAverages
from sellcore.rule import LENGTHS, AverageKind

Booleans = NDArray[np.bool_]

SERIES, BARS = 500, 2_520
REPEATS = 15
GOALS = {AverageKind.SMA: Goal(0.5, of_reference=True), AverageKind.EMA: Goal(0.45, True)}
TALIB: dict[AverageKind, Callable[[Floats, int], Floats]] = {
    AverageKind.SMA: talib.SMA,
    AverageKind.EMA: talib.EMA,
}


def closes_in_cents() -> Floats:
    """Return closes that wander around 100, shape (SERIES, BARS), to the cent."""
    steps = np.random.default_rng(7).normal(0, 0.012, (SERIES, BARS))
    return np.round(100 * np.exp(np.cumsum(steps, axis=1)), 2)


def rows() -> Iterable[Row]:
    """Yield every figure of this module."""
    closes = closes_in_cents()
    for kind in AverageKind:
        yield from batch_rows(kind, closes)
    for kind in AverageKind:
        yield accuracy_row(kind, closes)
    yield from decision_rows(closes)
    yield from rolling_rows(closes)


def talib_averages(kind: AverageKind, closes: Floats, out: Floats) -> Floats:
    """Write TA-Lib's averages of every length and series into ``out``."""
    function = TALIB[kind]
    for values, length in zip(out, LENGTHS, strict=True):
        for row, series in zip(values, closes, strict=True):
            row[:] = function(series, length)
    return out


def batch_rows(kind: AverageKind, closes: Floats) -> Iterable[Row]:
    """Compare the batch kernel, into memory in use and into fresh memory."""
    out = np.empty((len(LENGTHS), *closes.shape))
    what = f"{kind}, 7 lengths, {SERIES} x {BARS:,}"
    ours, theirs, machine = medians(
        [
            lambda: averages(closes, kind, out=out),
            lambda: talib_averages(kind, closes, out),
            lambda: np.copyto(out, closes),
        ],
        REPEATS,
    )
    yield Row(what, ours, Unit.SECONDS, theirs, "TA-Lib, same memory", machine, GOALS[kind])
    ours, theirs, machine = medians(
        [
            lambda: averages(closes, kind),
            lambda: talib_averages(kind, closes, np.empty(out.shape)),
            lambda: np.copyto(np.empty(out.shape), closes),
        ],
        REPEATS,
    )
    yield Row(f"{what}, fresh", ours, Unit.SECONDS, theirs, "TA-Lib, fresh memory", machine)
    used = peak_memory(lambda: averages(closes, kind)) - out.nbytes
    yield Row(f"{what}, peak beyond result", used, Unit.BYTES)


def accuracy_row(kind: AverageKind, closes: Floats) -> Row:
    """Compare both with fractions, on some series."""
    some = closes[::100]
    theirs = talib_averages(kind, some, np.empty((len(LENGTHS), *some.shape)))
    return Row(
        f"{kind}, largest relative error",
        largest_error(kind, some, averages(some, kind)),
        Unit.NUMBER,
        largest_error(kind, some, theirs),
        "TA-Lib",
        goal=Goal(1e-15),
    )


def largest_error(kind: AverageKind, closes: Floats, found: Floats) -> float:
    """Return the largest relative distance from the exact averages, every 40th bar."""
    largest = Fraction()
    for values, length in zip(found, LENGTHS, strict=True):
        for row, series in zip(values, closes, strict=True):
            exact = [Fraction(close) for close in series.tolist()]
            total = average = sum(exact[:length], Fraction())
            average /= length
            for bar in range(length, len(exact)):
                if kind is AverageKind.SMA:
                    total += exact[bar] - exact[bar - length]
                    average = total / length
                else:
                    # 300 binary places: far more than is compared, and a fraction that stays small
                    average += Fraction(2, length + 1) * (exact[bar] - average)
                    average = Fraction(round(average * 2**300), 2**300)
                if bar % 40 == 0:
                    largest = max(largest, abs(Fraction(float(row[bar])) / average - 1))
    return float(largest)


def decision_rows(closes: Floats) -> Iterable[Row]:
    """Compare exact decisions with TA-Lib's floats: the time, and the cells that differ."""
    for kind in AverageKind:

        def exactly(kind: AverageKind = kind) -> list[object]:
            return [below_average(row, kind, 50) for row in closes]

        def in_floats(kind: AverageKind = kind) -> list[object]:
            return [row < TALIB[kind](row, 50) for row in closes]

        ours, theirs = medians([exactly, in_floats], 5)
        yield Row(
            f"below {kind}(50), exact, {SERIES} x {BARS:,}",
            ours,
            reference=theirs,
            against="TA-Lib and <, not exact",
        )
    ours, theirs = (
        sum(wrong_cells(row, decide) for row in closes) for decide in (below_sma, below_talib_sma)
    )
    yield Row(
        f"SMA cells decided wrongly, of {closes.size * len(LENGTHS):,}",
        ours,
        Unit.NUMBER,
        theirs,
        "TA-Lib and <",
        goal=Goal(0),
    )


def below_sma(closes: Floats, length: int) -> Booleans:
    """Decide exactly."""
    return below_average(closes, AverageKind.SMA, length)


def below_talib_sma(closes: Floats, length: int) -> Booleans:
    """Decide by comparing floats."""
    return closes < talib.SMA(closes, length)


def wrong_cells(closes: Floats, decide: Callable[[Floats, int], Booleans]) -> int:
    """Count the cells of one series that whole cents, added up anew for each, contradict."""
    cents = np.rint(closes * 100).astype(np.int64)
    wrong = 0
    for length in LENGTHS:
        sums = sliding_window_view(cents, length).sum(axis=1)
        below = cents[length - 1 :] * length < sums
        wrong += int(np.count_nonzero(decide(closes, length)[length - 1 :] != below))
    return wrong


def rolling_rows(closes: Floats) -> Iterable[Row]:
    """Measure one new bar for every series, and what a million of them do to the averages."""
    half = BARS - 2_000
    rolling = RollingAverages.start(closes[:, :half])
    every = np.arange(SERIES)
    bars = iter(closes[:, half:].T.copy())
    result = np.empty((2, len(LENGTHS), SERIES))
    ours, machine = medians(
        [lambda: rolling.add(every, next(bars)), lambda: result.copy()], BARS - half - 1
    )
    yield Row(f"one new bar, {SERIES} x 14 averages", ours, machine=machine, goal=Goal(100e-6))
    batch = [averages(closes, kind)[:, :, -1] for kind in AverageKind]
    kept = (rolling.sma, rolling.ema)
    drift = max(
        float(np.max(np.abs(now / then - 1))) for now, then in zip(kept, batch, strict=True)
    )
    yield Row("drift after a million updates", drift, Unit.NUMBER, goal=Goal(1e-12))
