"""What the broker answers, and does not answer, to an order."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from attrs import evolve
from tests.builders import AAPL, MSFT, rule
from tests.desk import MINUTE, SECOND
from tests.selling_desk import DECIDED, ELEVEN, SellingDesk

from adapters.fake_order_desk import Fate
from sellcore.errors import BrokerUnavailable, InvalidValue
from sellcore.ports.order_entry import Reply, Word
from sellcore.usecases.sell import CHECKED

NO_LIST = "it is in no list of the broker's; the position was 100 and is 100"


def test_order_that_nobody_speaks_of_is_adopted_where_it_works() -> None:
    """The list of open orders has it."""
    desk = SellingDesk()
    desk.entry.fate = Fate.SWALLOWED

    desk.run()

    assert desk.happened == ["PREPARED", "SENDING", "SEEN_WORKING"]
    assert len(desk.sent) == 1


def test_answer_that_took_long_is_as_old_as_its_question() -> None:
    """Half a minute went into reading the orders: the list may be from its very beginning."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST

    def slowly() -> None:
        desk.true.moment += 30 * SECOND

    behind_the_order = partial(desk.stage.behind, "broker.open_orders", slowly)
    desk.stage.behind("entry.place", behind_the_order)

    desk.run(1.4)
    assert desk.ends == ["sending"]
    desk.run()

    assert (len(desk.sent), desk.ends) == (1, ["not sent"])


def test_order_that_never_arrives_was_not_sent_and_is_not_sent_again() -> None:
    """It is proven after 20 seconds, at the next look; the bar is not acted on any more."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST

    desk.run(40)

    assert (len(desk.sent), desk.ends) == (1, ["not sent"])
    assert desk.record.words == NO_LIST
    assert desk.telling("not sent") == [
        f"NASDAQ:MSFT: SELL 100: not sent: {NO_LIST}; "
        "it is not sent again; the next bar decides anew"
    ]
    assert desk.outcome.errors == tuple(desk.telling("not sent"))
    assert desk.outcome.action_executed == "SELL 100, 0 sold"


def test_order_that_takes_long_to_leave_is_waited_for_from_then_on() -> None:
    """Half a minute to write it: that it is in no list right behind says nothing."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST

    def dawdle() -> None:
        desk.true.moment += timedelta(seconds=29)

    desk.stage.before("entry.place", dawdle)

    desk.run(1)
    assert desk.ends == ["sending"]

    desk.run(3)
    assert desk.ends == ["not sent"]


def test_bar_after_one_that_was_not_sent_is_sold_anew() -> None:
    """By another intent, with a higher number."""
    desk = SellingDesk()
    desk.entry.expect(Fate.LOST)

    desk.run(70)

    assert desk.ends == ["not sent", "filled"]
    assert [order.order_id for order in desk.entry.sent] == [1, 2]
    assert len({order.order_ref for order in desk.entry.sent}) == 2
    assert desk.held() == 0


def test_refused_order_is_rejected_in_the_brokers_words() -> None:
    """At once, since it is in no list and the position has not moved."""
    desk = SellingDesk()
    desk.entry.fate = Fate.REJECTED

    desk.run(40)

    assert (len(desk.sent), desk.ends) == (1, ["rejected"])
    assert desk.record.words == ("rejected by the broker: Order rejected - reason: by the script")
    assert desk.causes == ["signal", "sent", "rejected"]
    assert desk.outcome.timestamp == DECIDED
    assert desk.outcome.action_executed == "SELL 100, 0 sold"
    assert desk.outcome.errors[0].endswith("it is not sent again; the next bar decides anew")


def answers(desk: SellingDesk, *words: tuple[Word, str, int]) -> Callable[[], None]:
    return lambda: desk.entry._replies.extend(
        Reply(1, word, text, code) for word, text, code in words
    )


def listened(desk: SellingDesk) -> int:
    """Return how often the broker was listened to between the order and the lists behind it."""
    behind = desk.stage.calls[desk.stage.calls.index("entry.place") :]
    return behind[: behind.index("broker.open_orders")].count("entry.replies")


def test_broker_that_says_nothing_is_listened_to_once() -> None:
    """And once more, without waiting, right before the lists are read."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST

    desk.run()

    assert listened(desk) == 1 + 1


def test_broker_that_talks_on_of_others_keeps_nobody_from_the_lists() -> None:
    """Twenty times for one order; what became of it the lists tell."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    chatter = Reply(99, Word.STATUS, "Submitted", 0)
    chat = [lambda: desk.entry._replies.append(chatter)] * 100
    desk.stage.behind("entry.place", lambda: (chat[0](), desk.stage.behind("entry.replies", *chat)))

    desk.run(1)

    assert listened(desk) == 20 + 1


def test_read_only_gateway_is_a_refusal() -> None:
    """321 stands for many things; to a new order it says that there is none."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    read_only = (Word.REFUSAL, "The API interface is currently in Read-Only mode.", 321)
    desk.stage.behind("entry.place", answers(desk, read_only))

    desk.run()

    assert desk.record.words == (
        "rejected by the broker: The API interface is currently in Read-Only mode."
    )


def test_refusal_behind_a_first_word_is_heard() -> None:
    """A status comes before the reason: it is rejected all the same, and counted as such."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    first = answers(desk, (Word.STATUS, "Inactive", 0))
    then = answers(desk, (Word.REFUSAL, "Order rejected - reason: later", 201))
    desk.stage.behind("entry.place", lambda: (first(), desk.stage.behind("entry.replies", then)))

    desk.run()

    assert desk.record.words == "rejected by the broker: Order rejected - reason: later"
    assert desk.journal.failed_sends(desk.record.con_id) == 1


def test_refusals_among_other_words_are_all_heard() -> None:
    """Two orders, and everything about them comes at once."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)
    desk.entry.fate = Fate.LOST
    said = [
        Reply(2, Word.STATUS, "Inactive"),
        Reply(1, Word.REFUSAL, "no such route", 200),
        Reply(2, Word.REFUSAL, "too large", 201),
        Reply(1, Word.REMARK, "read the manual", 399),
    ]
    desk.stage.behind("entry.place", lambda: desk.entry._replies.extend(said))

    desk.run()

    assert {record.order_id: record.words for record in desk.records} == {
        1: "rejected by the broker: no such route",
        2: "rejected by the broker: too large",
    }


@pytest.mark.parametrize("word", [Word.REMARK, Word.STATUS, Word.ORDER])
def test_what_is_no_refusal_rejects_nothing(word: Word) -> None:
    """Whatever it sounds like: the order works."""
    desk = SellingDesk()
    desk.entry.fate = Fate.SWALLOWED
    desk.stage.behind("entry.place", answers(desk, (word, "Cancelled", 10349)))

    desk.run()

    assert desk.ends == ["working"]


@pytest.mark.parametrize("word", [Word.REMARK, Word.STATUS, Word.ORDER])
def test_order_that_is_listed_behind_a_remark_was_never_refused(word: Word) -> None:
    """It takes ten seconds into the lists, and nothing but a refusal ends it before."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    desk.stage.behind("entry.place", answers(desk, (word, "Cancelled", 10349)))
    ends: list[str] = []
    desk.clock.at(DECIDED + 10 * SECOND, lambda: ends.extend(desk.ends))

    desk.run()

    assert ends == ["sending"]
    assert desk.ends == ["not sent"]


def test_refusal_that_lies_is_not_believed() -> None:
    """The order works, so it is followed until it fills."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.stage.behind("entry.place", answers(desk, (Word.REFUSAL, "so they say", 201)))
    desk.clock.at(ELEVEN + 7 * MINUTE, lambda: desk.entry.fill(desk.entry.order(1)))

    desk.run()

    assert desk.happened == ["PREPARED", "SENDING", "SEEN_WORKING", "SEEN_FILLED"]


def test_refusal_of_another_order_is_not_ours() -> None:
    """By its number, and nothing waits for the word of orders that were not sent."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    desk.stage.behind(
        "entry.place", lambda: desk.entry._replies.append(Reply(99, Word.REFUSAL, "no", 201))
    )

    desk.run()

    assert desk.ends == ["not sent"]


def test_word_that_comes_late_is_waited_for() -> None:
    """Twice nothing about it, then a refusal: it is asked for again while something is said."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    other = lambda: desk.entry._replies.append(Reply(99, Word.STATUS, "Filled"))  # noqa: E731
    desk.entry.meanwhile(other, answers(desk, (Word.REFUSAL, "no such account", 435)))

    desk.run()

    assert desk.record.words == "rejected by the broker: no such account"
    assert desk.record.sent_at == DECIDED


@pytest.mark.parametrize("fate", [Fate.FILLS, Fate.WORKS, Fate.LOST, Fate.REJECTED])
def test_line_that_goes_while_an_order_is_written_sends_nothing_twice(fate: Fate) -> None:
    """Once the line is back, the lists say what became of it."""
    desk = SellingDesk()
    desk.entry.fate = fate
    desk.entry.tear_after(1)

    desk.run(30)

    ends = {Fate.FILLS: "filled", Fate.WORKS: "working", Fate.REJECTED: "rejected"}
    assert (len(desk.sent), desk.ends) == (1, [ends.get(fate, "not sent")])
    assert desk.telling("sent") == ["NASDAQ:MSFT: SELL 100: sending: SELL 100 MKT DAY"]
    assert any("may have been sent or not" in alert for alert in desk.alerts)


def test_line_that_goes_before_an_order_is_written_sends_nothing() -> None:
    """It is on record as SENDING, so it is proven absent and never written."""
    desk = SellingDesk()
    desk.entry.tear_after(0)

    desk.run(30)

    assert (desk.sent, desk.ends) == ([], ["not sent"])


def test_order_whose_position_moves_and_that_is_nowhere_is_unknown() -> None:
    """Nothing more is sold on it, and a person is told once, with the way out."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    desk.stage.behind("entry.place", lambda: desk.hold_quietly("60"))

    desk.run(80)

    assert (len(desk.sent), desk.ends) == (1, ["unknown"])
    words = "it is in no list of the broker's; the position was 100 and is 60"
    assert desk.telling("unknown") == [
        f"NASDAQ:MSFT: SELL 100: unknown: {words}; "
        "nothing more is sold on it; look in TWS, then settle it: sellcli reconcile"
    ]
    assert desk.outcome.errors == tuple(desk.telling("unknown"))
    assert desk.telling("denied") == [
        "NASDAQ:MSFT: an earlier sale of it has not ended; this signal is not acted on"
    ]


def test_unknown_heals_by_evidence() -> None:
    """The order shows up in a list after all."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    desk.stage.behind("entry.place", lambda: desk.hold_quietly("60"))
    desk.run(4)
    assert desk.ends == ["unknown"]
    desk.hold_quietly("100")
    desk.entry._accept(desk.entry.sent[0], Fate.FILLS)

    desk.run(20)

    assert desk.happened == ["PREPARED", "SENDING", "UNCLEAR", "SEEN_FILLED"]
    assert desk.telling("filled") == ["NASDAQ:MSFT: SELL 100: filled: sold 100 of 100"]


def test_order_that_was_out_of_sight_works_again() -> None:
    """Nothing else about it is new, but that it is listed settles what was unknown."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.run(1)
    order = desk.entry.order(1)
    desk.broker.finish(order.perm_id)
    desk.run(3)
    assert desk.ends == ["unknown"]
    desk.broker.work(order)

    desk.run(6)

    assert desk.happened == ["PREPARED", "SENDING", "SEEN_WORKING", "UNCLEAR", "SEEN_WORKING"]
    assert desk.ends == ["working"]


def test_unknown_stays_unknown_while_two_orders_carry_its_reference() -> None:
    """Nothing new is known, nothing is written, and another position is sold meanwhile."""
    desk = SellingDesk(rules={MSFT.ticker: rule(), AAPL.ticker: rule()})
    desk.entry.fate = Fate.LOST
    desk.stage.behind("entry.place", lambda: desk.hold_quietly("60"))
    desk.run(5)
    assert desk.ends == ["unknown"]
    ref = desk.record.intent.order_ref
    for perm_id in (1001, 1002):
        desk.rest(perm_id, order_ref=ref, quantity=Decimal(10), remaining=Decimal(10))
    desk.entry.fate = Fate.FILLS
    desk.hold(AAPL)
    desk.falls(AAPL)

    desk.run(70)

    ended = {record.con_id: str(record.state) for record in desk.records}
    assert ended == {MSFT.con_id: "unknown", AAPL.con_id: "filled"}
    told = desk.journal.entries(next(r for r in desk.records if r.con_id == MSFT.con_id).intent_id)
    assert [e.what for e in told if e.what != CHECKED] == ["PREPARED", "SENDING", "UNCLEAR"]


def test_what_is_sent_is_compared_again_every_five_minutes() -> None:
    """And each minute while something is open: this one between two of them."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    filled = ELEVEN + 5 * MINUTE + SECOND
    desk.clock.at(filled, lambda: desk.entry.fill(desk.entry.order(1)))

    desk.run()

    moved = [e.at for e in desk.journal.entries(desk.record.intent_id) if e.what == "SEEN_FILLED"]
    assert moved[0] - filled <= MINUTE


def test_order_that_the_way_to_send_refuses_is_told_and_was_never_written() -> None:
    """It is on record as SENDING, so it is proven absent; nothing else is sent instead."""
    desk = SellingDesk()

    def refuse() -> None:
        raise InvalidValue("order 1: the account is not this login's")

    desk.stage.before("entry.place", refuse)

    desk.run(5)

    assert (desk.sent, desk.ends) == ([], ["not sent"])
    assert desk.telling("unknown") == [
        "order 1: the account is not this login's; what was sent is compared with the broker: "
        "sellcli reconcile shows it"
    ]


def test_trouble_with_the_line_is_told_each_time_that_it_comes() -> None:
    """While something waits to be sold; not twice while it lasts."""
    desk = SellingDesk()
    desk.switch.why = "wait"

    def refuse() -> None:
        raise BrokerUnavailable("no answer to executions")

    for minute in (1, 5):
        desk.clock.at(
            ELEVEN + minute * MINUTE + SECOND,
            lambda: desk.stage.before("witness.trades", refuse),
        )

    desk.run(9)

    assert desk.alerts.count("no answer to executions") == 2


def lost_and_found(desk: SellingDesk) -> None:
    desk.broker.lose_servers()
    desk.broker.restore_servers(data_lost=True)


@pytest.mark.parametrize(
    ("call", "happens"),
    [
        ("broker.open_orders, done", lost_and_found),
        ("witness.completed_orders", lost_and_found),
        ("witness.trades", lost_and_found),
        ("broker.positions", lost_and_found),
        ("broker.positions, done", lambda desk: desk.broker.lose_servers()),
    ],
)
def test_account_that_was_read_over_two_lines_is_not_believed(
    call: str, happens: Callable[[SellingDesk], None]
) -> None:
    """An order could hide between them: nothing is sent, and it is read anew."""
    desk = SellingDesk()
    desk.stage.before("journal.prepare", lambda: desk.stage.before(call, lambda: happens(desk)))
    back = lambda: desk.broker.restore_servers()  # noqa: E731
    desk.clock.at(ELEVEN + 4 * MINUTE, back)

    desk.run()

    assert "the line was lost while the account was read" in desk.alerts
    assert (len(desk.sent), desk.ends) == (1, ["filled"])
    assert desk.record.sent_at is not None
    assert desk.record.sent_at > DECIDED


def test_position_that_is_missing_over_two_lines_has_not_gone_flat() -> None:
    """What is not believed is not on record either: it was closed once, by our sale."""
    desk = SellingDesk()

    def hide() -> None:
        desk.hold_quietly("0")
        lost_and_found(desk)
        desk.stage.behind("broker.positions", lambda: desk.hold_quietly("100"))

    desk.stage.before("journal.prepare", lambda: desk.stage.before("broker.positions", hide))

    desk.run()

    assert desk.ends == ["filled"]
    assert desk.journal.epochs() == {MSFT.con_id: 1}


def test_trades_and_their_costs_are_kept() -> None:
    """The broker forgets them over night."""
    desk = SellingDesk().run()

    (execution,), (commission,) = desk.journal.trades()
    assert (execution.shares, execution.price) == (100, 90.0)
    assert commission.exec_id == execution.exec_id


def test_what_was_read_over_two_lines_decides_nothing() -> None:
    """The servers were gone for a moment between the account and its bars: it is read again."""
    desk = SellingDesk()

    def blink() -> None:
        desk.stage.before("broker.open_orders", lambda: lost_and_found(desk))

    desk.clock.at(DECIDED - SECOND, blink)

    desk.run()

    assert desk.record.decided_at == ELEVEN + MINUTE
    assert (len(desk.sent), desk.ends) == (1, ["filled"])


def test_order_whose_reference_is_changed_on_its_way_is_not_taken_for_absent() -> None:
    """It works, and sells: the position is shut, and a person is told to look."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    work = desk.broker.work
    desk.broker.work = lambda o: work(  # type: ignore[method-assign]
        evolve(o, order_ref=o.order_ref.upper())
    )

    desk.run(150)

    assert desk.ends == ["unknown"]
    assert len(desk.sent) == 1
    (text,) = desk.telling("unknown")
    assert "in no list, but its number is, referred to as 'SELLCLI:" in text
    assert "look in TWS, then settle it: sellcli reconcile" in text
