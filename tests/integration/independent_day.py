"""
A day decided a second time, by other means: plain loops and fractions over the data files.

Nothing here imports the product. New York's clock is taken from zoneinfo, sessions
are given by the test, hours are cut by hand, averages are exact.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
Row = tuple[datetime, Decimal, Decimal, Decimal, Decimal, int]


def session(day: date, close: time = time(16)) -> tuple[datetime, datetime]:
    """Return open and close of a New York session in UTC."""
    return (
        datetime.combine(day, time(9, 30), NEW_YORK).astimezone(UTC),
        datetime.combine(day, close, NEW_YORK).astimezone(UTC),
    )


def weekdays(first: date, last: date, closed: set[date]) -> list[date]:
    """Return the days from ``first`` to ``last`` that are neither weekend nor closed."""
    span = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in span if day.weekday() < 5 and day not in closed]


def made_up_bars(
    sessions: list[tuple[datetime, datetime]], seed: int, cents: int, step: timedelta
) -> Iterator[Row]:
    """Walk in cents; small steps on purpose, so that closes meet their averages exactly."""
    rng = Random(seed)
    for opened, closed in sessions:
        at = opened
        while at < closed:
            first = cents
            cents = max(500, cents + rng.choice((-9, -4, -2, -1, -1, 0, 0, 1, 1, 2, 4, 9)))
            high, low = max(first, cents) + rng.randrange(3), min(first, cents) - rng.randrange(3)
            prices = (Decimal(c) / 100 for c in (first, high, low, cents))
            yield (at, *prices, rng.randrange(100, 9000))  # type: ignore[misc]
            at += step


def write_csv(path: Path, rows: list[Row], *, daily: bool = False) -> None:
    """Write a file of the data folder."""
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["ts", "open", "high", "low", "close", "volume"])
        for at, *values in rows:
            stamp = f"{at:%Y-%m-%d}" if daily else f"{at:%Y-%m-%dT%H:%M:%SZ}"
            writer.writerow([stamp, *values])


def days_of(rows: list[Row]) -> list[Row]:
    """Fold intraday rows into one row a day, stamped with New York's date."""
    found: dict[date, list[Row]] = {}
    for row in rows:
        found.setdefault(row[0].astimezone(NEW_YORK).date(), []).append(row)
    return [
        (
            datetime.combine(day, time(), UTC),
            same[0][1],
            max(row[2] for row in same),
            min(row[3] for row in same),
            same[-1][4],
            sum(row[5] for row in same),
        )
        for day, same in sorted(found.items())
    ]


@dataclass(frozen=True)
class Closed:
    """A bar that has ended: when, and where it closed."""

    end: datetime
    close: Decimal


def hours(rows: list[Row], sessions: list[tuple[datetime, datetime]]) -> list[Closed]:
    """Cut finer rows into the hours of New York's clock, at open and close."""
    found = []
    for opened, closed in sessions:
        edge = opened
        while edge < closed:
            following = (edge + timedelta(hours=1)).replace(minute=0)
            following = min(following, closed)
            inside = [row for row in rows if edge <= row[0] < following]
            if inside:
                found.append(Closed(following, inside[-1][4]))
            edge = following
    return found


def days(rows: list[Row], sessions: list[tuple[datetime, datetime]]) -> list[Closed]:
    """Take each session's last close as its day's."""
    found = []
    for opened, closed in sessions:
        inside = [row for row in rows if opened <= row[0] < closed]
        if inside:
            found.append(Closed(closed, inside[-1][4]))
    return found


def below(closes: list[Decimal], kind: str, length: int) -> bool:
    """Say whether the last close lies strictly below its average, in fractions."""
    values = [Fraction(close) for close in closes]
    if kind == "SMA":
        return values[-1] < sum(values[-length:]) / length
    average = sum(values[:length]) / length
    for value in values[length:]:
        average += Fraction(2, length + 1) * (value - average)
    return values[-1] < average
