"""What files come to before they are stored: lines for a person, a document for a program."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from sellcli.screen.json_forms import Json
from sellcore.bar import Bar
from sellcore.instant import from_epoch, iso
from sellcore.quoting import quoted

if TYPE_CHECKING:
    from sellcli.compose.imports import BarTable, Examined
    from sellcore.usecases.import_bars import Import


def preview(examined: "Examined") -> Iterator[str]:
    """Yield how each file was read, then what series that comes to."""
    for table in examined.tables:
        yield from _file(table)
    for each in examined.imports:
        yield from _series(each)


def _file(table: "BarTable") -> Iterator[str]:
    how = "guessed" if table.columns.guessed else "as named"
    yield f"{table.path}: columns {table.columns} ({how}), times: {table.zone}"


def _series(each: "Import") -> Iterator[str]:
    bars, key = each.taken.stored.bars, each.taken.key
    state = "" if each.is_new else ", there already"
    yield f"{key}: {len(bars)} bars{state}"
    first, last = bars[:1], bars[len(bars) - 1 :]
    for word, (bar,) in (("first", tuple(first)), ("last", tuple(last))):
        yield f"  {word:<5} {_bar(bar)}"
    for note in each.taken.notes:
        yield f"  note: {note}"


def _bar(bar: Bar) -> str:
    values = zip(("open", "high", "low", "close"), _prices(bar), strict=True)
    told = ", ".join(f"{name} {quoted(price)}" for name, price in values)
    return f"{_minute(bar.start)} to {_minute(bar.end)} UTC: {told}, volume {bar.volume:,.0f}"


def _prices(bar: Bar) -> tuple[float, float, float, float]:
    return bar.open, bar.high, bar.low, bar.close


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def import_form(examined: "Examined", *, written: bool) -> dict[str, Json]:
    """Return all of it for a program."""
    return {
        "written": written,
        "files": [
            {
                "path": str(table.path),
                "columns": dict(table.columns.names),
                "guessed": table.columns.guessed,
                "times": table.zone,
            }
            for table in examined.tables
        ],
        "series": [_form(each) for each in examined.imports],
    }


def _form(each: "Import") -> dict[str, Json]:
    taken = each.taken
    bars = taken.stored.bars
    return {
        "ticker": taken.key.ticker,
        "granularity": str(taken.key.granularity),
        "con_id": taken.key.con_id,
        "sources": list(each.sources),
        "bars": len(bars),
        "first": iso(from_epoch(int(bars.start[0]))),
        "last": iso(from_epoch(int(bars.end[-1]))),
        "new": each.is_new,
        "notes": list(taken.notes),
    }
