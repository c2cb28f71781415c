"""
The EMA kernel: blocks of bars times a triangular matrix of powers.

With r = (length - 1) / (length + 1), the bars of a block and the EMA before it
(its carry, an extra column) give all EMAs of the block in one matrix product.
Every weight is a power of r, worked out to 60 digits and rounded once, and all
weights are positive, so nothing cancels. The EMAs at the block ends obey a
recurrence of the same form, with a power of r in the place of r, and are found
in the same way one level up. Rounding thus passes through a handful of
products, not through one step per bar.
"""

from collections.abc import Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from functools import lru_cache

import numpy as np

from sellcore.arrays import Floats

BLOCK = 16
"""Bars in a block: longer ones cost more arithmetic, shorter ones more carries."""

UPPER_BLOCK = 16
"""Values in a block of the levels above, where fewer levels matter more than arithmetic."""

TILE = 200_000
"""Bars worked on at a time: they and what is derived from them stay in the cache."""

_DIGITS = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN)


def levels(n: int) -> int:
    """Return how many levels of products the EMAs of n bars pass through."""
    count, values = 1, -(-n // BLOCK)
    while values > 1:
        count, values = count + 1, -(-values // UPPER_BLOCK)
    return count


@lru_cache(maxsize=512)
def _block_weights(length: int, level: int) -> Floats:
    """Return shape (size + 1, size): what each value, and last the carry, adds to each sum."""
    size, stride = (BLOCK, 1) if level == 0 else (UPPER_BLOCK, BLOCK * UPPER_BLOCK ** (level - 1))
    ratio = _DIGITS.divide(Decimal(length - 1), Decimal(length + 1))
    gain = _DIGITS.divide(Decimal(2), Decimal(length + 1)) if level == 0 else Decimal(1)

    def weight(factor: Decimal, power: int) -> float:
        kept = _DIGITS.power(ratio, power * stride) if power else Decimal(1)
        return float(_DIGITS.multiply(factor, kept))

    own = [weight(gain, power) for power in range(size)]
    weights = np.zeros((size + 1, size))
    for row in range(size):
        weights[row, row:] = own[: size - row]
    weights[size] = [weight(Decimal(1), power + 1) for power in range(size)]
    return weights


@lru_cache(maxsize=64)
def _weights(lengths: tuple[int, ...], level: int) -> Floats:
    """Return the weights of several lengths, shape (len(lengths), size + 1, size)."""
    weights = np.stack([_block_weights(length, level) for length in lengths])
    weights.flags.writeable = False
    return weights


def write_emas(outs: Sequence[Floats], closes: Floats, lengths: Sequence[int]) -> None:
    """
    Write the EMA of every length.

    Args:
        outs: One array of shape (series, n) in C order for each length, written whole.
        closes: Shape (series, n), finite, n at least 1.
        lengths: Each at least 1.
    """
    series, n = closes.shape
    pairs = list(zip(outs, lengths, strict=True))
    within = [(out, length) for out, length in pairs if length <= n]
    seeded = [_seeded_block(closes, length) for _, length in within]
    rows = max(1, TILE // n)
    for first in range(0, series if within else 0, rows):
        tile = slice(first, first + rows)
        _write_tile(
            [out[tile] for out, _ in within],
            closes[tile],
            tuple(length for _, length in within),
            [block[tile, -1] for block in seeded],
        )
    for (out, length), block in zip(within, seeded, strict=True):
        first = (length - 1) // BLOCK * BLOCK
        out[:, first : first + BLOCK] = block[:, : n - first]
    for out, length in pairs:
        out[:, : length - 1] = np.nan


def _seeded_block(closes: Floats, length: int) -> Floats:
    """Return the EMAs of the block that holds the seed, zeros before it: shape (series, BLOCK)."""
    block, place = divmod(length - 1, BLOCK)
    after = closes[:, length : (block + 1) * BLOCK]
    bars = np.zeros((len(closes), BLOCK))
    seed = _sum_by_halves(closes[:, :length]) / length
    bars[:, place] = seed * ((length + 1) / 2)  # alpha times it is the seed
    bars[:, place + 1 : place + 1 + after.shape[1]] = after
    emas: Floats = bars @ _block_weights(length, 0)[:BLOCK]
    return emas


def _sum_by_halves(values: Floats) -> Floats:
    """Return sums over the last axis; a value passes through log2 of their number of additions."""
    series, count = values.shape
    half = 1 << (count - 1).bit_length()
    folded = np.zeros((series, half))
    folded[:, :count] = values
    while half > 1:
        half //= 2
        folded[:, :half] += folded[:, half : 2 * half]
    return folded[:, 0]


def _write_tile(
    outs: Sequence[Floats],
    closes: Floats,
    lengths: tuple[int, ...],
    seeded_ends: Sequence[Floats],
) -> None:
    """Write the EMAs of a few series, right from the block after the seed's on."""
    series, n = closes.shape
    weights = _weights(lengths, 0)
    padded = _in_blocks(closes, BLOCK)
    flat = padded.reshape(-1, BLOCK + 1)
    ends = (weights[:, :BLOCK, -1] @ flat[:, :BLOCK].T).reshape(len(lengths), series, -1)
    for end, length, seeded_end in zip(ends, lengths, seeded_ends, strict=True):
        block = (length - 1) // BLOCK
        end[:, :block] = 0.0
        end[:, block] = seeded_end
    carries = _decaying_sums(ends[:, :, :-1], lengths, 1)
    padded[:, 0, BLOCK] = 0.0
    whole = n // BLOCK
    for out, carry, weight, length in zip(outs, carries, weights, lengths, strict=True):
        padded[:, 1:, BLOCK] = carry
        after = (length - 1) // BLOCK + 1
        if after < whole:
            bars = out[:, after * BLOCK : whole * BLOCK].reshape(series, -1, BLOCK)
            np.matmul(padded[:, after:whole], weight, out=bars)
        if n % BLOCK:
            out[:, whole * BLOCK :] = (padded[:, whole] @ weight)[:, : n % BLOCK]


def _decaying_sums(values: Floats, lengths: tuple[int, ...], level: int) -> Floats:
    """
    Return y with y[j] = q * y[j - 1] + values[j], where q is what r decays to at that level.

    Args:
        values: Shape (len(lengths), series, m).
        lengths: They settle r.
        level: From 1.
    """
    kinds, series, m = values.shape
    if m == 0:
        return values
    weights = _weights(lengths, level)
    padded = _in_blocks(values, UPPER_BLOCK)
    flat = padded.reshape(kinds, -1, UPPER_BLOCK + 1)
    padded[:, :, 0, -1] = 0.0
    if padded.shape[2] > 1:
        ends = (flat[:, :, :-1] @ weights[:, :-1, -1:]).reshape(kinds, series, -1)
        padded[:, :, 1:, -1] = _decaying_sums(ends[:, :, :-1], lengths, level + 1)
    sums: Floats = (flat @ weights).reshape(kinds, series, -1)[:, :, :m]
    return sums


def _in_blocks(values: Floats, size: int) -> Floats:
    """Return shape (..., blocks, size + 1): values, zeros after the last, the carry not yet set."""
    *lead, n = values.shape
    full, rest = divmod(n, size)
    padded = np.empty((*lead, full + (rest > 0), size + 1))
    padded[..., :full, :size] = values[..., : n - rest].reshape(*lead, full, size)
    if rest:
        padded[..., full, :rest] = values[..., n - rest :]
        padded[..., full, rest:size] = 0.0
    return padded
