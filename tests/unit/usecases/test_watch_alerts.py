"""What a watch that only watches tells a person who does not look at the screen."""

from datetime import datetime
from decimal import Decimal

import pytest
from attrs import evolve
from tests.builders import AAPL, ACCOUNT, MSFT, MSFT_CALL, a_position, a_tape, rule
from tests.desk import FRIDAY, HOUR, MINUTE, SESSIONS, Desk

from adapters.alerts.memory_alerts import MemoryAlerts
from adapters.memory_assignments import MemoryAssignments
from sellcore.assignment import Assignments
from sellcore.contract import ContractDetails
from sellcore.request import Cause as Refused
from sellcore.request import FetchedBars, NoBars
from sellcore.timeframe import Granularity
from sellcore.usecases.watch_state import Ports

ELEVEN = FRIDAY.open + 90 * MINUTE
EVENING = SESSIONS[SESSIONS.index(FRIDAY) - 1].close + HOUR
"""Of the day before."""

BAR = "2022-05-20T15:00:00Z"


class AlertingDesk(Desk):
    """A desk with somebody elsewhere."""

    def __init__(self, now: datetime = ELEVEN - 5 * MINUTE) -> None:
        super().__init__(now)
        self.told = MemoryAlerts()

    def ports(self) -> Ports:
        return evolve(super().ports(), alerts=self.told)

    def falls(self) -> None:
        """Let the hour until eleven, and all behind it, close at 90 instead of 100."""
        for granularity in Granularity:
            tape = a_tape(SESSIONS, granularity)
            closes = {end: 90.0 if end >= ELEVEN else 100.0 for end in tape.closes}
            self.feed.trade(MSFT, evolve(tape, closes=closes))

    @property
    def notices(self) -> list[tuple[str, str]]:
        return [(str(notice.cause), notice.text) for notice in self.told.sent]


def test_signal_of_a_dry_run_is_told_with_its_bar_and_rule() -> None:
    """Nothing is sold, so the word is all there is; each bar by itself."""
    desk = AlertingDesk()
    desk.falls()

    desk.watch(ELEVEN + 5 * MINUTE)

    (notice,) = desk.told.sent
    assert (str(notice.cause), notice.account) == ("signal", ACCOUNT)
    assert notice.text == (
        f"NASDAQ:MSFT, bar that ended {BAR}: signal: close 90.00 is below SMA(5) 98.0000"
    )
    assert notice.facts == {"ticker": "NASDAQ:MSFT", "bar_end": BAR, "rule": "SMA(5) 1H"}


def test_bar_that_is_held_is_told_to_nobody() -> None:
    """It is what happens all day."""
    desk = AlertingDesk()

    desk.watch(ELEVEN + 2 * HOUR)

    assert desk.notices == []
    assert len(desk.decisions) > 1


def test_bar_that_was_missed_while_it_watched_is_told() -> None:
    """And while there is time left, why; the hours before the watch are nobody's alarm."""
    desk = AlertingDesk()
    desk.falls()
    desk.clock.at(ELEVEN - 4 * MINUTE, lambda: setattr(desk.log, "full", True))
    desk.clock.at(ELEVEN + 20 * MINUTE, lambda: setattr(desk.log, "full", False))

    desk.watch(ELEVEN + 25 * MINUTE)

    (why, unlogged), (cause, text) = desk.notices
    assert (why, cause) == ("denied", "missed")
    assert unlogged.endswith("no space left on device; nothing is decided until it can be recorded")
    assert desk.told.sent[0].at < ELEVEN + MINUTE
    assert text.startswith(f"NASDAQ:MSFT, bar that ended {BAR}: missed: ")
    assert desk.told.sent[1].facts == {
        "ticker": "NASDAQ:MSFT",
        "bar_end": BAR,
        "rule": "SMA(5) 1H",
    }
    assert [outcome for _, outcome in desk.outcomes()] == ["missed", "missed"]


def test_bar_that_could_not_be_read_in_time_is_told() -> None:
    """The market data were refused all the time: nobody protects the holding, and nobody sees."""
    desk = AlertingDesk()
    answer = desk.feed._as_asked
    refused = "354: Requested market data is not subscribed."

    def refuse(told: FetchedBars | NoBars) -> FetchedBars | NoBars:
        late = desk.true.moment >= ELEVEN - 2 * MINUTE
        return NoBars(told.request, Refused.REFUSED, refused) if late else answer(told)

    desk.feed._as_asked = refuse  # type: ignore[method-assign]

    desk.watch(ELEVEN + 12 * MINUTE)

    assert desk.notices == [
        (
            "missed",
            f"NASDAQ:MSFT, bar that ended {BAR}: abstain: the bar that ends {BAR} is not "
            f"final yet; refused: {refused}",
        )
    ]


def test_bar_in_which_nothing_was_traded_is_told_to_nobody() -> None:
    """That is normal; it is on record."""
    desk = AlertingDesk()
    desk.feed.lose(MSFT, Granularity.HALF_HOUR, ELEVEN)

    desk.watch(ELEVEN + 12 * MINUTE)

    assert desk.outcomes()[-1] == ("11:00", "abstain")
    assert desk.notices == []


@pytest.mark.parametrize("moves", [EVENING - HOUR, EVENING + HOUR])
def test_rule_that_stays_behind_when_a_listing_moves_is_told(moves: datetime) -> None:
    """Before the start, or over a night while it watched: once, with what to do."""
    desk = AlertingDesk(EVENING)
    moved = ContractDetails(evolve(MSFT, exchange="NYSE"), "America/New_York", Decimal("0.01"), {})
    if moves < EVENING:
        desk.broker.describe(moved)
    else:
        desk.clock.at(moves, lambda: desk.broker.describe(moved))

    desk.watch(FRIDAY.open + 5 * MINUTE)

    # What is stored of its bars tells that it is the same contract, where anything is.
    watched = moves > EVENING
    why = "was its name before:" if watched else "is not held: has its listing moved? then:"
    assert [notice for notice in desk.notices if "follows no rule" in notice[1]] == [
        (
            "missed",
            f"NYSE:MSFT follows no rule and is never sold; NASDAQ:MSFT follows SMA(5) 1H and {why} "
            "sellcli assign NYSE:MSFT SMA 5 --timeframe 1H, and start again",
        )
    ]
    assert (desk.told.sent[0].at > EVENING) is watched


def test_two_rules_that_stay_behind_are_told_once_each() -> None:
    """A listing that moved is no news a minute later, nor because another one moved too."""
    desk = AlertingDesk()
    desk.assignments.assign("NASDAQ:AAPL", rule())
    desk.hold(evolve(AAPL, exchange="NYSE"))
    desk.hold(evolve(MSFT, con_id=4, exchange="NYSE"))
    desk.broker.hold(a_position(0))

    desk.watch(ELEVEN + 2 * MINUTE)

    told = [text.partition(" ")[0] for _, text in desk.notices]
    assert sorted(told) == ["NYSE:AAPL", "NYSE:MSFT"]


def test_rule_of_what_is_still_held_has_not_been_left_behind() -> None:
    """Two stocks of one name on two exchanges: the other one simply has no rule."""
    desk = AlertingDesk()
    desk.hold(evolve(MSFT, con_id=4, exchange="NYSE"), 5)

    desk.watch(ELEVEN + 12 * MINUTE)

    assert desk.notices == []


def test_option_is_described_by_nobody_and_missed_by_nobody() -> None:
    """It bears the ticker of its stock, and the rule is the stock's."""
    desk = AlertingDesk()
    desk.broker.hold(a_position(1, MSFT_CALL))

    desk.watch(ELEVEN + 12 * MINUTE)

    assert desk.notices == []


@pytest.mark.parametrize("again", [False, True], ids=["while it watched", "before the start"])
def test_rule_that_stays_behind_when_a_symbol_changes_is_told(again: bool) -> None:
    """Over a night the broker calls the same contract by another name; the stored bars know."""
    desk = AlertingDesk()
    desk.falls()
    renamed = evolve(MSFT, symbol="META")
    named = ContractDetails(renamed, "America/New_York", Decimal("0.01"), {})
    if again:
        desk.watch(ELEVEN - 2 * MINUTE)
        desk.broker.describe(named)
    else:
        desk.true.moment = EVENING
        desk.clock.at(EVENING + HOUR, lambda: desk.broker.describe(named))
    assert desk.notices == []

    desk.watch(ELEVEN + 12 * MINUTE)

    assert desk.notices == [
        (
            "missed",
            "NASDAQ:META follows no rule and is never sold; NASDAQ:MSFT follows SMA(5) 1H and was "
            "its name before: sellcli assign NASDAQ:META SMA 5 --timeframe 1H, and start again",
        )
    ]


def test_watch_without_any_rule_is_told() -> None:
    """Whoever mistakes the folder, or loses the file, must not wait for sales all day."""
    desk = AlertingDesk()
    desk.assignments = MemoryAssignments()

    desk.watch(ELEVEN + 12 * MINUTE)

    assert desk.notices == [
        (
            "missed",
            "no rule is assigned, so nothing is decided; give one to each holding that may be "
            "sold: sellcli assign NASDAQ:MSFT SMA 50, and start again",
        )
    ]


class UnclearAssignments(MemoryAssignments):
    """A file whose only line cannot be used."""

    def load(self) -> Assignments:
        return Assignments(unclear={"NASDAQ:MSFT": "its length is not a number"})


@pytest.mark.parametrize(
    "how", ["another holding has one", "nothing long is held", "its line is unclear"]
)
def test_holding_without_a_rule_that_may_be_meant_is_told_to_nobody(how: str) -> None:
    """The table shows that it is never sold."""
    desk = AlertingDesk()
    if how == "another holding has one":
        desk.hold(AAPL)
    elif how == "its line is unclear":
        desk.assignments = UnclearAssignments()
    else:
        desk.assignments = MemoryAssignments()
        desk.hold(MSFT, -100)

    desk.watch(ELEVEN + 12 * MINUTE)

    assert not any("no rule" in text for _, text in desk.notices)


def test_holding_that_the_broker_does_not_describe_is_told() -> None:
    """No bar of it is due; once it is described, those of the day are on record as missed."""
    desk = AlertingDesk()
    described = dict(desk.broker._details)
    desk.broker._details.clear()
    desk.clock.at(ELEVEN + 20 * MINUTE, lambda: desk.broker._details.update(described))

    desk.watch(ELEVEN + 80 * MINUTE)

    assert desk.notices[0] == (
        "missed",
        "not decided, since the broker does not describe it: NASDAQ:MSFT; it is asked again "
        "each minute, look in TWS whether it still trades",
    )
    assert [text[:47] for _, text in desk.notices[1:]] == [
        f"NASDAQ:MSFT, bar that ended {BAR}"[:47]
    ]
    assert desk.outcomes()[-2:] == [("11:00", "missed"), ("12:00", "hold")]


def test_all_that_is_not_described_is_named_where_it_could_be_sold() -> None:
    """Each of them; a short position, and one without a rule, are never sold anyway."""
    desk = AlertingDesk()
    for con_id, symbol, quantity in ((4, "T", 5), (5, "GE", -5), (6, "F", 5)):
        desk.hold(evolve(MSFT, con_id=con_id, symbol=symbol, exchange="NYSE"), quantity)
        if symbol != "F":
            desk.assignments.assign(f"NYSE:{symbol}", rule())
    desk.broker._details.clear()

    desk.watch(ELEVEN)

    (text,) = [text for _, text in desk.notices if "does not describe" in text]
    assert "describe it: NASDAQ:MSFT, NYSE:T; it is asked again" in text
