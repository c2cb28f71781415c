"""Histories in files, and the command line in this process: a backtest is run many times over."""

import contextlib
import io
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import numpy as np
from attrs import frozen
from tests.builders import nasdaq

from sellcli.app import app
from sellcli.exits import guarded
from sellcore.bar import BarSeries
from sellcore.instant import to_epoch
from sellcore.session import Session

HEADER = "ts,open,high,low,close,volume\n"


@frozen
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str


def sellcli(folder: Path, *words: str) -> Done:
    """Run a command below ``folder``, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = guarded(lambda: app.main(list(words), prog_name="sellcli", standalone_mode=False))
    return Done(code, out.getvalue(), err.getvalue())


def sessions(count: int, first: date = date(2015, 1, 2)) -> tuple[Session, ...]:
    """Return so many trading days of New York, holidays left out."""
    return nasdaq(first, date(first.year + count // 240 + 1, 12, 31))[:count]


def walk(count: int, seed: int) -> tuple[list[float], list[float]]:
    """Return opens and closes in cents, with a gap over each night."""
    rng = np.random.default_rng(seed)
    closes = np.round(80 * np.exp(np.cumsum(rng.normal(0.0002, 0.015, count))), 2)
    opens = np.round(np.append(80.0, closes[:-1]) * np.exp(rng.normal(0, 0.004, count)), 2)
    return opens.tolist(), closes.tolist()


def day_rows(count: int, seed: int) -> list[str]:
    """Return the lines of a file of daily bars."""
    return [
        f"{session.day},{opened},{max(opened, closed)},{min(opened, closed)},{closed},100000"
        for session, opened, closed in zip(sessions(count), *walk(count, seed), strict=True)
    ]


def write_rows(folder: Path, name: str, rows: Sequence[str]) -> None:
    """Write a file of a data folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(HEADER + "".join(f"{row}\n" for row in rows))


def lay_out_days(folder: Path, symbols: Sequence[str], count: int = 400) -> None:
    """Write daily bars of some symbols of NASDAQ, each with a walk of its own."""
    for seed, symbol in enumerate(symbols):
        write_rows(folder, f"NASDAQ_{symbol}_1d.csv", day_rows(count, seed))


def series_of(count: int, seed: int) -> BarSeries:
    """Return the bars that ``day_rows`` writes down."""
    days, (opens, closes) = sessions(count), walk(count, seed)
    high, low = np.maximum(opens, closes), np.minimum(opens, closes)

    def seconds(moments: Sequence[datetime]) -> list[int]:
        return [to_epoch(moment) for moment in moments]

    starts, ends = seconds([day.open for day in days]), seconds([day.close for day in days])
    return BarSeries(starts, ends, opens, high, low, closes, np.full(count, 1e5))
