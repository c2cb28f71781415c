"""What every decision log promises."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_log import MemoryDecisionLog
from adapters.signal_log import SignalLog
from sellcore.errors import InvalidValue
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.ports.decision_log import DecisionLog
from sellcore.record import DecidedBar, DecisionRecord
from sellcore.timeframe import Timeframe

NOON = datetime(2022, 5, 20, 12, tzinfo=UTC)


def a_record(at=NOON, ticker="NASDAQ:MSFT", con_id=272093, **changes):
    record = DecisionRecord(
        timestamp=at,
        run_id="3f1c",
        mode=Mode.DRY_RUN,
        account="DU0000001",
        ticker=ticker,
        con_id=con_id,
        timeframe=Timeframe.HOUR,
        bar_end=at.replace(minute=0, second=0, microsecond=0),
        close=249.5,
        ma_type="SMA(50)",
        ma_value=250.0,
        bars_used=50,
        distance_pct=-0.2,
        decision=Outcome.HOLD,
        reason="close 249.5 is above SMA(50) 240.0000",
    )
    return attrs.evolve(record, **changes)


def later(hours):
    return NOON + timedelta(hours=hours)


@frozen
class Opened:
    """A new log, and how the next process opens the same one."""

    log: DecisionLog
    reopen: Callable[[], DecisionLog]


def in_memory(folder):
    log = MemoryDecisionLog()
    return Opened(log, lambda: log)


def in_json_lines(folder):
    return Opened(SignalLog(folder / "logs"), lambda: SignalLog(folder / "logs"))


@pytest.fixture(params=[in_memory, in_json_lines])
def opened(request, tmp_path):
    return request.param(tmp_path)


@pytest.fixture
def log(opened):
    return opened.log


class TestDecisionLog:
    def test_new_log_holds_nothing(self, log):
        """A first start finds no decisions and no complaints."""
        assert list(log.read()) == []
        assert log.decided(Mode.DRY_RUN, "DU0000001", NOON) == frozenset()
        assert log.problems() == ()

    def test_appending_nothing_is_no_event(self, log):
        """A cycle without decisions leaves no trace."""
        log.append([])

        assert list(log.read()) == []

    def test_records_are_found_again_in_order(self, log, opened):
        """What was appended is what the next process reads."""
        records = [a_record(later(hour), run_id=str(hour)) for hour in range(30)]
        log.append(records[:3])
        for record in records[3:]:
            log.append([record])

        assert list(opened.reopen().read()) == records

    def test_reading_can_start_at_an_instant(self, log):
        """The instant itself counts, on whichever day it lies."""
        records = [a_record(later(hour)) for hour in (0, 11, 12, 13, 36)]
        for record in records:
            log.append([record])

        for position, record in enumerate(records):
            assert list(log.read(since=record.timestamp)) == records[position:]
        assert list(log.read(since=later(37))) == []

    def test_reading_can_be_for_one_ticker(self, log):
        """A ticker is found in any case."""
        log.append([a_record(), a_record(ticker="NYSE:IBM"), a_record(later(1))])

        assert list(log.read(ticker=" nyse:ibm ")) == [a_record(ticker="NYSE:IBM")]

    def test_time_without_a_zone_is_refused(self, log):
        """Nobody guesses which noon was meant."""
        with pytest.raises(InvalidValue, match="time zone"):
            log.read(since=datetime(2022, 5, 20))

    @pytest.mark.parametrize("outcome", Outcome)
    def test_bar_is_decided_once_whatever_came_of_it(self, log, opened, outcome):
        """After a restart every bar with a record is known as decided."""
        log.append([a_record(decision=outcome)])

        assert opened.reopen().decided(Mode.DRY_RUN, "DU0000001", NOON) == {
            DecidedBar(272093, Timeframe.HOUR, NOON)
        }

    def test_bars_of_other_modes_and_accounts_are_not_decided(self, log):
        """A dry run's decision does not stop the live one, nor one account's the other's."""
        log.append([a_record()])

        assert log.decided(Mode.LIVE, "DU0000001", NOON) == frozenset()
        assert log.decided(Mode.DRY_RUN, "DU0000002", NOON) == frozenset()

    def test_what_was_decided_before_can_be_left_out(self, log):
        """Only records at or after the instant count."""
        log.append([a_record(), a_record(later(24))])

        assert log.decided(Mode.DRY_RUN, "DU0000001", later(1)) == {
            DecidedBar(272093, Timeframe.HOUR, later(24))
        }

    def test_record_without_a_bar_decides_nothing(self, log):
        """A holding that has no rule yet is free to be decided once it has."""
        log.append([a_record(timeframe=None, bar_end=None)])

        assert log.decided(Mode.DRY_RUN, "DU0000001", NOON) == frozenset()

    @pytest.mark.parametrize("opening", [in_memory, in_json_lines])
    @settings(deadline=None, max_examples=60)
    @given(
        hours=st.lists(st.lists(st.integers(0, 100), min_size=1, max_size=4), max_size=6),
        forward=st.booleans(),
        since=st.integers(0, 100),
    )
    def test_nothing_is_lost_and_nothing_is_made_up(self, opening, hours, forward, since):
        """Any batches, over any days, with clocks that run back too: each record once."""
        if forward:
            numbered = iter(sorted(hour for batch in hours for hour in batch))
            hours = [[next(numbered) for _ in batch] for batch in hours]
        batches = [[a_record(later(hour)) for hour in batch] for batch in hours]
        wanted = [r for batch in batches for r in batch if r.timestamp >= later(since)]
        with TemporaryDirectory() as folder:
            opened = opening(Path(folder))
            for batch in batches:
                opened.log.append(batch)
            found = list(opened.reopen().read(since=later(since)))

        by_time = {"key": lambda record: record.timestamp}
        assert found == wanted if forward else sorted(found, **by_time) == sorted(wanted, **by_time)
