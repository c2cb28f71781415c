"""What is told in one line each, on a terminal as in a file."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.builders import AAPL, MSFT, a_position, rule
from tests.journal_builders import TEN, a_record, sent
from tests.plan_builders import NOW, a_holding

from sellcli.screen.lines import connected, minute, moved, nearest, prepared, summary
from sellcli.screen.record_lines import record_line
from sellcore.event import Connected, OrderMoved, Prepared, Summary
from sellcore.instrument import Instrument
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.record import DecisionRecord
from sellcore.rule import AverageKind
from sellcore.status import Levels, Quote, Status, StatusRow
from sellcore.timeframe import Timeframe


def a_row(price: float, quantity: int = 100, instrument: Instrument = MSFT) -> StatusRow:
    """Hold what trades at a price, above or below an average of 100."""
    holding = a_holding(NOW, rule=rule(), position=a_position(quantity, instrument))
    level = Levels(NOW, 100.0, 7, {(AverageKind.SMA, 5): 100.0})
    return StatusRow(holding, Quote(price, NOW, forming=True), {Timeframe.HOUR: level}, None, None)


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        (Mode.DRY_RUN, "dry-run: no order can be sent"),
        (Mode.PAPER, "paper: orders are sent"),
        (Mode.LIVE, "live: orders are sent"),
    ],
)
def test_first_line_says_what_may_happen(mode: Mode, says: str) -> None:
    """Nobody is to find out by a sale."""
    line = connected(Connected(NOW, "127.0.0.1:4002, server version 178", "DU1", mode))

    assert line.endswith(f"account DU1, {says}")


@pytest.mark.parametrize(
    ("mode", "fate"), [(Mode.DRY_RUN, "; not sent (dry-run)"), (Mode.PAPER, "; to be sent")]
)
def test_prepared_order_says_whether_it_is_sent(mode: Mode, fate: str) -> None:
    """In the words of the mode."""
    intent = evolve(a_record().intent, mode=mode)

    assert prepared(Prepared(NOW, intent)).endswith(fate)


def test_step_names_what_was_sent_rather_than_what_was_meant() -> None:
    """Sixty of a hundred were free to be sold."""
    record = evolve(sent(a_record()).record, quantity=60, words="SELL 60 MKT DAY")

    assert moved(OrderMoved(TEN, record)).split() == (
        ["NASDAQ:S1", "SELL", "60", "sending:", "SELL", "60", "MKT", "DAY"]
    )


def test_minute_in_which_nothing_can_be_decided_says_why() -> None:
    """Rather than how near the nearest holding is."""
    line = minute(Status(NOW, (a_row(101.0),), "the gateway has lost the broker"))

    assert line == "1 holding, nothing is decided: the gateway has lost the broker"


def test_nearest_holding_is_one_that_may_be_sold() -> None:
    """The least above its average, or the furthest below; a short is never sold."""
    far, near, short = a_row(110.0), a_row(101.0, 100, AAPL), a_row(100.1, -100)

    assert nearest(Status(NOW, (far, near, short), None)) is near
    below = a_row(90.0)
    assert nearest(Status(NOW, (near, below), None)) is below
    assert nearest(Status(NOW, (short,), None)) is None
    assert minute(Status(NOW, (far, near, short), None)).startswith(
        "3 holdings; nearest: NASDAQ:AAPL at 101.00, -0.99 %"
    )


def test_last_lines_leave_nothing_out() -> None:
    """What was decided, prepared and sold, and what waits still."""
    intent = evolve(a_record().intent, mode=Mode.DRY_RUN)
    told = Summary(
        time=NOW,
        began=NOW - timedelta(hours=2, minutes=5),
        outcomes=(("signal", 1), ("hold", 3)),
        prepared=(intent, a_record().intent),
        undecided=("NASDAQ:AAPL: the bar is late",),
        sales=("NASDAQ:MSFT: SELL 100: filled: sold 100 of 100",),
    )

    assert summary(told, "logs/signals.log") == [
        "watched 2 h 05 min; bars decided: 4 (3 hold, 1 signal)",
        f"prepared: NASDAQ:S1 {intent}; not sent (dry-run)",
        "sale: NASDAQ:MSFT: SELL 100: filled: sold 100 of 100",
        "not decided yet: NASDAQ:AAPL: the bar is late",
        "every decision and its reason: logs/signals.log",
    ]


@pytest.mark.parametrize(
    ("executed", "fate"),
    [("SELL 100, 100 sold @ 98.5", "SELL 100, 100 sold @ 98.5"), (None, "not sent (paper)")],
)
def test_line_of_the_log_says_what_became_of_the_order(executed: str | None, fate: str) -> None:
    """As far as that line knows."""
    record = DecisionRecord(
        timestamp=TEN,
        run_id="r",
        mode=Mode.PAPER,
        account="DU1",
        ticker="NASDAQ:MSFT",
        con_id=1,
        timeframe=Timeframe.HOUR,
        bar_end=TEN,
        close=99.0,
        ma_type="SMA(50)",
        ma_value=100.0,
        bars_used=50,
        distance_pct=-1.0,
        decision=Outcome.SIGNAL,
        reason="below",
        action_prepared="SELL 100 MKT DAY",
        action_executed=executed,
        intent_id=a_record().intent_id,
    )

    assert record_line(record).endswith(f"below; prepared SELL 100 MKT DAY, {fate}")
