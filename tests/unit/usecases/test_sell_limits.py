"""What holds a sale back: people, clocks, caps and disks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf, nan

import pytest
from attrs import evolve
from tests.builders import AAPL, ACCOUNT, MSFT, rule
from tests.desk import HOUR, MINUTE, SECOND
from tests.journal_builders import a_record, moved
from tests.journal_builders import sent as sent_move
from tests.selling_desk import DECIDED, ELEVEN, SellingDesk

from adapters.fake_order_desk import Fate
from sellcore.contract import ContractDetails
from sellcore.instrument import Instrument
from sellcore.order import Mode
from sellcore.ports.quotes import MarketQuote
from sellcore.selling.account_kind import AccountKind
from sellcore.selling.arming import Arming
from sellcore.selling.lifecycle import Happening
from sellcore.selling.limits import SellingPolicy
from sellcore.usecases.sell import CHECKED


def many(count: int) -> SellingDesk:
    """Return a desk with so many holdings of 100, all of which fall at eleven."""
    names = [Instrument(n, f"S{n}", "NASDAQ", "USD") for n in range(1, count + 1)]
    desk = SellingDesk(rules={name.ticker: rule() for name in names}, quantity=0)
    for name in names:
        desk.hold(name)
        desk.falls(name)
    return desk


def test_cap_on_orders_holds_over_all_that_is_sold_in_one_look() -> None:
    """Ten signals at once, three orders: the first three."""
    desk = many(10)
    desk.selling_policy = SellingPolicy(max_orders_per_day=3)

    desk.run()

    assert [order.instrument.con_id for order in desk.entry.sent] == [1, 10, 2]
    assert sorted(desk.ends) == ["denied"] * 7 + ["filled"] * 3
    assert {order.order_id for order in desk.entry.sent} == {1, 2, 3}
    assert len(desk.telling("denied")) == 7
    assert desk.stage.calls.count("entry.place") == 1


@pytest.mark.parametrize(("cap", "sent"), [(8999.99, 0), (9000.0, 1), (26_999.0, 2), (27_000.0, 3)])
def test_cap_on_value_holds_over_all_that_is_sold_in_one_look(cap: float, sent: int) -> None:
    """Each is worth 9000 dollars at the bid."""
    desk = many(4)
    desk.market.told = {n: MarketQuote(bid=90.0) for n in desk.feed_names}
    desk.selling_policy = SellingPolicy(max_value_per_day=cap)

    desk.run()

    assert len(desk.sent) == sent


def test_caps_count_what_was_sent_before() -> None:
    """In an earlier hour of the same day, whatever became of it."""
    desk = SellingDesk()
    desk.entry.expect(Fate.LOST)
    desk.selling_policy = SellingPolicy(max_orders_per_day=1)

    desk.run(75)

    assert desk.ends == ["not sent", "denied"]
    assert "order 2 of the day" in desk.records[1].words


MIDNIGHT = ELEVEN.replace(hour=0)
MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize("late", [timedelta(0), 40 * SECOND, 4 * MINUTE, 7 * MICROSECOND])
@pytest.mark.parametrize(("before", "sent"), [(timedelta(0), 0), (MICROSECOND, 1)])
def test_day_of_the_caps_begins_at_midnight_utc(
    late: timedelta, before: timedelta, sent: int
) -> None:
    """An order of that instant counts, one of the instant before does not; whenever it is now."""
    desk = SellingDesk()
    desk.selling_policy = SellingPolicy(max_orders_per_day=1)
    record = a_record(9)
    desk.journal.prepare([record])
    step = sent_move(record, MIDNIGHT - before)
    desk.journal.record([step, moved(step.record, Happening.PROVEN_ABSENT, MIDNIGHT)])

    def linger() -> None:
        desk.true.moment += late

    desk.stage.before("journal.prepare", linger)

    desk.run()

    assert len(desk.sent) == sent


def test_order_that_is_too_large_is_denied_and_not_cut() -> None:
    """Whole position or nothing."""
    desk = SellingDesk()
    desk.selling_policy = SellingPolicy(max_shares_per_order=99)

    desk.run()

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert desk.causes == ["signal", "denied"]


@pytest.mark.parametrize(
    ("bid", "last", "sent"),
    [
        (-1.0, 90.0, 1),
        (0.0, 90.0, 1),
        (nan, 90.0, 1),
        (inf, 90.0, 1),
        (-1.0, -1.0, 1),
        (None, None, 1),
        (91.0, 80.0, 0),
        (None, 91.0, 0),
        (89.0, 99.0, 1),
    ],
)
def test_size_is_measured_at_a_price_that_is_one(
    bid: float | None, last: float | None, sent: int
) -> None:
    """The bid, else the last, else what was traded in this session: about 90."""
    desk = SellingDesk()
    desk.market.told[MSFT] = MarketQuote(bid=bid, last=last)
    desk.selling_policy = SellingPolicy(max_value_per_order=9_075.0)

    desk.run()

    assert len(desk.sent) == sent


@pytest.mark.parametrize(("most", "denied"), [(90.75, []), (89.0, ["denied"])])
def test_size_of_what_is_quoted_in_pence_is_measured_in_pounds(
    most: float, denied: list[str]
) -> None:
    """Else a limit that lets it through would let a hundred times as much of others through."""
    desk = SellingDesk()
    london = evolve(MSFT, price_magnifier=100)
    desk.broker.describe(ContractDetails(london, "America/New_York", Decimal("0.01"), {}))
    desk.selling_policy = SellingPolicy(max_value_per_order=most, max_value_per_day=most)

    desk.run()

    assert desk.ends == (denied or ["filled"])
    assert len(desk.sent) == (0 if denied else 1)


def test_kill_switch_that_is_thrown_again_is_told_again() -> None:
    """A person who lets go and halts anew hears of it both times."""
    desk = SellingDesk()
    desk.market.told[MSFT] = MarketQuote(suspended=True)  # so that there is something to sell
    desk.switch.why = "stop it"
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: setattr(desk.switch, "why", None))
    desk.clock.at(ELEVEN + 5 * MINUTE, lambda: setattr(desk.switch, "why", "stop it"))

    desk.run()

    assert desk.telling("halted") == ["selling is halted: stop it"] * 2
    noted = [e for e in desk.journal.entries(desk.record.intent_id) if e.what == CHECKED]
    first = noted[0].words.split("; ")
    assert first[::2] == ["halted: stop it", "trading is suspended"]


def test_fill_that_cannot_be_recorded_is_not_told() -> None:
    """It is told once it is on record, at a later look."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.run(2)
    assert desk.ends == ["working"]
    desk.entry.fill(desk.entry.order(1), 100)
    desk.stage.before("journal.record", fill_disk(desk))

    desk.run(6)
    assert (desk.ends, desk.telling("filled")) == (["working"], [])
    desk.journal.full = False
    desk.run()

    assert (desk.ends, len(desk.telling("filled"))) == (["filled"], 1)


def test_denial_that_cannot_be_recorded_is_not_told() -> None:
    """It has not happened: what a person hears is on record first."""
    desk = SellingDesk()
    desk.selling_policy = SellingPolicy(max_shares_per_order=1)
    desk.stage.before("journal.record", fill_disk(desk))

    desk.run(4)

    assert desk.ends == ["prepared"]
    assert all("disk is full" in text for text in desk.telling("denied"))
    assert not [row for row in desk.log.read() if row.reason.startswith("denied")]


def test_kill_switch_stops_before_the_order_and_lets_go_on() -> None:
    """Nothing is sent while it is thrown; afterwards it is, while the bar's time lasts."""
    desk = SellingDesk()
    desk.switch.why = "stop it"
    desk.clock.at(ELEVEN + 5 * MINUTE, lambda: setattr(desk.switch, "why", None))

    desk.run()

    assert (desk.ends, desk.record.sent_at) == (["filled"], ELEVEN + 5 * MINUTE)
    assert desk.telling("halted") == ["selling is halted: stop it"]
    assert "NASDAQ:MSFT is not sold yet: halted: stop it; sellcli resume lets it sell again" in (
        desk.alerts
    )


def test_kill_switch_that_stays_denies_when_time_is_up() -> None:
    """With its reason."""
    desk = SellingDesk()
    desk.switch.why = "stop it"

    desk.run(20)

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert desk.record.words == (
        "halted: stop it; sellcli resume lets it sell again; to be sent from "
        "2022-05-20T15:00:30Z to 2022-05-20T15:10:00Z; the next bar decides anew"
    )


Slow = Callable[[SellingDesk], None]


def throw(desk: SellingDesk) -> None:
    desk.switch.why = "in the last moment"


def disarm(desk: SellingDesk) -> None:
    desk.true.moment += 10 * SECOND


def expire(desk: SellingDesk) -> None:
    desk.true.moment = ELEVEN + 10 * MINUTE + SECOND


@pytest.mark.parametrize("call", ["broker.open_orders", "witness.trades", "broker.positions"])
@pytest.mark.parametrize(
    ("meanwhile", "words"),
    [
        (throw, "halted: in the last moment"),
        (disarm, "not armed: it was until 2022-05-20T15:00:35Z"),
        (expire, "to be sent from 2022-05-20T15:00:30Z to 2022-05-20T15:10:00Z"),
    ],
)
def test_what_happens_while_the_account_is_read_is_heeded(
    call: str, meanwhile: Slow, words: str
) -> None:
    """The broker may take half a minute to answer: halt, arming and deadline hold behind it."""
    desk = SellingDesk()
    if meanwhile is disarm:
        desk.arming = Arming(ACCOUNT, AccountKind.PAPER, DECIDED + 5 * SECOND)
    desk.stage.before("journal.prepare", lambda: desk.stage.before(call, lambda: meanwhile(desk)))

    desk.run(8)

    assert desk.sent == []
    told = desk.record.words if meanwhile is not throw else "; ".join(desk.alerts)
    assert words in told


def test_session_that_closes_while_the_account_is_read_is_heeded() -> None:
    """A market order after the close would wait for the next open, unwatched."""
    desk = SellingDesk(ELEVEN + 5 * HOUR - 3 * MINUTE)
    desk.falls(MSFT)
    desk.entry.fate = Fate.LOST
    desk.switch.why = "wait"
    close = ELEVEN + 5 * HOUR

    def answer_late() -> None:
        desk.true.moment = close + SECOND

    def sell() -> None:
        desk.switch.why = None
        desk.stage.before("witness.trades", answer_late)

    desk.clock.at(close - 10 * SECOND, sell)
    desk.watch(close + 30 * SECOND)

    assert desk.sent == []


@pytest.mark.parametrize(
    ("until", "sent"), [(DECIDED, 0), (DECIDED + SECOND, 1), (DECIDED - SECOND, 0)]
)
def test_arming_ends_at_its_instant(until: object, sent: int) -> None:
    """From then on nothing is sent; the sale is denied, with the way out."""
    desk = SellingDesk()
    assert desk.arming is not None
    desk.arming = evolve(desk.arming, until=until)

    desk.run()

    assert len(desk.sent) == sent
    assert desk.ends == (["filled"] if sent else ["denied"])
    assert sent or "start again with --live and arm it" in desk.record.words


def test_arming_that_ends_between_two_looks_denies_the_second() -> None:
    """The first one waited for the halt to end."""
    desk = SellingDesk()
    assert desk.arming is not None
    desk.arming = evolve(desk.arming, until=ELEVEN + 3 * MINUTE - SECOND)
    desk.switch.why = "wait"
    desk.clock.at(ELEVEN + 2 * MINUTE + SECOND, lambda: setattr(desk.switch, "why", None))

    desk.run()

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert "not armed: it was until" in desk.record.words


def test_nobody_armed_it_nothing_is_sent() -> None:
    """Though everything else is there."""
    desk = SellingDesk()
    desk.arming = None

    desk.run()

    assert (desk.sent, desk.ends) == ([], ["denied"])


@pytest.mark.parametrize("kind", [AccountKind.LIVE, AccountKind.PAPER])
def test_arming_of_another_account_sends_nothing(kind: AccountKind) -> None:
    """The account of the intent must be the one that was armed."""
    desk = SellingDesk()
    desk.arming = Arming("U7654321", kind)

    desk.run()

    assert (desk.sent, desk.ends) == ([], ["denied"])


def test_intent_of_another_mode_never_reaches_the_journal() -> None:
    """A journal is of one mode: nothing is decided on what it does not take."""
    desk = SellingDesk()
    desk.mode = Mode.LIVE

    desk.run()

    assert (desk.sent, desk.ends) == ([], [])
    assert any("does not take it" in alert for alert in desk.alerts)


def test_clock_that_is_wrong_sends_nothing() -> None:
    """It is set right within the bar's time: it is sold then."""
    desk = SellingDesk()
    desk.switch.why = "wait"

    def set_wrong() -> None:
        desk.switch.why = None
        desk.clock.ahead = 11 * SECOND

    desk.clock.at(DECIDED + SECOND, set_wrong)
    desk.clock.at(ELEVEN + 5 * MINUTE, lambda: setattr(desk.clock, "ahead", timedelta(0)))

    desk.run()

    assert desk.ends == ["filled"]
    assert desk.record.sent_at is not None
    assert desk.record.sent_at >= ELEVEN + 5 * MINUTE


@pytest.mark.parametrize("ahead", [timedelta(days=4), 2 * HOUR, 11 * MINUTE])
@pytest.mark.parametrize("minutes", [5, 15])
def test_clock_that_is_wrong_for_a_while_ends_nothing(ahead: timedelta, minutes: int) -> None:
    """By it the bar's time is over, and the arming; once it is right it is known what is."""
    desk = SellingDesk()
    desk.arming = Arming(ACCOUNT, AccountKind.PAPER, ELEVEN + 20 * MINUTE)
    desk.switch.why = "wait"
    desk.clock.at(DECIDED + 30 * SECOND, lambda: setattr(desk.clock, "ahead", ahead))
    desk.watch(ELEVEN + 3 * MINUTE + ahead)
    assert desk.ends == ["prepared"]
    desk.true.moment = ELEVEN + minutes * MINUTE
    desk.clock.ahead, desk.switch.why = timedelta(0), None

    desk.run(minutes + 3)

    assert desk.ends == (["filled"] if minutes == 5 else ["denied"])


@pytest.mark.parametrize("seconds", [3, 13, 19])
def test_clock_of_a_gateway_that_answers_slowly_is_no_other_clock(seconds: int) -> None:
    """It read its clock while we waited: the two may well agree."""
    desk = SellingDesk()
    answer = desk.broker.server_time

    def slowly() -> datetime:
        desk.true.moment += seconds * SECOND / 2
        told = answer()
        desk.true.moment += seconds * SECOND / 2
        return told

    desk.broker.server_time = slowly  # type: ignore[method-assign]

    desk.run()

    assert (desk.ends, desk.held()) == (["filled"], 0)
    assert [alert for alert in desk.alerts if "clock" in alert] == []


def test_each_holding_that_waits_is_told_of_once() -> None:
    """However long it takes, and whatever the other one waits for."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)
    desk.market.told = {name: MarketQuote(suspended=True) for name in (MSFT, AAPL)}

    desk.run(6)

    waits = sorted(text for text in desk.alerts if "is not sold yet" in text)
    told = "is not sold yet: trading is suspended; it waits for trading to resume"
    assert waits == [f"NASDAQ:AAPL {told}", f"NASDAQ:MSFT {told}"]


def test_suspended_stock_is_waited_for() -> None:
    """One order, once it trades again."""
    desk = SellingDesk()
    desk.market.told[MSFT] = MarketQuote(bid=90.0, suspended=True)
    resumes = lambda: desk.market.told.clear()  # noqa: E731
    desk.clock.at(ELEVEN + 4 * MINUTE + SECOND, resumes)

    desk.run()

    assert desk.record.sent_at == ELEVEN + 5 * MINUTE
    assert len(desk.sent) == 1


@pytest.mark.parametrize("waits", [1, 2, 3])
@pytest.mark.parametrize(("fate", "end"), [(Fate.REJECTED, "rejected"), (Fate.LOST, "not sent")])
def test_storm_of_failed_sends_stops_at_its_limit(fate: Fate, end: str, waits: int) -> None:
    """So many refused or lost in a row, and nothing more is sent until a person has seen to it."""
    desk = SellingDesk()
    desk.entry.fate = fate
    desk.selling_policy = SellingPolicy(reject_limit=waits)

    desk.run(2 * 60)
    desk.run(5 * 60)

    assert len(desk.sent) == waits
    assert desk.ends[:waits] == [end] * waits
    assert set(desk.ends[waits:]) == {"denied"}
    assert f"rejected or lost {waits} times in a row, at most {waits - 1}" in (
        desk.records[waits].words
    )


def test_days_value_counts_each_currency_by_itself() -> None:
    """A sale in yen leaves the room that the day has for dollars as it is."""
    yen = Instrument(9, "7203", "NASDAQ", "JPY")
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:7203": rule()})
    desk.hold(yen)
    desk.falls(yen)
    desk.selling_policy = SellingPolicy(max_value_per_day=9_500.0)

    desk.run()

    assert desk.ends == ["filled", "filled"]


def fill_disk(desk: SellingDesk) -> Callable[[], None]:
    return lambda: setattr(desk.journal, "full", True)


def test_journal_that_is_full_when_a_bar_is_decided_decides_nothing() -> None:
    """Nobody is told of a signal, but of the disk; it is decided and sold once there is room."""
    desk = SellingDesk()
    desk.clock.at(ELEVEN, fill_disk(desk))
    desk.clock.at(ELEVEN + 5 * MINUTE, lambda: setattr(desk.journal, "full", False))

    desk.run(4)
    assert (desk.sent, desk.ends, desk.causes) == ([], [], ["denied"])
    assert any("disk is full" in alert and "nothing is decided" in alert for alert in desk.alerts)
    desk.run()

    assert (len(desk.sent), desk.ends) == (1, ["filled"])
    assert desk.record.sent_at == ELEVEN + 5 * MINUTE


@pytest.mark.parametrize("call", ["journal.seen", "journal.record", "entry.order_ids"])
def test_journal_that_is_full_before_the_send_sends_nothing(call: str) -> None:
    """Once it can be written the sale goes on."""
    desk = SellingDesk()
    filled = fill_disk(desk)
    desk.stage.before("journal.prepare", lambda: desk.stage.before(call, filled))
    desk.clock.at(ELEVEN + 5 * MINUTE, lambda: setattr(desk.journal, "full", False))

    desk.run(4)
    assert (desk.sent, desk.ends) == ([], ["prepared"])
    assert any("disk is full" in text for text in desk.telling("denied"))
    desk.run()

    assert (len(desk.sent), desk.ends) == (1, ["filled"])


def test_journal_that_is_full_is_told_to_a_person_once() -> None:
    """And again when it comes back."""
    desk = SellingDesk()
    desk.stage.before("journal.record", fill_disk(desk))

    desk.run(4)

    assert desk.sent == []
    assert desk.telling("denied") == [
        "cannot write the journal: the disk is full; free some space; "
        "nothing is sent until the journal can be written"
    ]


def test_journal_that_is_full_behind_the_send_sends_nothing_more() -> None:
    """What became of the order goes on record once there is room."""
    desk = SellingDesk()
    desk.stage.behind("entry.place", fill_disk(desk))

    desk.run(4)
    assert (len(desk.sent), desk.ends) == (1, ["sending"])
    desk.journal.full = False
    desk.run(12)

    assert (len(desk.sent), desk.ends) == (1, ["filled"])


def test_trouble_with_the_journal_is_told_again_when_it_comes_back() -> None:
    """Between the two it could be written."""
    desk = SellingDesk()
    desk.switch.why = "wait"
    for minute in (2, 6):
        start = ELEVEN + minute * MINUTE - SECOND
        # Positions that change have to be written down.
        desk.clock.at(start, lambda minute=minute: desk.hold(SPARE, minute))
        desk.clock.at(start, fill_disk(desk))
        desk.clock.at(start + MINUTE, lambda: setattr(desk.journal, "full", False))

    desk.run()

    assert len([text for text in desk.telling("denied") if "disk is full" in text]) == 2


SPARE = Instrument(99, "SPARE", "NASDAQ", "USD")


def test_broker_that_cannot_be_asked_is_told_and_asked_again() -> None:
    """The line goes after the decision: it is sold once it is back."""
    desk = SellingDesk()
    desk.stage.before(
        "journal.prepare",
        lambda: desk.stage.before("broker.open_orders", lambda: desk.broker.drop("gone for now")),
    )

    desk.run()

    assert (len(desk.sent), desk.ends) == (1, ["filled"])
    assert desk.record.sent_at is not None
    assert desk.record.sent_at > DECIDED
    assert "gone for now" in desk.alerts
