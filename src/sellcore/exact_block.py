"""
Decisions of many series and many averages at once, exact on every cell.

What ``sellcore.exact`` settles for one series and one length is shared here by all:
the ticks of the closes, their running totals, the float averages. A series whose
closes are no common decimals (adjusted prices, say) is compared in floats, and what
floats cannot tell is left to ``sellcore.exact``.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.arrays import Booleans, Counts, Floats, Places
from sellcore.average import averages
from sellcore.exact import sides_of_average
from sellcore.exact_ema import error_bound
from sellcore.rule import AverageKind, AverageName
from sellcore.ticks import EXACT

Whole = NDArray[np.int32] | NDArray[np.int64]

_DECIMALS = (2, 4, 6)
"""What prices are quoted in, most of them."""

_FEW = 30
"""Up to so many windows are settled one by one, which is quicker than the whole series."""


@frozen(eq=False)
class Sides:
    """
    On which side of its averages each bar closed; above where it is none of these.

    Attributes:
        below: Shape (averages, series, n): strictly below. False in the warm-up, which
            is the first length - 1 bars.
        equal: For each average the places where the close equals it, ascending, counted
            through (series, n) row by row.
    """

    below: Booleans
    equal: tuple[Places, ...]


def sides(closes: Floats, counts: Counts, asked: Sequence[AverageName]) -> Sides:
    """
    Compare every close with every average, exactly.

    Args:
        closes: Prices, shape (series, n) in C order, finite. Each counts as the decimal that
            was quoted. Behind its own bars a series is padded with any price.
        counts: Shape (series,), how many bars each series has; what is said of the
            places behind them means nothing.
        asked: Kinds and lengths, each length from 1 to n.

    Source:
        Equal to ``sellcore.exact.below_average`` on every cell.
    """
    below = np.empty((len(asked), *closes.shape), dtype=np.bool_)
    equal: list[Places] = [np.empty(0, dtype=np.intp)] * len(asked)
    for kind in AverageKind:
        numbers = [number for number, (family, _) in enumerate(asked) if family is kind]
        lengths = [asked[number][1] for number in numbers]
        if not numbers:
            continue
        outs = [below[number] for number in numbers]
        if kind is AverageKind.SMA:
            ties = _smas(closes, counts, lengths, outs)
        else:
            ties = _in_floats(closes, counts, kind, lengths, outs)
        for number, places in zip(numbers, ties, strict=True):
            equal[number] = places
    return Sides(below, tuple(equal))


def _smas(
    closes: Floats, counts: Counts, lengths: Sequence[int], outs: Sequence[Booleans]
) -> list[Places]:
    """Compare with SMAs: series with common decimals in whole ticks, the others in floats."""
    whole, quoted = _ticks(closes, max(lengths))
    if quoted.all():
        return _in_ticks(whole, lengths, outs)
    ties: list[list[Places]] = [[] for _ in lengths]
    for rows in (np.flatnonzero(quoted), np.flatnonzero(~quoted)):
        parts = [np.empty((len(rows), closes.shape[1]), dtype=np.bool_) for _ in lengths]
        if quoted[rows].all():
            found = _in_ticks(whole[rows], lengths, parts)
        else:
            found = _in_floats(closes[rows], counts[rows], AverageKind.SMA, lengths, parts)
        for out, part, places, all_places in zip(outs, parts, found, ties, strict=True):
            out[rows] = part
            row, bar = np.divmod(places, closes.shape[1])
            all_places.append(rows[row] * closes.shape[1] + bar)
    return [np.sort(np.concatenate(places)) for places in ties]


def _ticks(closes: Floats, longest: int) -> tuple[Whole, Booleans]:
    """
    Return closes in ticks of one size, and for which series that is exact.

    Source:
        ``sellcore.ticks.EXACT``: a scaled price below it names its decimal. Windows of
        ``longest`` closes are summed in as few bits as hold them; 32 are twice as quick.
    """
    largest = float(np.max(np.abs(closes)))
    whole, quoted = closes, np.zeros(len(closes), dtype=np.bool_)
    for decimals in _DECIMALS:
        scale = 10.0**decimals
        if largest * scale >= EXACT or largest * scale * longest >= 2.0**62:
            break
        scaled = np.rint(closes * scale)
        fits = (scaled / scale == closes).all(axis=1)
        if np.count_nonzero(fits) > np.count_nonzero(quoted):
            whole, quoted = scaled, fits
        if fits.all():
            break
    most = float(np.max(np.abs(whole))) * longest
    ticks: Whole = whole.astype(np.int32) if most < 2.0**30 else whole.astype(np.int64)
    return ticks, quoted


def _in_ticks(whole: Whole, lengths: Sequence[int], outs: Sequence[Booleans]) -> list[Places]:
    """
    Compare length times each close with the sum of its window.

    Rows lie end to end; a window that runs over the end of one lands in the warm-up of
    the next. The totals may wrap around, their differences are right all the same.
    """
    n = whole.shape[1]
    flat = whole.reshape(-1)
    totals = np.zeros(len(flat) + 1, dtype=whole.dtype)
    np.cumsum(flat, out=totals[1:])
    sums, scaled = np.empty_like(flat), np.empty_like(flat)
    ties = []
    for length, out in zip(lengths, outs, strict=True):
        own_sums, own = sums[length - 1 :], scaled[length - 1 :]
        np.subtract(totals[length:], totals[:-length], out=own_sums)
        np.multiply(flat[length - 1 :], length, out=own)
        np.greater(own_sums, own, out=out.reshape(-1)[length - 1 :])
        out[:, : length - 1] = False
        places = np.flatnonzero(own_sums == own) + (length - 1)
        ties.append(places[places % n >= length - 1])
    return ties


def _in_floats(
    closes: Floats,
    counts: Counts,
    kind: AverageKind,
    lengths: Sequence[int],
    outs: Sequence[Booleans],
) -> list[Places]:
    """
    Compare with float averages, and settle exactly where they are too near.

    An SMA errs less than the bound, which is an EMA's.
    """
    n = closes.shape[1]
    largest = np.max(np.abs(closes), axis=1).tolist()
    bound = np.array([[error_bound(n, max(lengths), price)] for price in largest])
    low, high = closes - bound, closes + bound
    maybe = np.empty_like(outs[0])
    ties = []
    for length, out, means in zip(lengths, outs, averages(closes, kind, lengths), strict=True):
        np.greater(means, high, out=out)
        np.greater_equal(means, low, out=maybe)
        # What is above the bound is above its other side, too: equal counts, equal cells.
        settled = np.count_nonzero(out) == np.count_nonzero(maybe)
        near = [] if settled else _near(out != maybe, counts)
        places = [
            row * n + _settle(closes[row, : counts[row]], kind, length, bars, out[row])
            for row, bars in near
        ]
        ties.append(np.concatenate(places) if places else np.empty(0, dtype=np.intp))
    return ties


def _near(unsure: Booleans, counts: Counts) -> list[tuple[int, Places]]:
    """Return the series that have unsure bars among their own, and those bars."""
    own = unsure & (np.arange(unsure.shape[1]) < counts[:, np.newaxis])
    return [(int(row), np.flatnonzero(own[row])) for row in np.flatnonzero(own.any(axis=1))]


def _settle(closes: Floats, kind: AverageKind, length: int, bars: Places, out: Booleans) -> Places:
    """Write whether one series closed below its average, and return where the two are equal."""
    if kind is AverageKind.SMA and len(bars) <= _FEW:
        windows = [closes[bar + 1 - length : bar + 1] for bar in bars]
        exact = np.array([sides_of_average(window, kind, length)[-1] for window in windows])
    else:
        bars = np.arange(length - 1, len(closes))
        exact = sides_of_average(closes, kind, length)[length - 1 :]
    out[bars] = exact < 0
    equal: Places = bars[exact == 0]
    return equal
