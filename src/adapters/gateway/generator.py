"""
The seeded generator: prices that look like a market's, the same for every run.

Every random number is a hash of (seed, con_id, day, place), so any day can be
made by itself and in any order. A day's open and close follow from daily
steps; the minutes between are a random walk bent so as to end at that close.
Daily bars are cut from those same minutes.
"""

from datetime import date

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from adapters.gateway.columns import Columns, Integers, grouped, join
from adapters.gateway.hours import SessionColumns

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

_TICK = 0.01
_DAYS_A_YEAR = 252
_OVERNIGHT_SHARE = 0.3
"""How much of a day's variance happens while the market is closed."""


@frozen
class Recipe:
    """
    What a listing's prices look like.

    Attributes:
        seed: The scenario's.
        con_id: Tells listings apart.
        price: Last close before ``anchor``, in the currency.
        anchor: The day the scenario starts on, as a proleptic ordinal.
        first_day: First trading day.
        drift: Yearly trend, as a fraction.
        volatility: Yearly, as a fraction.
    """

    seed: int
    con_id: int
    price: float
    anchor: int
    first_day: date
    drift: float
    volatility: float


@define
class Generator:
    """Makes the minutes of one listing, day by day, as they are asked for."""

    recipe: Recipe
    sessions: SessionColumns = field()
    """From the recipe's first day to the last that can be asked for."""
    _opening: Floats = field(init=False)
    _closing: Floats = field(init=False)
    _days: dict[int, Columns] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        gap, move = self._daily_steps()
        level = np.cumsum(gap + move)
        before = int(np.searchsorted(self.sessions.day, self.recipe.anchor)) - 1
        shift = np.log(self.recipe.price) - (level[before] if before >= 0 else 0.0)
        self._closing = level + shift
        self._opening = self._closing - move

    def minutes(self, first: int, last: int) -> Columns:
        """
        Return the minute bars of some sessions.

        Args:
            first: Row in ``sessions`` of the first.
            last: Row after the last.
        """
        missing = [row for row in range(first, last) if row not in self._days]
        for rows in _of_one_length(self.sessions, missing):
            bars, each = self._paths(rows)
            for i, row in enumerate(rows.tolist()):
                self._days[row] = bars[i * each : (i + 1) * each]
        return join([self._days[row] for row in range(first, last)])

    def daily(self, first: int, last: int) -> Columns:
        """Return one bar per session, cut from its minutes, which are not kept."""
        parts: dict[int, Columns] = {}
        for rows in _of_one_length(self.sessions, list(range(first, last))):
            bars, each = self._paths(rows)
            key = np.repeat(rows, each)
            start = np.repeat(self.sessions.open[rows], each)
            end = np.repeat(self.sessions.close[rows], each)
            cut = grouped(bars, key, start, end)
            parts.update({row: cut[i : i + 1] for i, row in enumerate(rows.tolist())})
        return join([parts[row] for row in range(first, last)])

    def _daily_steps(self) -> tuple[Floats, Floats]:
        days = self.sessions.day
        yearly = self.recipe.volatility / np.sqrt(_DAYS_A_YEAR)
        gap = self._normal(days, 1) * yearly * np.sqrt(_OVERNIGHT_SHARE)
        move = self._normal(days, 2) * yearly * np.sqrt(1 - _OVERNIGHT_SHARE)
        return gap, move + np.log1p(self.recipe.drift) / _DAYS_A_YEAR

    def _paths(self, rows: Integers) -> tuple[Columns, int]:
        """Return the minutes of sessions of one length, day after day, and how many a day has."""
        day, opened = self.sessions.day[rows], self.sessions.open[rows]
        count = int((self.sessions.close[rows[0]] - opened[0]) // 60)
        place = day[:, None] * 2000 + np.arange(count)[None, :]
        step = self.recipe.volatility / np.sqrt(_DAYS_A_YEAR * count)
        walk = np.cumsum(self._normal(place, 3) * step, axis=1)
        share = np.arange(1, count + 1) / count
        line = self._opening[rows][:, None] + share * (self._closing - self._opening)[rows][:, None]
        close = _ticks(np.exp(line + walk - share * walk[:, -1:]))
        first = _ticks(np.exp(self._opening[rows]))[:, None]
        opening = np.concatenate([first, close[:, :-1]], axis=1)
        wick_up, wick_down, size, _ = self._lanes(place, 4)
        reach = np.maximum(close * step, 0.5)
        high = np.maximum(opening, close) + np.floor(wick_up * reach)
        low = np.maximum(np.minimum(opening, close) - np.floor(wick_down * reach), 1.0)
        busy = 1 + 3 * (2 * share - 1) ** 2
        volume = np.floor(200 + 4000 * busy * size**2)
        start = (opened[:, None] + 60 * np.arange(count)[None, :]).ravel()
        prices = tuple(np.round(ticks.ravel() * _TICK, 2) for ticks in (opening, high, low, close))
        return Columns.of_prices(
            start, start + 60, (prices[0], prices[1], prices[2], prices[3]), volume.ravel()
        ), count

    def _normal(self, place: Integers, stream: int) -> Floats:
        """Return numbers of mean 0 and variance 1, nearly normal: four uniform ones summed."""
        total: Floats = np.sum(self._lanes(place, stream), axis=0)
        spread: Floats = (total - 2.0) * np.sqrt(3.0)
        return spread

    def _lanes(self, place: Integers, stream: int) -> list[Floats]:
        """Return four numbers in [0, 1) for each place."""
        word = _mixed(
            place.astype(np.uint64) + np.uint64(self.recipe.con_id % 2**31 << 24),
            self.recipe.seed * 8 + stream,
        )
        return [
            ((word >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.float64) / 65536
            for shift in (0, 16, 32, 48)
        ]


def _mixed(words: Words, salt: int) -> Words:
    """Return well-spread hashes of words: the finalizer of splitmix64, applied twice."""
    mixed = words ^ np.uint64(salt * 0x9E3779B97F4A7C15 % 2**64)
    for _ in range(2):
        mixed = mixed + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed


def _ticks(price: Floats) -> Floats:
    return np.maximum(np.round(price / _TICK), 1.0)


def _of_one_length(sessions: SessionColumns, rows: list[int]) -> list[Integers]:
    """Return the rows, parted by how long their sessions are."""
    chosen = np.array(rows, dtype=np.int64)
    length = (sessions.close - sessions.open)[chosen] if rows else chosen
    return [chosen[length == each] for each in np.unique(length)]
