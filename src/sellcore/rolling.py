"""
All averages of many series, kept up to date one bar at a time.

SMAs come from whole ticks: each series keeps the running totals of its last
bars, and a window is the difference of two of them. Nothing is rounded before
the division, so after a million bars an SMA is as right as at first. An EMA
forgets its own rounding as it forgets old prices.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from attrs import define
from numpy.typing import ArrayLike, NDArray

from sellcore.arrays import Counts, Floats
from sellcore.average import averages
from sellcore.errors import InvalidValue
from sellcore.prices import read_prices
from sellcore.rule import LENGTHS, AverageKind
from sellcore.ticks import EXACT, ticks

Rows = NDArray[np.int64] | slice

_LONGEST = max(LENGTHS)
_RING = 256
_LAST = _RING - 1
_LENGTHS = np.array(LENGTHS, dtype=np.int64)[:, np.newaxis]
_ALPHAS = 2.0 / (_LENGTHS + 1)
_EVERY = slice(None)
_TOO_LARGE = 1e280


@define
class RollingAverages:
    """
    The SMA and the EMA of every length in LENGTHS, at the newest bar of S series.

    Begin with ``start``; ``add`` takes in new bars.
    """

    _sma: Floats
    _ema: Floats
    _bars: Counts
    _closes: Floats
    """Shape (S, 256), a ring: the close of bar number b, counted from 1, at b % 256."""
    _totals: Counts
    """The same ring: the ticks of all bars up to b, which may wrap around."""
    _scale: Floats
    """Shape (S,): ticks in one unit of currency; NaN where no tick fits the last prices."""

    @classmethod
    def start(cls, closes: Iterable[ArrayLike]) -> "RollingAverages":
        """
        Begin with the history of each series.

        Args:
            closes: Prices, shape (S, n), or S series of lengths that differ; oldest first.

        Raises:
            InvalidValue: a price is not a finite number, or a series not of shape (n,).
        """
        series = [_read(row) for row in closes]
        if any(row.ndim != 1 for row in series):
            raise InvalidValue("closes must be of shape (series, n), or series of shape (n,)")
        count = len(series)
        state = cls(
            sma=np.full((len(LENGTHS), count), np.nan),
            ema=_last_emas(series),
            bars=np.array([len(row) for row in series], dtype=np.int64),
            closes=np.zeros((count, _RING)),
            totals=np.zeros((count, _RING), dtype=np.int64),
            scale=np.ones(count),
        )
        for row, prices in enumerate(series):
            state._fill(row, prices[-_LONGEST:], len(prices))
        state._sma[:] = state._means(_EVERY, state._bars)
        return state

    @property
    def sma(self) -> Floats:
        """Shape (7, S), in each series' currency, NaN in the warm-up; a view, changed by add."""
        return _read_only(self._sma)

    @property
    def ema(self) -> Floats:
        """Shape (7, S), in each series' currency, NaN in the warm-up; a view, changed by add."""
        return _read_only(self._ema)

    @property
    def bars(self) -> Counts:
        """Shape (S,): how many bars each series has had."""
        return self._bars.copy()

    def add(self, rows: ArrayLike, closes: ArrayLike) -> None:
        """
        Take in one new bar of each of some series.

        Args:
            rows: Which series, shape (r,), each at most once.
            closes: Their closes, shape (r,).

        Raises:
            InvalidValue: a row or a close is not what it should be; nothing was taken in.
        """
        prices = _read(closes)
        chosen = self._read_rows(rows, prices.shape)
        bars = self._bars[chosen] + 1
        whole = self._to_ticks(chosen, prices, bars)
        row = np.arange(len(self._bars))[chosen]
        place, previous = bars & _LAST, (bars - 1) & _LAST
        self._closes[row, place] = prices
        self._totals[row, place] = self._totals[row, previous] + whole
        self._bars[chosen] = bars
        means = self._means(chosen, bars)
        emas = self._ema[:, chosen]
        emas = emas + _ALPHAS * (prices - emas)
        if len(bars) and bars.min() <= _LONGEST:
            emas = np.where(bars == _LENGTHS, means, emas)
        self._sma[:, chosen] = means
        self._ema[:, chosen] = emas

    def _read_rows(self, rows: ArrayLike, shape: tuple[int, ...]) -> Rows:
        """Return which rows are meant: all of them, in order, as a slice that copies nothing."""
        count = len(self._bars)
        chosen = np.asarray(rows)
        if len(shape) != 1 or chosen.shape != shape:
            raise InvalidValue(f"rows {chosen.shape} and closes {shape} must have one shape (r,)")
        if chosen.size == 0:
            return slice(0, 0)
        if chosen.dtype.kind not in "iu" or chosen.min() < 0 or chosen.max() >= count:
            raise InvalidValue(f"rows must be whole numbers from 0 to {count - 1}")
        met = np.zeros(count, dtype=np.bool_)
        met[chosen] = True
        if np.count_nonzero(met) != len(chosen):
            raise InvalidValue("a row occurs twice; add one bar of a series at a time")
        ordered = len(chosen) == count and bool((chosen[1:] > chosen[:-1]).all())
        return _EVERY if ordered else chosen.astype(np.int64, copy=False)

    def _to_ticks(self, chosen: Rows, prices: Floats, bars: Counts) -> Counts:
        """Return the prices in ticks of their series, making the ticks finer where needed."""
        scale = self._scale[chosen]
        scaled = np.rint(prices * scale)
        fits = (scaled / scale == prices) & (np.abs(scaled) < EXACT)
        if not fits.all():
            rows = np.arange(len(self._bars))[chosen]
            for at in np.flatnonzero(~fits).tolist():
                scaled[at] = self._rescale(int(rows[at]), float(prices[at]), int(bars[at]) - 1)
        return scaled.astype(np.int64)

    def _rescale(self, row: int, price: float, before: int) -> int:
        """Fit a series' ticks to its last bars and a new price; return that price in them."""
        if np.isnan(self._scale[row]):
            return 0
        kept = min(before, _LONGEST)
        places = np.arange(before - kept + 1, before + 1) & _LAST
        self._fill(row, np.append(self._closes[row, places], price), before + 1)
        totals = self._totals[row]
        return int(totals[(before + 1) & _LAST] - totals[before & _LAST])

    def _fill(self, row: int, prices: Floats, bars: int) -> None:
        """Write a series' last prices, the newest being bar number ``bars``, into its rings."""
        whole, decimals = ticks(prices)
        fits = whole.dtype != object and bool((np.abs(whole) < EXACT).all()) and decimals <= 22
        places = np.arange(bars - len(prices), bars + 1) & _LAST
        self._closes[row, places[1:]] = prices
        self._scale[row] = 10.0**decimals if fits else np.nan
        if fits:
            self._totals[row, places] = np.concatenate(([0], np.cumsum(whole)))

    def _means(self, chosen: Rows, bars: Counts) -> Floats:
        """Return the SMAs of some series, shape (7, r), from the rings."""
        scale = self._scale[chosen]
        rows = np.arange(len(self._bars))[chosen]
        first = rows * _RING
        totals = self._totals.reshape(-1)
        sums = totals.take(first + (bars & _LAST)) - totals.take(
            first + ((bars - _LENGTHS) & _LAST)
        )
        means: Floats = sums / (_LENGTHS * scale)
        loose = np.flatnonzero(np.isnan(scale))
        if len(loose):
            means[:, loose] = self._means_of_closes(rows[loose], bars[loose])
        if len(bars) and bars.min() < _LONGEST:
            means[bars < _LENGTHS] = np.nan
        return means

    def _means_of_closes(self, rows: Counts, bars: Counts) -> Floats:
        """Return SMAs of series that no tick fits: the closes added up, newest first."""
        places = (bars[:, np.newaxis] - np.arange(_LONGEST)) & _LAST
        sums = np.cumsum(self._closes[rows[:, np.newaxis], places], axis=1)
        means: Floats = sums[:, _LENGTHS[:, 0] - 1].T / _LENGTHS
        return means


def _read(closes: ArrayLike) -> Floats:
    prices, largest = read_prices(closes)
    if largest >= _TOO_LARGE:
        raise InvalidValue(f"close {largest} is no price; sums of {_LONGEST} would overflow")
    return prices


def _last_emas(series: Sequence[Floats]) -> Floats:
    """Return the EMAs at the end of each series, shape (7, S); NaN in the warm-up."""
    emas = np.full((len(LENGTHS), len(series)), np.nan)
    for bars in {len(row) for row in series} - {0}:
        rows = [i for i, row in enumerate(series) if len(row) == bars]
        for first in range(0, len(rows), 64):  # so that the history of few is in memory twice
            some = rows[first : first + 64]
            stack = np.stack([series[i] for i in some])
            emas[:, some] = averages(stack, AverageKind.EMA)[:, :, -1]
    return emas


def _read_only(values: Floats) -> Floats:
    view = values.view()
    view.flags.writeable = False
    return view
