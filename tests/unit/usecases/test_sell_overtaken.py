"""Sales that have waited: what they were decided on may not stand any more."""

from datetime import datetime

import pytest
from attrs import evolve
from tests.builders import MSFT, a_tape
from tests.desk import FRIDAY, MINUTE, MONDAY, SECOND, SESSIONS
from tests.selling_desk import DECIDED, ELEVEN, SellingDesk

from adapters.fake_order_desk import Fate
from sellcore.policy import AtClose, Policy
from sellcore.rule import parse_rule
from sellcore.timeframe import Granularity

RULES = ("SMA,5,1H", "SMA,5,D")


def closing_at(desk: SellingDesk, end: datetime, close: float) -> None:
    """Let the bars that end then close so, those before at 100 and those behind at 99."""
    for granularity in Granularity:
        tape = a_tape(SESSIONS, granularity)
        closes = {e: close if e == end else 99.0 if e > end else 100.0 for e in tape.closes}
        desk.feed.trade(MSFT, evolve(tape, closes=closes))


def friday(rule: str = RULES[0]) -> SellingDesk:
    """Return a desk on Friday afternoon, whose last bar closes a cent below its average."""
    desk = SellingDesk(FRIDAY.close - 5 * MINUTE, {"NASDAQ:MSFT": parse_rule(rule)})
    closing_at(desk, FRIDAY.close, 99.95)
    return desk


def over_the_weekend(desk: SellingDesk) -> None:
    """Watch Friday's evening and Monday's morning."""
    desk.watch(FRIDAY.close + 30 * MINUTE)
    desk.broker.drop("over the weekend")
    desk.true.moment = MONDAY.open - 5 * MINUTE
    desk.watch(MONDAY.open + 12 * MINUTE)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("corrected", [100.0, 100.02])
def test_close_that_was_corrected_to_the_average_sells_nothing(rule: str, corrected: float) -> None:
    """The later value wins, and the price of Monday is below the average all the same."""
    desk = friday(rule)
    desk.clock.at(FRIDAY.close + 5 * MINUTE, lambda: closing_at(desk, FRIDAY.close, corrected))

    over_the_weekend(desk)

    assert (desk.sent, desk.ends) == ([], ["lapsed"])
    text = f"the close of 2022-05-20T20:00:00Z was corrected from 99.95 to {corrected:.2f}: close "
    assert desk.record.words.startswith(text)
    assert desk.causes == ["signal", "lapsed"]


@pytest.mark.parametrize("corrected", [99.95, 99.99, 99.86])
def test_close_that_stays_below_is_sold(corrected: float) -> None:
    """A correction that changes nothing of the decision."""
    desk = friday()
    desk.clock.at(FRIDAY.close + 5 * MINUTE, lambda: closing_at(desk, FRIDAY.close, corrected))

    over_the_weekend(desk)

    assert (desk.ends, desk.held()) == (["filled"], 0)


def test_history_of_another_scale_sells_nothing() -> None:
    """Ten shares have become one over night, and the position does not say so yet."""
    desk = friday()
    desk.hold_quietly("10")
    desk.watch(FRIDAY.close + 30 * MINUTE)
    desk.broker.drop("over the weekend")
    desk.feed.split(MSFT, 1, 10)
    desk.true.moment = MONDAY.open - 5 * MINUTE
    desk.watch(MONDAY.open + 12 * MINUTE)

    assert (desk.sent, desk.ends) == ([], ["lapsed"])
    assert "was corrected from 99.95 to 999.50: a split, or a restated history" in (
        desk.record.words
    )


@pytest.mark.parametrize(("rule", "ends"), [("SMA,200,D", "lapsed"), ("SMA,5,1H", "filled")])
def test_rule_that_was_changed_over_the_weekend_ends_the_sale_that_waits(
    rule: str, ends: str
) -> None:
    """Who assigns another rule has changed their mind; the same one again changes nothing."""
    desk = friday()
    desk.watch(FRIDAY.close + 30 * MINUTE)
    desk.assignments.assign("NASDAQ:MSFT", parse_rule(rule))
    desk.broker.drop("over the weekend")
    desk.true.moment = MONDAY.open - 5 * MINUTE
    desk.watch(MONDAY.open + 12 * MINUTE)

    assert desk.ends == [ends]
    if ends == "lapsed":
        assert desk.record.words == "it follows SMA(200) D now, not SMA(5) 1H any more"


def test_rule_that_was_taken_away_ends_the_sale_that_waits() -> None:
    """A holding without a rule is never sold."""
    desk = friday()
    desk.watch(FRIDAY.close + 30 * MINUTE)
    desk.assignments = type(desk.assignments)({})
    desk.broker.drop("over the weekend")
    desk.true.moment = MONDAY.open - 5 * MINUTE
    desk.watch(MONDAY.open + 12 * MINUTE)

    assert (desk.sent, desk.ends) == ([], ["lapsed"])
    assert desk.record.words == "it follows no rule now, not SMA(5) 1H any more"


def test_close_that_is_corrected_while_a_halt_lasts_sells_nothing() -> None:
    """Minutes are enough."""
    desk = SellingDesk()
    closing_at(desk, ELEVEN, 99.95)
    desk.switch.why = "a moment"
    desk.clock.at(DECIDED + 60 * SECOND, lambda: closing_at(desk, ELEVEN, 100.0))
    desk.clock.at(DECIDED + 150 * SECOND, lambda: setattr(desk.switch, "why", None))

    desk.run()

    assert (desk.sent, desk.ends) == ([], ["lapsed"])


def test_bar_that_was_decided_before_its_end_is_not_corrected_by_its_end() -> None:
    """What still formed closes otherwise, as was to be expected."""
    desk = SellingDesk(FRIDAY.close - 5 * MINUTE)
    desk.policy = Policy(at_close=AtClose.PRE_CLOSE)
    desk.drops_at_the_close()
    desk.entry.fate = Fate.WORKS

    desk.watch(FRIDAY.close + 5 * MINUTE)

    assert desk.ends == ["working"]


@pytest.mark.parametrize(("between", "ends"), [("0", "lapsed"), ("100", "filled")])
def test_position_that_was_bought_back_over_the_weekend_is_another(between: str, ends: str) -> None:
    """As many shares again, sold by hand and bought: nothing was decided on these."""
    desk = friday()
    desk.watch(FRIDAY.close + 30 * MINUTE)
    desk.broker.drop("over the weekend")
    desk.hold_quietly(between)
    desk.true.moment = MONDAY.open - 10 * MINUTE
    desk.clock.at(MONDAY.open - 5 * MINUTE, lambda: desk.hold_quietly("100"))
    desk.watch(MONDAY.open + 12 * MINUTE)

    assert desk.ends == [ends]
    if ends == "lapsed":
        assert desk.record.words == "the position was closed since, and this is another one"
