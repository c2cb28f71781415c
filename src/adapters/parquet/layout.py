"""What lies in the cache folder. No name depends on a ticker, so none can lead out of it."""

from pathlib import Path

from sellcore.timeframe import Granularity, Timeframe

SCHEMA_VERSION = 1
"""Of every file here; raised when an older program could misread what is written."""

BASES = {Granularity.HALF_HOUR: "bars-30m.parquet", Granularity.DAY: "bars-1d.parquet"}
"""The bars up to the last compaction."""

JOURNAL = "bars.journal"
"""What was merged since, of both granularities: one write and one sync make it durable."""

AVERAGES = {Timeframe.HOUR: "averages-1h.parquet", Timeframe.DAY: "averages-1d.parquet"}
"""Computed values; they can always be made anew from the bars."""

LOCK = ".lock"
STAGED = ".new"
"""Suffix of a file that is being written and has not taken its name yet."""

DAMAGED = ".damaged-"
"""Between the old name and a number: a file that could not be read."""


def durable_files(folder: Path) -> list[Path]:
    """Return the paths of all files that the stores write under their own name."""
    return [folder / name for name in (*BASES.values(), JOURNAL, *AVERAGES.values())]
