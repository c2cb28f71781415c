"""The page of ``sellcli why``: what it rests on, what would have changed it, what to do now."""

from collections.abc import Sequence

import pytest
from attrs import evolve
from tests.builders import ACCOUNT
from tests.journal_builders import TEN, WAYS, a_record, steps

from sellcli.screen.why_page import form, page
from sellcli.story import Story
from sellcore.outcome import Outcome
from sellcore.ports.journal import Entry
from sellcore.record import DecisionRecord
from sellcore.selling.lifecycle import State
from sellcore.selling.verdict import Check, Verdict
from sellcore.timeframe import Timeframe
from sellcore.usecases.sell import CHECKED

HALTED = Check("halt", False, "halted: stop it", "sellcli resume lets it sell again", True)
PASSED = Check("halt", True, "not halted")


def a_story(
    state: State, outcome: Outcome = Outcome.SIGNAL, checked: Sequence[Check] = ()
) -> Story:
    """Tell of the hour that ended at ten, whose intent stands in a state."""
    moves = steps(a_record(), *WAYS[state])
    record = moves[-1].record if moves else a_record()
    notes = [
        Entry(TEN, record.intent_id, CHECKED, str(check), Verdict((check,)).to_json())
        for check in checked
    ]
    decision = DecisionRecord(
        timestamp=TEN,
        run_id="r",
        mode=record.intent.mode,
        account=ACCOUNT,
        ticker="NASDAQ:S1",
        con_id=1,
        timeframe=Timeframe.HOUR,
        bar_end=TEN,
        close=99.0,
        ma_type="SMA(50)",
        ma_value=99.49,
        bars_used=50,
        distance_pct=-0.4925,
        decision=outcome,
        reason="close 99.00 is below SMA(50) 99.4900",
        intent_id=record.intent_id,
    )
    return Story(decision, "no bars are stored", (), record, tuple(notes))


def lines(story: Story) -> str:
    return "\n".join(page(story))


def test_checks_that_count_are_the_last_ones() -> None:
    """It had been halted, and then it was not."""
    story = a_story(State.FILLED, checked=[HALTED, PASSED])

    assert list(story.checks) == [PASSED]
    assert "ok halt             not halted" in lines(story)
    assert "NO halt" not in lines(story)
    assert form(story)["checks"] == [
        {"name": "halt", "passed": True, "found": "not halted", "remedy": ""}
    ]


def test_check_that_failed_says_what_to_do() -> None:
    """And that nothing else was in the way."""
    text = lines(a_story(State.DENIED, checked=[PASSED, HALTED]))

    assert "NO halt             halted: stop it; sellcli resume lets it sell again" in text
    assert "without what these checks met it would have been sent: halt" in text


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        (State.UNKNOWN, "look in TWS, then settle it: sellcli reconcile"),
        (State.REJECTED, "the next bar decides anew"),
        (State.NOT_SENT, "the next bar decides anew"),
        (State.CANCELLED, "the next bar decides anew"),
        (State.FILLED, None),
    ],
)
def test_page_ends_with_what_to_do_now(state: State, advice: str | None) -> None:
    """Where there is something to do."""
    *_, last = page(a_story(state))

    assert (advice is None and last.startswith("now ")) or (advice or "") in last.strip()


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (Outcome.SIGNAL, "a close of 99.5000 or more would have been a hold"),
        (Outcome.HOLD, "a close below 99.5000 would have been a signal"),
    ],
)
def test_close_that_would_have_turned_it_is_named(outcome: Outcome, says: str) -> None:
    """With 49 closes whose mean is 99.50, the fiftieth turns it at 99.50."""
    assert says in lines(a_story(State.FILLED, outcome))


def test_story_of_a_dry_run_was_not_sent() -> None:
    """There is no journal of it."""
    story = evolve(a_story(State.PREPARED), record=None)

    assert lines(story).splitlines()[-1] == "sent       nothing: paper"
