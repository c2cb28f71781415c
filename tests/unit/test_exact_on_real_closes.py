"""Decisions on every real close there is, against whole numbers."""

from pathlib import Path

import pytest
from tests.exact_builders import assert_exact

from sellcore.rule import LENGTHS, AverageKind

SMA, EMA = AverageKind.SMA, AverageKind.EMA
DAILY = Path(__file__).parents[2].parent / "shared" / "data" / "daily"


def real_closes() -> list[tuple[str, list[float]]]:
    """Return every real series of daily closes, adjusted ones too, by name."""
    parquet = pytest.importorskip("pyarrow.parquet")
    found = []
    for path in sorted(DAILY.glob("*.parquet")):
        columns = parquet.read_table(path).to_pydict()
        symbols = columns.get("symbol", [path.stem] * len(columns["close"]))
        for name in ("close", "adj_close"):
            by_symbol: dict[str, list[float]] = {}
            for symbol, close in zip(symbols, columns.get(name, []), strict=False):
                by_symbol.setdefault(f"{path.stem} {symbol} {name}", []).append(close)
            found += by_symbol.items()
    return found


@pytest.mark.skipif(not DAILY.is_dir(), reason="the real daily bars are not beside this checkout")
def test_real_closes_are_decided_exactly_on_every_cell():
    """Every cell of every length on real prices: the SMA throughout, the EMA on a sample."""
    for number, (_, closes) in enumerate(real_closes()):
        for length in LENGTHS:
            assert_exact(closes, SMA, length)
            if number % 10 == 0:
                assert_exact(closes, EMA, length)
