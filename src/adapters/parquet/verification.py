"""Holding a cache folder to what it promises: every checksum, every row, every interval."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from attrs import frozen

from adapters.parquet.average_store import decode_averages
from adapters.parquet.base_file import column_faults
from adapters.parquet.damage import Damaged
from adapters.parquet.durable import read_bytes
from adapters.parquet.layout import AVERAGES, BASES
from adapters.parquet.reading import read_cache
from adapters.parquet.sealed import NewerSchema
from sellcore.average_table import AverageTable
from sellcore.instant import from_epoch, iso
from sellcore.series import SeriesKey, StoredSeries
from sellcore.timeframe import SOURCE, Timeframe


@frozen
class Finding:
    """
    Something in a cache folder that is not as it should be.

    Attributes:
        place: A file's name, or a series as ``EXCHANGE:SYMBOL:granularity``.
        fault: What is wrong with it, and what comes of it.
    """

    place: str
    fault: str

    def __str__(self) -> str:
        return f"{self.place}: {self.fault}"


@frozen
class Verification:
    """
    The result of reading everything in a cache folder.

    Attributes:
        series: How many series were read.
        bars: How many bars they hold.
        findings: What is wrong; none where the cache is sound.
    """

    series: int
    bars: int
    findings: tuple[Finding, ...]


def verify(folder: Path) -> Verification:
    """
    Read every byte in ``folder`` and hold it to what it promises, changing nothing.

    Order, overlaps and prices are checked by reading: a file whose bars run
    backwards contradicts itself, and is a finding like any damage.

    Raises:
        StorageError: a file cannot be read at all, or a later program wrote it.
    """
    reading = read_cache(folder)
    findings = [
        Finding(damage.path.name, f"{damage.reason}; its bars are fetched anew at the next start")
        for damage in reading.damages
    ]
    findings += _column_findings(folder, {finding.place for finding in findings})
    for key, stored in reading.series.items():
        findings += [Finding(str(key), fault) for fault in _coverage_faults(stored)]
    for timeframe in AVERAGES:
        findings += _average_findings(folder, timeframe, reading.series)
    bars = sum(len(stored.bars) for stored in reading.series.values())
    return Verification(len(reading.series), bars, tuple(findings))


def _column_findings(folder: Path, damaged: set[str]) -> Iterator[Finding]:
    for granularity, name in BASES.items():
        content = read_bytes(folder / name)
        if content is None or name in damaged:
            continue
        try:
            faults = list(column_faults(bytes(content), granularity))
        except (Damaged, NewerSchema):
            continue  # sound a moment ago: a writer is at work on it
        yield from (Finding(name, f"{f}; 'sellcli cache rebuild' writes it anew") for f in faults)


def _coverage_faults(stored: StoredSeries) -> Iterator[str]:
    """Only bars behind all coverage may be unknown: they are forming, or late."""
    bars, known = stored.bars, stored.coverage
    settled = bars.until(known.until) if known.until is not None else bars[:0]
    stray = len(settled) - len(stored.closed)
    if stray:
        inside = set(stored.closed.end.tolist())
        first = next(end for end in settled.end.tolist() if end not in inside)
        yield (
            f"{stray} bars lie outside its coverage, the first ending {iso(from_epoch(first))}; "
            "they decide nothing until they are fetched again"
        )


def _average_findings(
    folder: Path, timeframe: Timeframe, series: Mapping[SeriesKey, StoredSeries]
) -> Iterator[Finding]:
    path = folder / AVERAGES[timeframe]
    content = read_bytes(path)
    if content is None:
        return
    try:
        table = decode_averages(path, content, timeframe)
    except Damaged as reason:
        yield Finding(path.name, f"{reason}; 'sellcli cache rebuild' computes it anew")
        return
    stale = _stale_rows(table, timeframe, series)
    if stale:
        yield Finding(
            path.name,
            f"{stale} rows do not fit the stored bars; 'sellcli cache rebuild' computes them anew",
        )


def _stale_rows(
    table: AverageTable, timeframe: Timeframe, series: Mapping[SeriesKey, StoredSeries]
) -> int:
    """Count the rows whose bar is stored with another close, or whose series is not stored."""
    stale = 0
    for con_id in np.unique(table.con_id).tolist():
        rows = table.con_id == con_id
        stored = series.get(SeriesKey(con_id, SOURCE[timeframe], ""))
        if stored is None:
            stale += int(rows.sum())
            continue
        _, bar, row = np.intersect1d(stored.bars.end, table.end[rows], return_indices=True)
        stale += int(np.sum(stored.bars.close[bar] != table.close[rows][row]))
    return stale
