"""Which intents still wait for their decision to be logged, and what is logged of them."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.builders import ACCOUNT
from tests.journal_builders import TEN, a_record, stock

from sellcore.outcome import Outcome
from sellcore.plan import LOGGED_LATE, PROVISIONAL
from sellcore.selling.lifecycle import State
from sellcore.timeframe import Timeframe
from sellcore.usecases.unlogged import decision_of, is_unlogged
from sellcore.usecases.watch_state import WatchState

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("state", State)
def test_only_what_was_merely_prepared_waits_for_its_line(state: State) -> None:
    """Nothing goes on before its decision is logged: what has gone on was."""
    watch = WatchState(ACCOUNT, TEN)

    assert is_unlogged(watch, evolve(a_record(), state=state)) is (state is State.PREPARED)


@pytest.mark.parametrize(
    ("bar", "waits"),
    [
        ((Timeframe.HOUR, TEN), False),
        ((Timeframe.DAY, TEN), True),
        ((Timeframe.HOUR, TEN - 60 * MINUTE), True),
    ],
)
def test_line_is_of_its_own_bar(bar: tuple[Timeframe, object], waits: bool) -> None:
    """Not of the day that ends with the hour, nor of the hour before."""
    watch = WatchState(ACCOUNT, TEN)
    watch.decisions.decided[stock(1)] = frozenset({bar})

    assert is_unlogged(watch, a_record()) is waits


@pytest.mark.parametrize(("days", "waits"), [(7, True), (7.01, False)])
def test_what_is_older_than_the_log_is_asked_for_counts_as_logged(days: float, waits: bool) -> None:
    """Whether it has a line is not looked up that far back."""
    watch = WatchState(ACCOUNT, TEN + timedelta(days=days))

    assert is_unlogged(watch, a_record()) is waits


@pytest.mark.parametrize(("ahead", "provisional"), [(MINUTE, True), (0 * MINUTE, False)])
def test_decision_is_told_as_the_journal_has_it(ahead: timedelta, provisional: bool) -> None:
    """With its grounds, that its line came late, and whether its bar was still forming."""
    record = a_record(decided_at=TEN - ahead)

    decision = decision_of(record)

    assert (decision.outcome, decision.intent) == (Outcome.SIGNAL, record.intent)
    assert decision.evidence is not None
    assert (decision.evidence.close, decision.evidence.average) == (record.close, record.average)
    assert decision.reason == (
        f"close 99.50 is below SMA(50) 100.2500; {LOGGED_LATE}"
        + (f"; {PROVISIONAL}" if provisional else "")
    )
