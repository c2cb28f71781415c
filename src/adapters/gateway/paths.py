"""The path of the price inside a bar: four trades, and what of them has happened yet."""

import numpy as np

from adapters.gateway.columns import Columns, Floats, Integers, join

TRADES_A_BAR = 4


def paths(bars: Columns) -> tuple[Integers, Floats]:
    """
    Return when and at which prices each bar trades, both of shape (n, 4).

    It opens at its start, goes to its low and then to its high when it rises,
    the other way round when it falls, and closes in its last second.
    """
    length = bars.end - bars.start
    after = (np.zeros_like(length), length // 3, 2 * length // 3, length - 1)
    rising = bars.close >= bars.open
    turns = (np.where(rising, bars.low, bars.high), np.where(rising, bars.high, bars.low))
    moments = bars.start[:, None] + np.stack(after, axis=1)
    return moments, np.stack((bars.open, *turns, bars.close), axis=1)


def until(bars: Columns, now: int) -> Columns:
    """Return the bars with the last one as far as it had come by ``now``."""
    if not len(bars) or bars.end[-1] <= now:
        return bars
    forming = bars[-1:]
    moments, prices = paths(forming)
    seen = prices[moments <= now]
    partial = Columns.of_prices(
        forming.start,
        forming.end,
        (seen[:1], [seen.max()], [seen.min()], seen[-1:]),
        np.floor(forming.volume * len(seen) / TRADES_A_BAR),
    )
    return join([bars[:-1], partial])


def single_trades(bars: Columns, now: int) -> Columns:
    """Return each trade by ``now`` as a bar of one second; their volumes add up to the bars'."""
    moments, prices = paths(bars)
    shares = np.arange(TRADES_A_BAR + 1) / TRADES_A_BAR
    volume = np.diff(np.floor(bars.volume[:, None] * shares), axis=1)
    done = (moments <= now).ravel()
    at, price = moments.ravel()[done], prices.ravel()[done]
    return Columns.of_prices(at, at + 1, (price, price, price, price), volume.ravel()[done])
