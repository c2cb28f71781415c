"""What is on record: the story of one bar, and what sales have brought."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from tests.builders import ACCOUNT
from tests.journal_builders import TEN, a_record, an_execution, steps

from adapters.instance_lock import state_folder
from adapters.signal_log import SignalLog
from adapters.sqlite.journal import SqliteJournal
from sellcli.compose.record import sales, story
from sellcli.setting_sources import load_settings
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.record import DecisionRecord
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.lifecycle import Happening


def decided(record: IntentRecord) -> DecisionRecord:
    """Return the line of the log that tells of an intent's decision."""
    intent = record.intent
    return DecisionRecord(
        timestamp=record.decided_at,
        run_id="test",
        mode=intent.mode,
        account=intent.account,
        ticker=intent.instrument.ticker,
        con_id=record.con_id,
        timeframe=intent.rule.timeframe,
        bar_end=intent.bar_end,
        close=record.close,
        ma_type=intent.rule.average,
        ma_value=record.average,
        bars_used=record.bars_used,
        distance_pct=-0.75,
        decision=Outcome.SIGNAL,
        reason="close 99.50 is below SMA(50) 100.2500",
        action_prepared=str(intent),
        intent_id=record.intent_id,
    )


@pytest.fixture
def on_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[IntentRecord]:
    """Have six hours of one holding decided and denied, one after the other."""
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    folder = state_folder(settings.state_dir, Mode.PAPER, ACCOUNT)
    folder.mkdir(parents=True)
    records = [a_record(hour=hour) for hour in range(6)]
    log = SignalLog(settings.log_dir)
    with closing(SqliteJournal(folder / "journal.db", Mode.PAPER, ACCOUNT)) as journal:
        for record in records:
            journal.prepare([record])
            journal.record(steps(record, Happening.DENIED))
            log.append([decided(record)])
    return records


@pytest.mark.parametrize("number", range(6))
def test_story_of_a_bar_is_of_its_own_intent(on_record: list[IntentRecord], number: int) -> None:
    """Others of the holding, before and behind, have stories of their own."""
    wanted = on_record[number]

    told = story(load_settings(), "NASDAQ:S1", wanted.intent.bar_end)

    assert told.decision == decided(wanted)
    assert told.record is not None
    assert told.record.intent == wanted.intent
    assert {entry.intent_id for entry in told.entries} == {wanted.intent_id}
    assert [entry.what for entry in told.entries] == ["PREPARED", "DENIED"]


def test_sale_bears_its_ticker_whenever_it_was_decided(on_record: list[IntentRecord]) -> None:
    """It was decided before the days that are asked for, and sold within them."""
    flags = {"live_account": ACCOUNT, "live_kind": "paper"}
    settings = load_settings(flags=flags)
    later = TEN + timedelta(days=3)
    path = state_folder(settings.state_dir, Mode.PAPER, ACCOUNT) / "journal.db"
    with closing(SqliteJournal(path, Mode.PAPER, ACCOUNT)) as journal:
        journal.add_trades([an_execution(time=later)], [])

    ((ticker, brought),) = sales(settings, later - timedelta(hours=1))

    assert (ticker, brought.shares) == ("NASDAQ:S1", 100)
    assert on_record[0].con_id == brought.con_id
