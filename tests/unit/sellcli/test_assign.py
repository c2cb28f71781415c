"""``sellcli assign`` and ``assignments --import``: what they say of a watch that runs."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from sellcli.app import app


@pytest.mark.parametrize(
    "words",
    [("assign", "NASDAQ:MSFT", "SMA", "50"), ("assignments", "--import", "other.csv")],
    ids=["one", "many"],
)
def test_it_is_said_that_a_watch_goes_on_by_what_it_read(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who changes a rule to keep a holding must not take it for kept."""
    monkeypatch.chdir(tmp_path)
    Path("other.csv").write_text("ticker,type,length,timeframe\nNYSE:KO,SMA,50,1H\n")

    done = CliRunner().invoke(app, words, catch_exceptions=False)

    assert done.exit_code == 0
    assert "a watch that runs goes on by what it read; start it again to heed th" in done.stderr
