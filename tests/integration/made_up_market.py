"""A small made-up market to break things in: bars, a scenario, assignments, and an oracle."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.integration.cli import Json, when
from tests.integration.independent_day import (
    Closed,
    Row,
    below,
    days,
    days_of,
    hours,
    made_up_bars,
    session,
    weekdays,
    write_csv,
)

DAY = date(2022, 6, 15)
OPEN, CLOSE = session(DAY)
HOLIDAYS = {date(2022, 4, 15), date(2022, 5, 30)}
RULES = {
    "NASDAQ:AAA": ("SMA", 5, "1H"),
    "NYSE:BBB": ("EMA", 10, "1H"),
    "ARCA:CCC": ("SMA", 10, "D"),
}
PRICES = {"NASDAQ:AAA": 9000, "NYSE:BBB": 12000, "ARCA:CCC": 7000}
"""What each begins at, in cents."""


@dataclass(frozen=True)
class Market:
    """
    What was traded.

    Attributes:
        bars: Five-minute bars by ticker.
        sessions: All sessions, open and close.
        splits: Instant, new shares, old shares.
    """

    bars: Mapping[str, list[Row]]
    sessions: list[tuple[datetime, datetime]]
    splits: Sequence[tuple[datetime, int, int]] = ()

    def closed(self, ticker: str, timeframe: str) -> list[Closed]:
        """Return all bars of ``ticker`` in the end."""
        return (hours if timeframe == "1H" else days)(list(self.bars[ticker]), self.sessions)

    def quoted(self, close: Decimal, at: datetime) -> Decimal:
        """Return a close as it is quoted at an instant: after a split, to four decimals."""
        for since, new, old in self.splits:
            if since <= at:
                close = (close * old / new).quantize(Decimal("0.0001"))
        return close


def market(last: date = DAY, weeks: int = 9, seed: int = 40) -> Market:
    """Make up the bars of the weeks up to ``last``; another seed makes other prices."""
    history = weekdays(last - timedelta(weeks=weeks), last, HOLIDAYS)
    sessions = [session(day) for day in history]
    step = timedelta(minutes=5)
    made = {
        ticker: list(made_up_bars(sessions, number, cents, step))
        for number, (ticker, cents) in enumerate(PRICES.items(), seed)
    }
    return Market(made, sessions)


def lay_out(folder: Path, market: Market) -> None:
    """Write the bars to ``folder``."""
    folder.mkdir(parents=True)
    for ticker, rows in market.bars.items():
        name = ticker.replace(":", "_")
        write_csv(folder / f"{name}_5m.csv", rows)
        write_csv(folder / f"{name}_1d.csv", days_of(rows), daily=True)


def stamp(moment: datetime) -> str:
    """Return an instant as TOML and JSON have it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def scenario(
    bars: Path,
    *,
    start: datetime = OPEN - timedelta(minutes=5),
    end: datetime = OPEN + timedelta(hours=2, minutes=45),
    positions: Mapping[str, float] | None = None,
    more: str = "",
) -> str:
    """Return a scenario that holds 100 shares of each, or ``positions``."""
    held = dict.fromkeys(RULES, 100.0) if positions is None else positions
    lines = [
        f'account = "DU0000001"\nstart = {stamp(start)}\nend = {stamp(end)}\ndata = "{bars}"\n',
        *(f'[[position]]\nticker = "{name}"\nquantity = {held[name]:g}\n' for name in held),
        more,
    ]
    return "\n".join(lines)


def fault(kind: str, at: datetime, until: datetime | None = None, **parameters: object) -> str:
    """Return one fault of a scenario."""
    lines = ["[[fault]]", f'kind = "{kind}"', f"at = {stamp(at)}"]
    lines += [] if until is None else [f"until = {stamp(until)}"]
    lines += [f"{name} = {_toml(value)}" for name, value in parameters.items()]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    return str(value).replace("'", '"') if isinstance(value, list) else repr(value)


def assign(folder: Path, rules: Mapping[str, tuple[str, int, str]] = RULES) -> None:
    """Write the assignments below ``folder``."""
    rows = [",".join(map(str, (ticker, *rule))) for ticker, rule in rules.items()]
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "assigned_ma.csv").write_text(
        "\n".join(["ticker,type,length,timeframe", *rows]) + "\n"
    )


def wrong(records: Sequence[Json], market: Market) -> list[Json]:
    """Return the records that say signal or hold where fractions over what was traded do not."""
    return [record for record in records if not _right(record, market)]


def _right(record: Json, market: Market) -> bool:
    if record["decision"] in ("abstain", "missed"):
        return bool(record["reason"])
    kind, length = str(record["ma_type"]).rstrip(")").split("(")
    bars = market.closed(str(record["ticker"]), str(record["timeframe"]))
    at = datetime.fromisoformat(str(record["timestamp"]))
    closes = [market.quoted(bar.close, at) for bar in bars if bar.end <= when(record)]
    last = [bar.end for bar in bars if bar.end <= when(record)][-1]
    used = int(str(record["bars_used"]))
    exact = "signal" if below(closes[-used:], kind, int(length)) else "hold"
    prepared = record["action_prepared"] is not None
    return (record["decision"], last, record["close"], prepared) == (
        exact,
        when(record),
        float(closes[-1]),
        exact == "signal",
    )


def repeated(records: Sequence[Json]) -> list[tuple[object, ...]]:
    """Return the bars that have more than one record."""
    counts = Counter((r["account"], r["ticker"], r["timeframe"], r["bar_end"]) for r in records)
    return [bar for bar, count in counts.items() if count > 1]


def told(records: Sequence[Json]) -> dict[tuple[str, str], Json]:
    """Return the records by ticker and time of day, UTC."""
    return {(str(r["ticker"]), f"{when(r):%d %H:%M}"): r for r in records}


def outcomes(records: Sequence[Json]) -> dict[tuple[str, str], object]:
    """Return the outcomes by ticker and time of day, UTC."""
    return {bar: record["decision"] for bar, record in told(records).items()}
