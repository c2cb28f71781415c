"""``sellcli signals``: what was decided, asked for by ticker and by time."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.integration.cli import run, strict_json

from adapters.signal_log import SignalLog
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.record import DecisionRecord
from sellcore.timeframe import Timeframe


def a_record(ticker: str, day: int) -> DecisionRecord:
    """Hold a ticker at noon of a day in May."""
    noon = datetime(2022, 5, day, 12, tzinfo=UTC)
    return DecisionRecord(
        timestamp=noon,
        run_id=f"{ticker} {day}",
        mode=Mode.DRY_RUN,
        account="DU0000001",
        ticker=ticker,
        con_id=1,
        timeframe=Timeframe.HOUR,
        bar_end=noon,
        close=101.0,
        ma_type="SMA(50)",
        ma_value=100.0,
        bars_used=50,
        distance_pct=1.0,
        decision=Outcome.HOLD,
        reason="above",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Leave a log of two tickers and two days."""
    log = SignalLog(tmp_path / "logs")
    for day in (19, 20):
        log.append([a_record(ticker, day) for ticker in ("NASDAQ:AAPL", "NYSE:KO")])
    return tmp_path


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ((), ["NASDAQ:AAPL 19", "NYSE:KO 19", "NASDAQ:AAPL 20", "NYSE:KO 20"]),
        (("--ticker", "nyse:ko"), ["NYSE:KO 19", "NYSE:KO 20"]),
        (("--since", "2022-05-20"), ["NASDAQ:AAPL 20", "NYSE:KO 20"]),
        (("--since", "2022-05-19T12:00:01Z", "--ticker", "NASDAQ:AAPL"), ["NASDAQ:AAPL 20"]),
        (("--ticker", "NASDAQ:MSFT"), []),
    ],
)
def test_decisions_are_those_that_were_asked_for(
    folder: Path, flags: tuple[str, ...], found: list[str]
) -> None:
    """The oldest first, for a program as for a person."""
    document = run(folder, "signals", "--json", *flags)
    shown = run(folder, "signals", *flags)

    signals = strict_json(document.stdout)["signals"]
    assert isinstance(signals, list)
    assert [each["run_id"] for each in signals] == found
    assert [line.split()[1] for line in shown.stdout.splitlines()] == [
        name.split()[0] for name in found
    ]
    assert (document.returncode, shown.returncode) == (0, 0)
    assert ("no decision is recorded" in shown.stderr) is (not found)
