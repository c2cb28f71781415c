"""What a person said of files that are imported, and what is shown of them before."""

from pathlib import Path

from adapters.imports.bar_table import Hints, read_bar_table
from sellcli.compose.imports import Examined, typed_hints
from sellcli.screen.import_lines import preview

TEXT = "Date,Open,High,Low,Close,Volume\n2022-05-19,1,1,1,1,5\n"


def test_a_ticker_is_typed_in_any_case() -> None:
    """It is stored as the cache spells it, beside the broker's."""
    said = typed_hints(None, "nasdaq:msft", None, None, None, None, ends=False)

    assert said.ticker == "NASDAQ:MSFT"


def test_every_file_is_shown_with_how_it_was_read(tmp_path: Path) -> None:
    """One whose columns were guessed does not hide behind one that was named."""
    tables = []
    for name, hints in (
        ("NASDAQ_AAA_1d.csv", Hints({"ts": "Date", "close": "Close"})),
        ("NASDAQ_BBB_1d.csv", Hints()),
    ):
        (tmp_path / name).write_text(TEXT)
        tables.append(read_bar_table(tmp_path / name, hints))

    lines = list(preview(Examined(tuple(tables), (), ())))

    read = "columns ts=Date,open=Open,high=High,low=Low,close=Close,volume=Volume"
    assert lines == [
        f"{tmp_path / 'NASDAQ_AAA_1d.csv'}: {read} (as named), times: dates",
        f"{tmp_path / 'NASDAQ_BBB_1d.csv'}: {read} (guessed), times: dates",
    ]
