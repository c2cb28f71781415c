"""A bar closes below its average: it is sold once, and everybody is told."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from tests.builders import AAPL, ACCOUNT, MSFT, rule
from tests.desk import MINUTE, SECOND
from tests.journal_builders import a_record, steps
from tests.selling_builders import known
from tests.selling_desk import DECIDED, ELEVEN, OURS, SellingDesk

from adapters.fake_order_desk import CancelFate, Fate
from sellcore.errors import BrokerUnavailable
from sellcore.event import Decided, OrderMoved, Prepared
from sellcore.order_type import OrderType
from sellcore.outcome import Outcome
from sellcore.ports.order_entry import SellOrder
from sellcore.ports.quotes import MarketQuote
from sellcore.selling.checks import CHECKS
from sellcore.selling.lifecycle import Happening, State
from sellcore.selling.limits import SellingPolicy
from sellcore.selling.verdict import from_json
from sellcore.usecases.sell import CHECKED
from sellcore.usecases.send import Ready, send
from sellcore.usecases.watch import summary


def test_signal_is_sold_once() -> None:
    """All shares, by one order, as soon as the hour is final."""
    desk = SellingDesk().run()

    (order,) = desk.entry.sent
    assert order == SellOrder(
        1, ACCOUNT, MSFT, 100, OrderType.MARKET, None, desk.record.intent.order_ref
    )
    assert desk.happened == ["PREPARED", "SENDING", "SEEN_FILLED"]
    assert (desk.record.sent_at, desk.record.decided_at) == (DECIDED, DECIDED)
    assert desk.held() == 0


def test_record_of_what_was_sent_is_complete() -> None:
    """What must be known to find it again, and what came of it."""
    record = SellingDesk(quantity="100.7").run().record

    assert (record.client_id, record.order_id, record.quantity) == (OURS, 1, 100)
    assert (record.position_before, record.held) == (Decimal("100.7"), Decimal("100.7"))
    assert (record.limit_price, record.close, record.average) == (None, 90.0, 98.0)
    assert (record.perm_id, record.filled, record.average_price) == (700_000_001, 100, 90.0)
    assert (record.words, record.asked_to_go) == ("sold 100 of 100", ())
    assert (record.not_before, record.deadline) == (DECIDED, ELEVEN + 10 * MINUTE)


def test_order_is_what_the_checks_were_asked_about() -> None:
    """No more than is free, whoever sells the rest; the position on record is the whole one."""
    desk = SellingDesk()
    state, ports = desk.run(0).state, desk.ports()
    assert state is not None
    assert ports.selling is not None
    record = a_record(instrument=MSFT, held=Decimal("100.7"))
    desk.journal.prepare([record])

    send(ports, ports.selling, state, [Ready(record, known(record=record, selling=Decimal(30)))])

    assert desk.sent == ["SELL 70 MKT DAY"]
    assert (desk.record.quantity, desk.record.position_before) == (70, Decimal("100.7"))


def test_orders_of_one_look_go_on_record_by_one_write() -> None:
    """All of them or none: a process that dies there leaves none that might have been sent."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)

    desk.run()

    calls = desk.stage.calls
    between = calls[calls.index("entry.order_ids") : calls.index("entry.place")]
    assert between.count("journal.record") == 1
    assert [record.sent_at for record in desk.records] == [DECIDED] * 2


def test_order_that_was_sent_is_shown_though_the_run_is_ended_just_then() -> None:
    """Ctrl-C while the broker is listened to: what left the house is on the screen."""
    desk = SellingDesk()

    def ctrl_c() -> None:
        raise KeyboardInterrupt

    desk.stage.behind("entry.place", ctrl_c)

    with pytest.raises(KeyboardInterrupt):
        desk.run()

    moves = [event.record.state for event in desk.events if isinstance(event, OrderMoved)]
    assert moves[-1] is State.SENDING


def test_answers_of_the_checks_are_on_record_before_what_follows_from_them() -> None:
    """A process that dies in between leaves no refusal without its reasons."""
    desk = SellingDesk()
    desk.rest(client_id=9)

    desk.run()

    entries = desk.journal.entries(desk.record.intent_id)
    assert [entry.what for entry in entries] == ["PREPARED", CHECKED, "DENIED"]


def test_answers_of_all_checks_are_on_record_each_time_they_change() -> None:
    """With what each of them met, so that anybody can ask why it was sold, or was not."""
    desk = SellingDesk()
    desk.switch.why = "stop it"
    desk.clock.at(ELEVEN + 5 * MINUTE, lambda: setattr(desk.switch, "why", None))

    desk.run()

    noted = [e for e in desk.journal.entries(desk.record.intent_id) if e.what == CHECKED]
    first, *_, last = (from_json(entry.details) for entry in noted)
    assert len(first) == len(last) == len(CHECKS)
    assert [check.name for check in first if not check.passed] == ["halt"]
    assert [check for check in last if not check.passed] == []
    assert noted[0].words == "halted: stop it; sellcli resume lets it sell again"
    assert noted[-1].words == "every check allows it"


def test_answers_that_let_it_go_are_those_of_the_last_look() -> None:
    """A stop sold 40 while it went: every check allowed it before as well, on other facts."""
    desk = SellingDesk()
    stop = desk.rest()
    desk.stage.before("entry.cancel", lambda: desk.entry.fill(stop, 40))

    desk.run()

    noted = [e for e in desk.journal.entries(desk.record.intent_id) if e.what == CHECKED]
    found = {check.name: check.found for check in from_json(noted[-1].details)}
    assert (desk.sent, found["long"]) == (["SELL 60 MKT DAY"], "60 shares held")


def test_answers_that_stay_are_on_record_once() -> None:
    """A cancel that is waited for has them looked at again and again, all at one instant."""
    desk = SellingDesk()
    desk.rest()
    desk.entry.cancel_fate = CancelFate.IGNORED

    desk.run(0.6)

    assert desk.stage.calls.count("entry.cancel") > 1
    noted = [e for e in desk.journal.entries(desk.record.intent_id) if e.what == CHECKED]
    assert [entry.words for entry in noted] == ["every check allows it"]


def test_bars_on_record_are_those_that_the_average_was_made_of() -> None:
    """An EMA is made of more than it needs."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule("EMA,5,1H")}).run()

    (decision,) = [row for row in desk.log.read() if row.decision is Outcome.SIGNAL][:1]
    assert decision.bars_used is not None
    assert desk.record.bars_used == decision.bars_used > 100


def test_clock_that_is_a_little_ahead_loses_no_trade() -> None:
    """The trade is stamped by the broker, before we decided by our own clock."""
    desk = SellingDesk()
    desk.clock.ahead = 8 * SECOND
    desk.entry.fate = Fate.FILLS

    desk.run()

    assert (desk.ends, desk.record.filled, desk.record.average_price) == (["filled"], 100, 90.0)
    (execution,), _ = desk.journal.trades()
    assert execution.time < desk.record.decided_at


def test_on_record_before_on_the_wire() -> None:
    """The intent before anything, SENDING before the order, and nothing after it but questions."""
    calls = SellingDesk().run().stage.calls

    order = [
        calls.index(call)
        for call in (
            "journal.prepare, done",
            "journal.sent_since",
            "entry.order_ids",
            "journal.record, done",
            "entry.place",
        )
    ]
    assert order == sorted(order)
    assert calls.index("journal.record, done") == calls.index("entry.place") - 1
    assert calls.count("entry.place") == 1


def test_nobody_is_told_of_an_order_before_it_is_on_the_wire() -> None:
    """To tell takes time, and an order that a broken line kept back was not sent yet."""
    desk = SellingDesk()
    before: list[str] = []
    desk.stage.before("entry.place", lambda: before.extend(desk.causes))

    desk.run()

    assert before == ["signal"]
    assert desk.causes == ["signal", "sent", "filled"]


def test_nothing_is_shown_before_the_order_is_on_the_wire() -> None:
    """A screen takes time, and the order waits for none; then all is shown in turn."""
    desk = SellingDesk()
    before: list[int] = []

    def look() -> None:
        before.append(sum(d.outcome is Outcome.SIGNAL for d in desk.decisions))

    desk.stage.before("entry.place", look)

    desk.run()

    assert before == [0]
    told = [event for event in desk.events if isinstance(event, Decided | OrderMoved)]
    first = next(n for n, event in enumerate(told) if isinstance(event, OrderMoved))
    signal = told[first - 1]
    assert isinstance(signal, Decided)
    assert signal.decision.outcome is Outcome.SIGNAL


def test_account_is_read_last_and_in_the_order_that_hides_nothing() -> None:
    """Open orders, ended orders, trades, positions; then arithmetic and the journal alone."""
    calls = SellingDesk().run().stage.calls
    place = calls.index("entry.place")
    questions = [c for c in calls[:place] if c.startswith(("broker", "witness")) and "," not in c]

    assert questions[-4:] == [
        "broker.open_orders",
        "witness.completed_orders",
        "witness.trades",
        "broker.positions",
    ]


def test_account_is_read_once_before_the_order_and_once_behind() -> None:
    """A look goes on only while orders that were asked to go are waited for."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    calls = desk.run(0.75).stage.calls

    assert calls[calls.index("journal.prepare") :].count("broker.open_orders") == 2
    behind = calls[calls.index("entry.place") :]
    assert behind[: behind.index("broker.open_orders")].count("entry.replies") == 2


def test_last_answers_of_the_checks_are_kept() -> None:
    """For whoever asks why."""
    desk = SellingDesk().run()
    assert desk.state is not None

    verdict = desk.state.selling.verdicts[desk.record.intent_id]

    assert verdict.allowed
    assert len(verdict.checks) == 22


def test_person_is_told_of_signal_order_and_fill() -> None:
    """In words with the ticker, and in values for a program."""
    desk = SellingDesk().run()

    assert desk.causes == ["signal", "sent", "filled"]
    assert desk.telling("sent") == ["NASDAQ:MSFT: SELL 100: sending: SELL 100 MKT DAY"]
    assert desk.telling("filled") == ["NASDAQ:MSFT: SELL 100: filled: sold 100 of 100"]
    assert [notice.account for notice in desk.told.sent] == [ACCOUNT] * 3
    assert desk.told.sent[-1].facts == {
        "mode": "paper",
        "ticker": "NASDAQ:MSFT",
        "con_id": MSFT.con_id,
        "intent_id": desk.record.intent_id,
        "state": "filled",
        "quantity": 100,
        "filled": 100.0,
        "average_price": 90.0,
        "perm_id": 700_000_001,
    }


def test_audit_log_says_what_was_executed() -> None:
    """One line for the decision, one for what came of it."""
    desk = SellingDesk().run()
    decided, executed = [r for r in desk.log.read() if r.intent_id is not None]

    assert (decided.action_prepared, decided.action_executed) == ("SELL 100 MKT DAY", None)
    assert (executed.action_prepared, executed.action_executed) == (
        "SELL 100 MKT DAY",
        "SELL 100, 100 sold @ 90.0000",
    )
    assert executed.reason == "filled: sold 100 of 100"
    assert (executed.order_id, executed.perm_id, executed.errors) == (1, 700_000_001, ())
    assert (executed.run_id, executed.intent_id) == ("test", desk.record.intent_id)
    assert executed.mode is desk.mode


def test_screen_is_told_every_step() -> None:
    """Nothing is prepared in the sense of a dry run."""
    desk = SellingDesk().run()

    moves = [event.record.state.value for event in desk.events if isinstance(event, OrderMoved)]
    assert moves == ["prepared", "sending", "filled"]
    assert not [event for event in desk.events if isinstance(event, Prepared)]


def test_summary_tells_sales() -> None:
    """In one line each."""
    desk = SellingDesk().run()
    assert desk.state is not None

    told = summary(desk.ports(), desk.state)

    assert told.sales == ("NASDAQ:MSFT: SELL 100: filled: sold 100 of 100",)
    assert (told.denied, told.unknown) == (0, 0)


def test_summary_tells_each_sale_of_one_position() -> None:
    """The first order was rejected, the next hour is below as well: two sales, two lines."""
    desk = SellingDesk()
    desk.entry.fate = Fate.REJECTED
    desk.run(75)
    assert desk.state is not None

    told = summary(desk.ports(), desk.state)

    assert desk.ends == ["rejected", "rejected"]
    assert len(told.sales) == 2


def test_summary_is_of_this_run() -> None:
    """What was denied yesterday does not make this a run that was denied."""
    desk = SellingDesk()
    yesterday = a_record(decided_at=ELEVEN - timedelta(days=1))
    desk.journal.prepare([yesterday])
    desk.journal.record(steps(yesterday, Happening.DENIED))
    desk.run()
    assert desk.state is not None

    told = summary(desk.ports(), desk.state)

    assert told.sales == ("NASDAQ:MSFT: SELL 100: filled: sold 100 of 100",)
    assert (told.denied, told.unknown) == (0, 0)


def test_summary_tells_of_what_is_unknown_since_before() -> None:
    """It is open still, whenever it was decided, and wants a person's word."""
    desk = SellingDesk()
    yesterday = a_record(decided_at=ELEVEN - timedelta(days=1))
    desk.journal.prepare([yesterday])
    for move in steps(yesterday, Happening.SENDING, Happening.UNCLEAR):
        desk.journal.record([move])
    desk.run(-0.5)
    assert desk.state is not None

    told = summary(desk.ports(), desk.state)

    assert (told.denied, told.unknown) == (0, 1)
    (line,) = told.sales
    assert line.startswith("NASDAQ:S1: SELL 100: unknown: ")
    assert line.endswith("look in TWS, then settle it: sellcli reconcile")


def test_sale_that_nobody_answers_for_at_the_end_is_unknown() -> None:
    """It was sent, and the broker's lists could not be read since: the way out is told."""
    desk = SellingDesk()

    def refuse() -> None:
        raise BrokerUnavailable("executions: the answer cannot be read")

    mute = partial(desk.stage.before, "witness.trades", *[refuse] * 50)
    desk.stage.behind("entry.place", mute)
    desk.run()
    assert desk.state is not None

    told = summary(desk.ports(), desk.state)

    assert (desk.ends, told.denied, told.unknown) == (["sending"], 0, 1)
    assert told.sales == (
        "NASDAQ:MSFT: SELL 100: sending: SELL 100 MKT DAY; what became of it is not known yet: "
        "sellcli reconcile asks the broker",
    )


def test_order_that_works_is_followed_until_it_fills() -> None:
    """Partly first; nothing more is sent meanwhile, though the next hours are below as well."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.clock.at(DECIDED + 8 * MINUTE, lambda: desk.entry.fill(desk.entry.order(1), 30))
    desk.clock.at(ELEVEN + 80 * MINUTE, lambda: desk.entry.fill(desk.entry.order(1)))

    desk.run(90)

    assert desk.sent == ["SELL 100 MKT DAY"]
    assert desk.happened == ["PREPARED", "SENDING", "SEEN_WORKING", "SEEN_WORKING", "SEEN_FILLED"]
    assert (desk.record.filled, desk.held()) == (100, 0)
    assert desk.causes == ["signal", "sent", "denied", "filled"]
    assert desk.telling("denied") == [
        "NASDAQ:MSFT: an earlier sale of it has not ended; this signal is not acted on"
    ]


def test_signal_beside_a_sale_that_has_not_ended_says_so_on_record() -> None:
    """In the audit log and to a person: it was not acted on."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    desk.run(70)

    why = "NASDAQ:MSFT: an earlier sale of it has not ended; this signal is not acted on"
    rows = {row.bar_end: row.errors for row in desk.log.read() if row.action_executed is None}
    assert rows[ELEVEN] == ()
    assert rows[ELEVEN + 60 * MINUTE] == (why,)
    assert desk.telling("denied") == [why]
    assert len(desk.sent) == 1


def test_same_working_order_moves_nothing() -> None:
    """Nothing is written that is on record already."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    desk.run(40)

    assert desk.happened == ["PREPARED", "SENDING", "SEEN_WORKING"]
    assert desk.record.words == "the broker lists it as Submitted, 0 of 100 sold"
    assert desk.causes == ["signal", "sent"]


def test_order_that_the_broker_ends_is_not_sent_again() -> None:
    """The rest stays; the next bar decides anew, with another intent."""
    desk = SellingDesk()
    desk.entry.expect(Fate.WORKS)

    def end() -> None:
        desk.entry.fill(desk.entry.order(1), 40)
        desk.entry.end(desk.entry.order(1), why="by the exchange")

    desk.clock.at(ELEVEN + 2 * MINUTE, end)

    desk.run(50)

    assert desk.ends == ["cancelled"]
    assert desk.held() == 60
    assert desk.outcome.action_executed == "SELL 100, 40 sold @ 90.0000"
    assert desk.outcome.errors == (
        "NASDAQ:MSFT: SELL 100: cancelled: ended as Cancelled with 40 of 100 sold: by the "
        "exchange; it is not sent again; the next bar decides anew",
    )
    desk.run(70)
    assert desk.sent == ["SELL 100 MKT DAY", "SELL 60 MKT DAY"]
    assert desk.ends == ["cancelled", "filled"]


@pytest.mark.parametrize(
    ("quantity", "sent", "left"),
    [("10.7", ["SELL 10 MKT DAY"], "0.7"), ("0.4", [], "0.4"), ("-30", [], "-30")],
)
def test_whole_shares_of_a_long_position_are_sold(
    quantity: str, sent: list[str], left: str
) -> None:
    """A fraction stays, hour after hour; a short position is never touched."""
    desk = SellingDesk(quantity=quantity).run(140)

    assert desk.sent == sent
    assert desk.held() == Decimal(left)
    assert desk.ends == ["filled"] * len(sent)


@pytest.mark.parametrize(
    ("steps", "sent"),
    [
        ((("0", "0.01"),), ["SELL 100 LMT 90.54 DAY"]),
        ((("0", "0.01"), ("50", "0.1")), ["SELL 100 LMT 90.5 DAY"]),
        ((("0", "0.01"), ("50", "0.1"), ("100", "0.5")), ["SELL 100 LMT 90.5 DAY"]),
    ],
)
def test_limit_order_lies_below_the_price_on_the_grid(
    steps: tuple[tuple[str, str], ...], sent: list[str]
) -> None:
    """Half a percent below the bid, or the newest price."""
    desk = SellingDesk()
    desk.selling_policy = SellingPolicy(order_type=OrderType.LIMIT)
    desk.describe(MSFT, *steps)
    desk.market.told[MSFT] = MarketQuote(bid=91.0, last=93.0)

    desk.run()

    assert desk.sent == sent
    assert desk.record.limit_price == desk.entry.sent[0].limit_price


def test_limit_order_without_a_price_step_is_denied() -> None:
    """A price off the grid would be refused; it says so."""
    desk = SellingDesk()
    desk.selling_policy = SellingPolicy(order_type=OrderType.LIMIT)
    desk.market.told[MSFT] = MarketQuote(last=90.0)

    desk.run()

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert desk.record.words == (
        'no price increment is known for 89.55; set order_type = "MKT" under [live], or sell it '
        "by hand"
    )
    assert desk.causes == ["signal", "denied"]


def test_limit_order_without_a_price_step_leaves_a_stop_where_it_is() -> None:
    """What cannot be sent must not cost the position its protection."""
    desk = SellingDesk()
    desk.selling_policy = SellingPolicy(order_type=OrderType.LIMIT)
    stop = desk.rest()

    desk.run()

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert desk.broker.working() == (stop,)
