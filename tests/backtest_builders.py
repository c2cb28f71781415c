"""Bars for backtests, and an account counted by a plain loop that shares no code with ours."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from attrs import frozen
from tests.builders import nasdaq

from sellcore import BarSeries, MovingAverageRule, aggregate
from sellcore.backtest import Costs
from sellcore.instant import from_epoch

DAY = 86_400
OPENS = 1_577_975_400  # 2020-01-02T14:30:00Z, a Thursday on which New York traded
SHARED = Path(__file__).parents[1].parent / "shared" / "data"


def daily(
    closes: Sequence[float],
    opens: Sequence[float] | None = None,
    *,
    highs: Sequence[float] | None = None,
    lows: Sequence[float] | None = None,
    volume: float = 1e9,
    first: int = OPENS,
) -> BarSeries:
    """Return a bar for each day, opening at the close before unless told otherwise."""
    count = len(closes)
    opened = [closes[0], *closes[:-1]] if opens is None else opens
    start = first + DAY * np.arange(count)
    high = [max(pair) for pair in zip(opened, closes, strict=True)] if highs is None else highs
    low = [min(pair) for pair in zip(opened, closes, strict=True)] if lows is None else lows
    return BarSeries(start, start + 23_400, opened, high, low, closes, np.full(count, volume))


def hourly(closes: Sequence[float], a_day: int = 7, volume: float = 1e9) -> BarSeries:
    """Return so many hours a day, each opening at the close before."""
    count = np.arange(len(closes))
    start = OPENS + DAY * (count // a_day) + 3_600 * (count % a_day)
    opened = np.array([closes[0], *closes[:-1]])
    closed = np.array(closes)
    high, low = np.maximum(opened, closed), np.minimum(opened, closed)
    return BarSeries(start, start + 3_600, opened, high, low, closed, np.full(len(closes), volume))


def random_walk(count: int, seed: int, step: float = 0.015) -> tuple[list[float], list[float]]:
    """Return opens and closes in cents, with gaps between a close and the next open."""
    rng = np.random.default_rng(seed)
    closes = np.round(100 * np.exp(np.cumsum(rng.normal(0, step, count))), 2)
    gaps = rng.normal(0, step / 3, count)
    opens = np.round(np.concatenate(([100.0], closes[:-1])) * np.exp(gaps), 2)
    return opens.tolist(), closes.tolist()


def stored(name: str, symbol: str | None = None) -> dict[str, np.ndarray]:
    """Return the columns of a file of real bars."""
    table = pq.read_table(SHARED / name)
    columns = {each: table[each].to_numpy(zero_copy_only=False) for each in table.column_names}
    if symbol is not None:
        wanted = columns["symbol"] == symbol
        columns = {each: values[wanted] for each, values in columns.items()}
    columns["ts"] = columns["ts"].astype("datetime64[s]").astype(np.int64)
    return columns


def real_days(
    name: str, symbol: str | None = None, *, scale: np.ndarray | float = 1.0
) -> BarSeries:
    """Return real daily bars, their prices divided by ``scale``."""
    columns = stored(name, symbol)
    start = columns["ts"] + 52_200  # 14:30 UTC, New York's open in winter
    prices = [columns[each].astype(float) / scale for each in ("open", "high", "low", "close")]
    return BarSeries(start, start + 23_400, *prices, columns["volume"].astype(float))


def real_hours() -> BarSeries:
    """Return real hourly bars of SPY, cut from recorded half hours."""
    columns = stored("intraday/spy_30min_2018_2020h1.parquet")
    prices = [columns[each] for each in ("open", "high", "low", "close", "volume")]
    half_hours = BarSeries(columns["ts"], columns["ts"] + 1_800, *prices)
    days = [from_epoch(int(half_hours.start[place])).date() for place in (0, -1)]
    return aggregate(half_hours, nasdaq(*days))


@frozen
class Counted:
    """What the plain loop comes to: equity and cash at each close, and prices of its fills."""

    equity: list[float]
    cash: list[float]
    fills: list[tuple[int, str, float, float]]


def plain_loop(
    bars: BarSeries,
    rule: MovingAverageRule,
    *,
    costs: Costs,
    reclaim: bool,
    same_close: bool,
    whole: bool,
    capital: float = 100_000.0,
    since: int = 0,
) -> Counted:
    """Count an account bar by bar from a row on, in floats, its decisions in whole numbers."""
    side = list(plain_sides(bars.close.tolist(), str(rule.kind), rule.length))
    first = max(rule.required_bars - 1, since)
    opens, closes = bars.open.tolist(), bars.close.tolist()
    counted = Counted([], [], [])
    cash, shares, wants = capital, 0.0, "buy"
    for row in range(first, len(closes)):

        def trade(price: float, row: int = row) -> None:
            nonlocal cash, shares, wants
            if wants == "buy" and not shares:
                paid = price * (1 + costs.slippage_bps / 10_000)
                shares = most_shares(cash, paid, costs, whole)
                cash -= shares * paid + commission(shares, paid, costs)
                if shares:
                    counted.fills.append((row, "BUY", shares, paid))
            if wants == "sell" and shares:
                paid = price * (1 - costs.slippage_bps / 10_000)
                counted.fills.append((row, "SELL", shares, paid))
                cash += shares * paid - commission(shares, paid, costs)
                shares = 0.0
            wants = ""

        trade(opens[row])
        if side[row] < 0 and shares:
            wants = "sell"
        elif side[row] > 0 and not shares and reclaim:
            wants = "buy"
        if same_close:
            trade(closes[row])
        counted.equity.append(cash + shares * closes[row])
        counted.cash.append(cash)
    return counted


def plain_sides(closes: Sequence[float], kind: str, length: int) -> Iterator[int]:
    """Say of each bar on which side of its average it closed, in whole numbers."""
    quoted = [Decimal(repr(close)) for close in closes]
    unit = min(price.as_tuple().exponent for price in quoted)
    ticks = [int(price.scaleb(-unit)) for price in quoted]
    total, scale = 0, 1
    for row, tick in enumerate(ticks):
        if row < length:
            total += tick
            scale = length
        elif kind == "SMA":
            total += tick - ticks[row - length]
        else:
            total, scale = (length - 1) * total + 2 * tick * scale, (length + 1) * scale
        below, above = tick * scale < total, tick * scale > total
        yield above - below if row >= length - 1 else 0


def commission(shares: float, price: float, costs: Costs) -> float:
    """Return the commission as a broker's price list tells it."""
    if not shares:
        return 0.0
    asked = costs.fixed + costs.per_share * shares + costs.percent / 100 * shares * price
    if asked < costs.minimum:
        asked = costs.minimum
    if costs.maximum_pct is not None and asked > costs.maximum_pct / 100 * shares * price:
        asked = costs.maximum_pct / 100 * shares * price
    return asked


def most_shares(budget: float, price: float, costs: Costs, whole: bool) -> float:
    """Return the most shares a budget buys, by trying."""
    if whole:
        count = int(budget / price)
        while count and count * price + commission(count, price, costs) > budget:
            count -= 1
        return float(count)
    low, high = 0.0, budget / price
    for _ in range(200):
        middle = (low + high) / 2
        if middle * price + commission(middle, price, costs) <= budget:
            low = middle
        else:
            high = middle
    return low
