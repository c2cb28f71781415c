"""The example script and the audit log speak the same format."""

import ast
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.signal_log import SignalLog
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.record import DecisionRecord
from sellcore.timeframe import Timeframe

SCRIPT = Path(__file__).parents[2] / "docs" / "examples" / "part_time_larry.py"
NOON = datetime(2022, 5, 20, 16, tzinfo=UTC)


def run(folder, *arguments):
    # -I: nothing of the environment, so that it stands alone as it promises.
    return subprocess.run(
        [sys.executable, "-I", SCRIPT, *arguments], cwd=folder, capture_output=True, text=True
    )


def a_record(ticker, outcome, reason, hours=0):
    end = NOON + timedelta(hours=hours)
    return DecisionRecord(
        timestamp=end + timedelta(seconds=12),
        run_id="3f1c",
        mode=Mode.DRY_RUN,
        account="DU0000001",
        ticker=ticker,
        con_id=1,
        timeframe=Timeframe.HOUR,
        bar_end=end,
        close=9.5,
        ma_type="SMA(50)",
        ma_value=10.0,
        bars_used=50,
        distance_pct=-5.0,
        decision=outcome,
        reason=reason,
    )


def test_larry_sums_up_a_log_of_ours(tmp_path):
    """He sees how often each holding was decided which way, and the last word."""
    SignalLog(tmp_path / "logs").append(
        [
            a_record("NASDAQ:MSFT", Outcome.HOLD, "close 11 is above SMA(50) 10.0000"),
            a_record("NYSE:IBM", Outcome.ABSTAIN, "EMA(200) D needs 661 closed bars, has 252"),
            a_record("NASDAQ:MSFT", Outcome.HOLD, "close 10 equals SMA(50) 10.0000", 1),
            a_record("NASDAQ:MSFT", Outcome.SIGNAL, "close 9.5 is below SMA(50) 10.0000", 2),
        ]
    )
    done = run(tmp_path)

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "NASDAQ:MSFT: 2 hold, 1 signal",
        "  last 2022-05-20T18:00:12Z signal: close 9.5 is below SMA(50) 10.0000",
        "NYSE:IBM: 1 abstain",
        "  last 2022-05-20T16:00:12Z abstain: EMA(200) D needs 661 closed bars, has 252",
    ]


def test_we_read_what_larry_writes(tmp_path):
    """His record is well-formed: our own reader takes it without a complaint."""
    run(tmp_path, "signals.log", "--write")
    assert run(tmp_path, "signals.log", "--write").returncode == 0
    log = SignalLog(tmp_path)
    first, second = log.read()

    assert log.problems() == ()
    assert first.decision is Outcome.HOLD
    assert (first.ticker, first.close, first.ma_type) == ("NASDAQ:AAPL", 140.0, "SMA(50)")
    assert first.timestamp <= second.timestamp
    assert abs((first.close - first.ma_value) / first.ma_value * 100 - first.distance_pct) < 0.01


def test_larry_passes_over_a_broken_line(tmp_path):
    """A torn log still gives a summary."""
    run(tmp_path, "signals.log", "--write")
    with (tmp_path / "signals.log").open("a") as file:
        file.write('{"ticker": "NYSE\n[]\n')
    done = run(tmp_path, "signals.log")

    assert done.stdout.startswith("NASDAQ:AAPL: 1 hold\n")
    assert done.stderr.splitlines() == [
        "signals.log line 2 is not a record; passed over",
        "signals.log line 3 is not a record; passed over",
    ]


def test_larry_without_a_log_says_what_to_do(tmp_path):
    """A newcomer gets one line, not a traceback."""
    done = run(tmp_path)

    assert done.returncode == 1
    assert done.stderr == (
        f"there is no {Path('logs/signals.log')} yet; start with 'sellcli start --simulate'\n"
    )


def test_script_is_small_and_needs_only_python():
    """It can be copied anywhere and read in a minute."""
    text = SCRIPT.read_text()
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }

    assert imported <= sys.stdlib_module_names
    assert len(text.splitlines()) < 80
