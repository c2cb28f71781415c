"""
The SMA kernel: windowed sums as a chain of additions on flat tiles.

A window of a + b bars is a window of a bars and the window of b bars after
it, so every length is reached by adding sums that are already there: the seven
lengths of a rule take ten additions. Nothing is ever subtracted, which is why
the error stays at a few roundings however long the history is; running sums
lose seven digits on the same data.

Rows are laid end to end and cut into tiles that fit the cache. A window that
runs over the end of a row lands in the warm-up of the next one, where NaN is
written last.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from sellcore.arrays import Floats

TILE = 32_768
"""Bars in a tile: few enough for the cache, enough that a call costs little beside its work."""

Chain = tuple[tuple[int, int, int], ...]
"""Additions in order, each (total, part, other part); part 1 is the closes themselves."""


@lru_cache(maxsize=64)
def addition_chain(lengths: tuple[int, ...]) -> Chain:
    """Return additions that reach every length, each from sums that stand before it."""
    reached = {1}
    chain: list[tuple[int, int, int]] = []

    def reach(total: int) -> None:
        if total in reached:
            return
        part = next((p for p in sorted(reached, reverse=True) if total - p in reached), None)
        if part is None:
            part = total // 2 if total % 2 == 0 else total - 1
            reach(part)
            reach(total - part)
        chain.append((total, part, total - part))
        reached.add(total)

    for length in sorted(lengths):
        reach(length)
    return tuple(chain)


def write_smas(outs: Sequence[Floats], closes: Floats, lengths: Sequence[int]) -> None:
    """
    Write the SMA of every length.

    Args:
        outs: One array of shape (series, n) in C order for each length, written whole.
        closes: Shape (series, n), in C order, finite, n at least 1.
        lengths: Each at least 1.
    """
    pairs = list(zip(outs, lengths, strict=True))
    within = [(out.reshape(-1), length) for out, length in pairs if length <= closes.shape[1]]
    if within:
        _write_flat(within, closes.reshape(-1))
    for out, length in pairs:
        out[:, : length - 1] = np.nan


def _write_flat(wanted: Sequence[tuple[Floats, int]], flat: Floats) -> None:
    """Write means of flat windows: entry i is the mean of the window that ends at i."""
    chain = addition_chain(tuple(length for _, length in wanted))
    longest = max(length for _, length in wanted)
    tile = max(TILE, 4 * longest)
    reach = min(tile + longest - 1, len(flat))
    sums = {total: np.empty(reach - total + 1) for total, _, _ in chain}
    for first in range(0, len(flat), tile):
        sums[1] = flat[first : first + reach]
        bars = len(sums[1])
        for total, part, other in chain:
            count = max(0, bars - total + 1)
            earlier, later = sums[part][:count], sums[other][part : part + count]
            np.add(earlier, later, out=sums[total][:count])
        for out, length in wanted:
            count = max(0, min(tile, bars - length + 1))
            end = first + length - 1
            np.multiply(sums[length][:count], 1 / length, out=out[end : end + count])
