"""The page of ``sellcli why``: what it rests on, what would have changed it, what to do now."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from attrs import evolve
from tests.builders import ACCOUNT, bars_at
from tests.desk import HOUR, MINUTE
from tests.journal_builders import TEN, WAYS, a_record, steps

from sellcli.screen.why_page import form, page
from sellcli.story import Story
from sellcore.bar_reading import Unreadable
from sellcore.evaluation import Evaluation, Evidence
from sellcore.outcome import Outcome
from sellcore.ports.journal import Entry
from sellcore.record import DecisionRecord
from sellcore.replay.decide_again import Again
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
    return Story(decision, Unreadable("no bars are stored"), (), record, tuple(notes))


def lines(story: Story) -> str:
    return "\n".join(page(story))


def test_checks_that_count_are_the_last_ones() -> None:
    """It had been halted, and then it was not."""
    story = a_story(State.FILLED, checked=[HALTED, PASSED])

    assert list(story.checks) == [PASSED]
    assert "ok halt             not halted" in lines(story)
    assert "NO halt" not in lines(story)
    assert CHECKED not in lines(story)
    assert form(story)["checks"] == [
        {"name": "halt", "passed": True, "found": "not halted", "remedy": ""}
    ]


def test_page_says_which_bar_it_is_and_when_that_was_decided() -> None:
    """The two are not one instant, and one that was decided late is told so."""
    story = a_story(State.FILLED)
    late = evolve(story.decision, timestamp=TEN + 9 * MINUTE)

    first, *_ = page(evolve(story, decision=late))

    assert first == (
        "NASDAQ:S1, bar that ended 2022-05-20T14:00:00Z, decided 2022-05-20T14:09:00Z "
        f"(paper, account {ACCOUNT})"
    )


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

    assert last.startswith("now ") if advice is None else advice in last


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


@pytest.mark.parametrize("average", ["SMA50", "SMA(x)", "XMA(50)", "SMA(50"])
def test_rule_that_cannot_be_read_leaves_the_rest_of_the_page(average: str) -> None:
    """Another program, or a person, wrote into the log."""
    story = a_story(State.FILLED)
    lost = evolve(story, decision=evolve(story.decision, ma_type=average))

    told = lines(lost)

    assert "\nrule       " in told
    assert "over 50 closed bars" not in told
    assert "decision   signal: close 99.00 is below" in told
    assert form(lost)["otherwise"] == ["nothing but other bars"]


def with_bars(close: float = 99.0, average: float = 99.49) -> Story:
    """Tell of a bar that rests on the last fifty of sixty hours, as the cache has them now."""
    hours = [(TEN - n * HOUR, TEN - (n - 1) * HOUR) for n in range(60, 0, -1)]
    bars = bars_at(hours, [*(100.0 + n for n in range(59)), 99.0])
    evidence = Evidence(TEN, 99.0, average, 50)
    again = Again(bars, bars, Evaluation(Outcome.SIGNAL, "", evidence))
    story = a_story(State.FILLED)
    return evolve(story, bars=again, decision=evolve(story.decision, close=close))


def test_bars_are_those_that_decided_it_the_newest_last() -> None:
    """Fifty were used; eight of their closes fit into a line."""
    text = lines(with_bars())

    assert "bars       50 that ended from 2022-05-18T13:00:00Z to 2022-05-20T14:00:00Z" in text
    assert "the last closes: 152.00 153.00 154.00 155.00 156.00 157.00 158.00 99.00\n" in text
    assert "revised" not in text


@pytest.mark.parametrize("now", [{"close": 98.0}, {"average": 99.48}])
def test_bars_that_have_been_revised_since_are_not_passed_off_as_those(
    now: dict[str, float],
) -> None:
    """Close and average of the decision are no more what the bars say."""
    assert "they have been revised since; sellcli replay compares them" in lines(with_bars(**now))


def test_average_is_told_with_the_bars_it_has_and_those_it_needs() -> None:
    """The seed of an EMA(10) weighs (9/11)^30 of it after 30 bars more, under 1 % after 23."""
    story = a_story(State.FILLED)
    decision = evolve(story.decision, ma_type="EMA(10)", bars_used=40)

    text = lines(evolve(story, decision=decision))

    told = "99.4900 over 40 closed bars, needs 33; its seed weighs 0.24% of it"
    assert f"rule       EMA(10) 1H: {told}" in text
    assert "a close of 99.5989 or more would have been a hold" in text


def test_page_tells_how_many_were_truly_sold() -> None:
    """Not how many were sent."""
    story = a_story(State.CANCELLED)
    assert story.record is not None
    part = evolve(story.record, filled=Decimal("40"), average_price=98.76543)

    assert "; 40 sold at 98.7654 a share" in lines(evolve(story, record=part))


def test_story_of_a_dry_run_was_not_sent() -> None:
    """There is no journal of it."""
    story = evolve(a_story(State.PREPARED), record=None)

    assert lines(story).splitlines()[-1] == "sent       nothing: paper"


def test_signal_of_which_the_log_tells_more_is_not_said_to_be_nothing() -> None:
    """The journal may be gone; that it was sold stands in the audit log."""
    story = evolve(a_story(State.FILLED), record=None)
    sold = evolve(story.decision, timestamp=TEN + MINUTE, reason="filled: sold 100 of 100")

    shown = lines(evolve(story, results=(sold,))).splitlines()

    assert shown[-1] == "log        2022-05-20T14:01:00Z filled: sold 100 of 100"
    assert [line for line in shown if line.startswith("sent")] == []
