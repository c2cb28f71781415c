"""
Updates as the payload of a journal record, and back.

A record is columnar like the base: one row of ``_HEADS`` per series, then all
coverage intervals, then the seven bar columns, then the tickers. So a minute's
updates of a whole account are a few array copies, and so is reading them.
"""

import struct
from collections.abc import Iterator, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from adapters.parquet.damage import Damaged
from sellcore.arrays import Floats, Seconds
from sellcore.bar import BarSeries
from sellcore.bar_columns import COLUMNS
from sellcore.coverage import Coverage
from sellcore.errors import InvalidValue
from sellcore.series import SeriesKey, SeriesUpdate
from sellcore.timeframe import Granularity

_MERGE, _REPLACE, _DISCARD = range(3)
_COUNTS = struct.Struct("<IIII")  # series, intervals, bars, bytes of tickers
_HEADS = np.dtype(
    [
        ("con_id", "<i8"),
        ("intervals", "<u4"),
        ("bars", "<u4"),
        ("ticker", "<u4"),
        ("granularity", "u1"),
        ("action", "u1"),
        ("unused", "<u2"),  # keeps what follows on 8 bytes
    ]
)
_CODES = {Granularity.HALF_HOUR: 0, Granularity.DAY: 1}
_GRANULARITIES = {code: granularity for granularity, code in _CODES.items()}
_DTYPES = ["<i8" if name in ("start", "end") else "<f8" for name in COLUMNS]


@frozen
class _Batch:
    """The arrays of one or more records, in the order they were written."""

    heads: NDArray[np.void]
    intervals: NDArray[np.int64]
    columns: Sequence[Seconds | Floats]
    tickers: bytes


def encode(updates: Sequence[SeriesUpdate], discarded: Sequence[SeriesKey] = ()) -> bytes:
    """Return one payload; what is discarded in it is discarded after the updates."""
    tickers = [_bytes(u.key.ticker) for u in updates] + [_bytes(k.ticker) for k in discarded]
    heads = [
        (
            u.key.con_id,
            len(u.coverage.intervals),
            len(u.bars),
            len(ticker),
            _CODES[u.key.granularity],
            _REPLACE if u.replaces_all else _MERGE,
            0,
        )
        for u, ticker in zip(updates, tickers, strict=False)
    ]
    heads += [
        (key.con_id, 0, 0, len(ticker), _CODES[key.granularity], _DISCARD, 0)
        for key, ticker in zip(discarded, tickers[len(updates) :], strict=True)
    ]
    intervals = np.array([i for u in updates for i in u.coverage.intervals], dtype="<i8")
    columns = [
        np.concatenate([np.empty(0, dtype), *(getattr(u.bars, name) for u in updates)])
        for name, dtype in zip(COLUMNS, _DTYPES, strict=True)
    ]
    text = b"".join(tickers)
    payload = b"".join(
        [
            _COUNTS.pack(len(heads), len(intervals), len(columns[0]), len(text)),
            np.array(heads, dtype=_HEADS).tobytes(),
            intervals.tobytes(),
            *(c.astype(d, copy=False).tobytes() for c, d in zip(columns, _DTYPES, strict=True)),
            text,
        ]
    )
    return payload + bytes(-len(payload) % 8)


def squash(payloads: Sequence[bytes | memoryview]) -> dict[SeriesKey, SeriesUpdate | None]:
    """
    Return one update per series that does what all the payloads do in turn.

    None stands for a series that is discarded in the end. ``replaces_all`` says
    that the update does not build on what was stored before.

    Raises:
        Damaged: a payload is not what ``encode`` returned.
    """
    if not payloads:
        return {}
    batch = _joined([_decode(payload) for payload in payloads])
    if not len(batch.heads):
        return {}
    try:
        return dict(_net_updates(batch))
    except (InvalidValue, KeyError, UnicodeDecodeError) as error:
        raise Damaged(f"contradicts itself: {error}") from error


def _bytes(ticker: str) -> bytes:
    return ticker.encode("utf-8", "surrogatepass")


def _decode(payload: bytes | memoryview) -> _Batch:
    at = _COUNTS.size
    if len(payload) < at:
        raise Damaged("holds a record without content")
    series, intervals, bars, text = _COUNTS.unpack_from(payload)
    needed = at + series * _HEADS.itemsize + intervals * 16 + bars * 8 * len(COLUMNS) + text
    if not needed <= len(payload) < needed + 8:
        raise Damaged("holds a record that contradicts its own size")
    heads = np.frombuffer(payload, _HEADS, series, at)
    at += heads.nbytes
    pairs = np.frombuffer(payload, "<i8", 2 * intervals, at).reshape(-1, 2)
    at += pairs.nbytes
    columns = [np.frombuffer(payload, d, bars, at + 8 * bars * i) for i, d in enumerate(_DTYPES)]
    at += 8 * bars * len(columns)
    for name, total in (("intervals", intervals), ("bars", bars), ("ticker", text)):
        if int(heads[name].sum()) != total:
            raise Damaged(f"holds a record whose {name} do not add up")
    return _Batch(heads, pairs, columns, bytes(payload[at : at + text]))


def _joined(batches: Sequence[_Batch]) -> _Batch:
    return _Batch(
        np.concatenate([b.heads for b in batches]),
        np.concatenate([b.intervals for b in batches]),
        [np.concatenate([b.columns[i] for b in batches]) for i in range(len(COLUMNS))],
        b"".join(b.tickers for b in batches),
    )


def _net_updates(batch: _Batch) -> Iterator[tuple[SeriesKey, SeriesUpdate | None]]:
    heads = batch.heads
    slots, count = _slots(heads)
    entries = np.arange(len(heads))
    reset = np.full(count, -1)
    fresh_start = heads["action"] != _MERGE
    np.maximum.at(reset, slots[fresh_start], entries[fresh_start])
    last = np.full(count, -1)
    np.maximum.at(last, slots, entries)

    bars = _net_bars(batch, slots, reset)
    interval_ends = [0, *np.cumsum(heads["intervals"], dtype=np.int64).tolist()]
    ticker_ends = [0, *np.cumsum(heads["ticker"], dtype=np.int64).tolist()]
    for slot, entry in enumerate(last.tolist()):
        head = heads[entry]
        ticker = batch.tickers[ticker_ends[entry] : ticker_ends[entry + 1]]
        key = SeriesKey(
            int(head["con_id"]),
            _GRANULARITIES[int(head["granularity"])],
            ticker.decode("utf-8", "surrogatepass"),
        )
        if head["action"] == _DISCARD:
            yield key, None
            continue
        intervals = batch.intervals[interval_ends[entry] : interval_ends[entry + 1]].tolist()
        coverage = Coverage(tuple((low, high) for low, high in intervals))
        yield key, SeriesUpdate(key, bars[slot], coverage, replaces_all=bool(reset[slot] >= 0))


def _slots(heads: NDArray[np.void]) -> tuple[NDArray[np.intp], int]:
    """Return a number for each head that tells its series, and how many series there are."""
    order = np.lexsort((heads["granularity"], heads["con_id"]))
    ordered = heads[order]
    differs = np.zeros(len(heads), dtype=np.bool_)
    for name in ("granularity", "con_id"):
        differs[1:] |= ordered[name][1:] != ordered[name][:-1]
    slots = np.empty(len(heads), dtype=np.intp)
    slots[order] = np.cumsum(differs)
    return slots, int(differs.sum()) + 1


def _net_bars(batch: _Batch, slots: NDArray[np.intp], reset: NDArray[np.int64]) -> list[BarSeries]:
    """Return per slot the bars written since its last reset, the last one of each start."""
    entry = np.repeat(np.arange(len(batch.heads)), batch.heads["bars"])
    rows = np.flatnonzero(entry >= reset[slots[entry]])
    slot, start = slots[entry[rows]], batch.columns[0][rows]
    order = np.lexsort((start, slot))  # stable: of equal starts the latest stays behind
    slot, start, rows = slot[order], start[order], rows[order]
    superseded = (slot[1:] == slot[:-1]) & (start[1:] == start[:-1])
    kept = rows[np.append(~superseded, True)] if len(rows) else rows
    counts = np.bincount(slots[entry[kept]], minlength=len(reset))
    return BarSeries.split([column[kept] for column in batch.columns], counts.tolist())
