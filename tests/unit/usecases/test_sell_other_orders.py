"""Other orders on the position that is to be sold: they go first, confirmed, or nothing goes."""

from decimal import Decimal
from functools import partial

import pytest
from attrs import evolve
from tests.builders import AAPL, MSFT, rule
from tests.desk import MINUTE, MONDAY, SECOND
from tests.journal_builders import a_record, sent
from tests.selling_desk import DECIDED, ELEVEN, OURS, SellingDesk

from adapters.fake_order_desk import CancelFate, Fate
from sellcore.order import Side
from sellcore.policy import AtClose, Policy
from sellcore.ports.quotes import MarketQuote
from sellcore.selling.limits import OtherOrders, SellingPolicy

GONE = "these orders on it are or may be gone"
STOP = "SELL 100 STP @ 240.00 GTC"


def test_stop_of_ours_is_cancelled_first_and_confirmed() -> None:
    """It is asked to go, on record before; it is gone from the list before anything is sold."""
    desk = SellingDesk()
    desk.rest()

    desk.run()

    calls = desk.stage.calls
    asked, placed = calls.index("entry.cancel"), calls.index("entry.place")
    assert calls[:asked].count("journal.record") == 1
    assert "broker.open_orders" in calls[asked:placed]
    assert desk.happened == ["PREPARED", "CANCELS_ASKED", "SENDING", "SEEN_FILLED"]
    assert desk.sent == ["SELL 100 MKT DAY"]
    assert desk.record.asked_to_go == (1001,)
    entries = desk.journal.entries(desk.record.intent_id)
    words = [entry.words for entry in entries if entry.what != "CHECKED"]
    assert words[1] == f"asked to go first: {STOP}"
    assert desk.causes == ["signal", "sent", "filled"]
    assert desk.held() == 0


def test_all_orders_on_the_position_go_and_no_other() -> None:
    """A purchase too; those on another position stay."""
    desk = SellingDesk()
    desk.hold(AAPL)
    other = desk.rest(5, AAPL)
    desk.rest(1001, quantity=Decimal(60), remaining=Decimal(60))
    desk.rest(1002, side=Side.BUY, order_type="LMT", limit_price=80.0)

    desk.run()

    assert desk.record.asked_to_go == (1001, 1002)
    entries = desk.journal.entries(desk.record.intent_id)
    words = [entry.words for entry in entries if entry.what != "CHECKED"]
    assert words[1] == "asked to go first: SELL 60 STP @ 240.00 GTC, BUY 100 LMT @ 80.00 GTC"
    assert desk.sent == ["SELL 100 MKT DAY"]
    assert desk.broker.working() == (other,)
    assert {order.perm_id for order in desk.record.intent.cancels} == {1001, 1002}


def test_order_that_comes_while_another_goes_is_asked_to_go_as_well() -> None:
    """Both are on record and named; what either of them sells on its way out is counted."""
    desk = SellingDesk()
    first = desk.rest(1001)
    desk.entry.cancel_fate = CancelFate.IGNORED

    def come() -> None:
        desk.rest(1002, stop_price=80.0)

    def go() -> None:
        desk.entry.fill(first, 30)
        for order in desk.broker.working():
            desk.entry.end(order)

    desk.clock.at(ELEVEN + 2 * MINUTE + SECOND, come)
    desk.clock.at(ELEVEN + 4 * MINUTE + SECOND, go)
    desk.entry.fate = Fate.REJECTED

    desk.run()

    assert desk.sent == ["SELL 70 MKT DAY"]
    assert desk.record.asked_to_go == (1001, 1002)
    asked = [e for e in desk.journal.entries(desk.record.intent_id) if e.what == "CANCELS_ASKED"]
    second = "SELL 100 STP @ 80.00 GTC"
    assert [entry.words for entry in asked] == [
        f"asked to go first: {STOP}",
        f"asked to go first: {second}",
    ]
    (text,) = desk.telling("protection gone")
    assert f"{GONE}: {STOP}, {second}; place them again" in text


@pytest.mark.parametrize(
    ("changes", "client"),
    [({"client_id": 9}, 9), ({"client_id": 0}, 0), ({"client_id": 0, "order_id": 0}, 0)],
    ids=["another program's", "by hand", "by hand, unbound"],
)
def test_order_that_we_cannot_cancel_denies(changes: dict[str, int], client: int) -> None:
    """It is named, with who entered it; it is left alone."""
    desk = SellingDesk()
    stop = desk.rest(**changes)

    desk.run()

    assert (desk.sent, desk.ends, desk.broker.working()) == ([], ["denied"], (stop,))
    assert f"works on it: {STOP} (client {client})" in desk.record.words
    assert desk.causes == ["signal", "denied"]
    assert desk.outcome.errors[0].startswith("NASDAQ:MSFT: SELL 100: denied: ")
    assert desk.outcome.action_executed is None
    assert "entry.cancel" not in desk.stage.calls


def test_order_that_cannot_be_cancelled_keeps_the_others_where_they_are() -> None:
    """No protection is taken away for a sale that is denied anyway."""
    desk = SellingDesk()
    desk.rest(1001)
    desk.rest(1002, client_id=9)

    desk.run()

    assert len(desk.broker.working()) == 2
    assert desk.ends == ["denied"]


def test_trader_may_want_no_order_to_be_cancelled() -> None:
    """Then each of them denies."""
    desk = SellingDesk()
    desk.rest()
    desk.selling_policy = SellingPolicy(other_orders=OtherOrders.DENY)

    desk.run()

    assert (desk.sent, desk.ends, len(desk.broker.working())) == ([], ["denied"], 1)


@pytest.mark.parametrize("client", [OURS, 9])
def test_stray_order_with_our_reference_blocks(client: int) -> None:
    """Nobody knows what it is, whoever entered it: neither is it cancelled nor sold beside."""
    desk = SellingDesk()
    stray = desk.rest(order_ref="sellcli:ffffffffffffffff", client_id=client)

    desk.run()

    assert (desk.sent, desk.ends, desk.broker.working()) == ([], ["denied"], (stray,))
    assert desk.telling("unknown") == [
        f"{STOP} works at the broker with our reference sellcli:ffffffffffffffff, and no open "
        "intent explains it; look at it in TWS, nothing is sold on that position meanwhile"
    ]


def test_each_stray_order_is_told_of_once() -> None:
    """However often the two are compared, and however many there are."""
    desk = SellingDesk()
    desk.hold(AAPL)
    desk.selling_policy = SellingPolicy(reconcile=MINUTE)
    desk.rest(1, order_ref="sellcli:ffffffffffffffff")
    desk.rest(2, AAPL, order_ref="sellcli:eeeeeeeeeeeeeeee")

    desk.run()

    told = desk.telling("unknown")
    assert [text.count("sellcli:ffff") for text in told] == [1, 0]
    assert [text.count("sellcli:eeee") for text in told] == [0, 1]


def test_order_that_appears_after_it_was_given_up_is_told_and_blocks() -> None:
    """By its reference the journal knows it, as one that was never sent."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST

    def appear() -> None:
        late = {"order_ref": desk.record.intent.order_ref, "order_type": "MKT"}
        desk.rest(1, order_id=1, stop_price=None, tif="DAY", **late)

    desk.clock.at(ELEVEN + 20 * MINUTE, appear)

    desk.run(80)

    assert (len(desk.sent), desk.ends) == (1, ["not sent", "denied"])
    told = [text for text in desk.telling("unknown") if "works at the broker" in text]
    assert len(told) == 1
    assert desk.records[0].intent.order_ref in told[0]


@pytest.mark.parametrize("part", [1, 40, 99])
def test_stop_that_fills_in_part_while_it_goes_leaves_the_rest_to_us(part: int) -> None:
    """Together they sell what is held, and not a share more."""
    desk = SellingDesk()
    stop = desk.rest()
    desk.stage.before("entry.cancel", lambda: desk.entry.fill(stop, part))

    desk.run()

    assert desk.sent == [f"SELL {100 - part} MKT DAY"]
    assert (desk.held(), desk.ends) == (0, ["filled"])
    assert desk.record.position_before == 100 - part
    assert desk.record.filled == 100 - part
    assert desk.outcome.action_executed == f"SELL {100 - part}, {100 - part} sold @ 90.0000"


def test_stop_that_fills_instead_of_going_leaves_nothing_to_sell() -> None:
    """We send nothing; the account is flat and not short."""
    desk = SellingDesk()
    desk.rest()
    desk.entry.cancel_fate = CancelFate.FILLED_INSTEAD

    desk.run()

    assert (desk.sent, desk.ends, desk.held()) == ([], ["denied"], 0)
    assert "0 shares held; there is nothing to sell" in desk.record.words


def test_stop_whose_fill_the_position_does_not_show_yet_is_waited_for() -> None:
    """Trades are told before positions move; nothing is sold in between."""
    desk = SellingDesk()
    stop = desk.rest()

    def fill() -> None:
        desk.entry.fill(stop, 40)
        desk.hold_quietly("100")

    desk.stage.before("entry.cancel", fill)
    desk.clock.at(DECIDED + 2 * MINUTE, lambda: desk.hold_quietly("60"))

    desk.run()

    assert desk.sent == ["SELL 60 MKT DAY"]
    assert desk.record.sent_at is not None
    assert desk.record.sent_at > DECIDED + 2 * MINUTE
    assert any("is not sold yet: 100 shares held, 60 expected" in text for text in desk.alerts)


def test_cancel_that_is_never_confirmed_denies_when_time_is_up() -> None:
    """It is asked for again at each look; the alarm names the order that may be gone."""
    desk = SellingDesk()
    desk.rest()
    desk.entry.cancel_fate = CancelFate.IGNORED

    desk.run(30)

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert desk.stage.calls.count("entry.cancel") > 10
    assert desk.telling("protection gone") == [
        f"NASDAQ:MSFT: not sold, and {GONE}: {STOP}; place them again if you want their protection"
    ]
    denied = [e for e in desk.journal.entries(desk.record.intent_id) if e.what == "DENIED"]
    assert denied[0].at == ELEVEN + 11 * MINUTE


def test_cancel_that_takes_its_time_is_waited_for() -> None:
    """A few rounds within one look."""
    desk = SellingDesk()
    stop = desk.rest()
    desk.entry.cancel_fate = CancelFate.IGNORED
    nothing = lambda: None  # noqa: E731
    desk.entry.meanwhile(nothing, nothing, lambda: desk.entry.end(stop))

    desk.run()

    assert desk.ends == ["filled"]
    assert desk.record.sent_at == DECIDED
    assert desk.stage.calls.count("entry.cancel") == 3


def test_rounds_of_one_look_come_to_an_end() -> None:
    """The next minute's look goes on with it."""
    desk = SellingDesk()
    desk.rest()
    desk.entry.cancel_fate = CancelFate.IGNORED

    desk.run(0.75)

    assert desk.stage.calls.count("entry.cancel") == 6


def test_stop_that_goes_by_itself_frees_the_way() -> None:
    """Whoever cancelled it."""
    desk = SellingDesk()
    stop = desk.rest()
    desk.entry.cancel_fate = CancelFate.IGNORED
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.entry.end(stop))

    desk.run()

    assert desk.ends == ["filled"]


@pytest.mark.parametrize(
    ("fate", "end"),
    [(Fate.REJECTED, "rejected"), (Fate.LOST, "not sent"), (Fate.WORKS, "cancelled")],
)
def test_order_that_came_to_nothing_after_its_stop_was_cancelled_is_an_alarm(
    fate: Fate, end: str
) -> None:
    """The position stands unprotected: somebody must know."""
    desk = SellingDesk()
    desk.rest()
    desk.entry.fate = fate
    if fate is Fate.WORKS:
        desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.entry.end(desk.entry.order(1)))

    desk.run(20)

    assert desk.ends == [end]
    (text,) = desk.telling("protection gone")
    assert text == (
        f"NASDAQ:MSFT: not sold, and {GONE}: {STOP}; place them again if you want their protection"
    )


def test_order_that_sold_a_part_after_its_stop_was_cancelled_is_an_alarm_too() -> None:
    """What was sold is told beside."""
    desk = SellingDesk()
    desk.rest()
    desk.entry.fate = Fate.WORKS

    def end() -> None:
        desk.entry.fill(desk.entry.order(1), 40)
        desk.entry.end(desk.entry.order(1))

    desk.clock.at(ELEVEN + 3 * MINUTE, end)

    desk.run(20)

    (text,) = desk.telling("protection gone")
    assert text.startswith(f"NASDAQ:MSFT: 40 sold, and {GONE}: {STOP}; ")


def test_order_that_is_unknown_after_its_stop_was_cancelled_is_an_alarm_too() -> None:
    """Whether it was sold is for a person to find out."""
    desk = SellingDesk()
    desk.rest()
    desk.entry.fate = Fate.LOST
    desk.stage.behind("entry.place", lambda: desk.hold_quietly("60"))

    desk.run(20)

    assert desk.ends == ["unknown"]
    (text,) = desk.telling("protection gone")
    assert text.startswith(f"NASDAQ:MSFT: perhaps not sold, and {GONE}: {STOP}; ")


def test_order_placed_after_the_decision_is_cancelled_and_named_in_the_alarm() -> None:
    """Over night somebody protects the position; in the morning the sale is denied all the same."""
    desk = over_night()
    desk.clock.at(MONDAY.open - MINUTE, lambda: desk.rest(1002, stop_price=80.0))
    desk.entry.fate = Fate.REJECTED

    watch_monday(desk)

    assert desk.record.asked_to_go == (1002,)
    (text,) = desk.telling("protection gone")
    assert f"{GONE}: SELL 100 STP @ 80.00 GTC; place them again" in text


def test_order_placed_after_the_decision_that_fills_while_it_goes_is_counted() -> None:
    """The remainder is sold, as with any other."""
    desk = over_night()

    def protect() -> None:
        stop = desk.rest(1002, stop_price=80.0)
        desk.stage.before("entry.cancel", lambda: desk.entry.fill(stop, 40))

    desk.clock.at(MONDAY.open - MINUTE, protect)

    watch_monday(desk)

    assert desk.sent == ["SELL 60 MKT DAY"]
    assert (desk.held(), desk.ends) == (0, ["filled"])


def test_sale_that_lapses_after_its_stop_was_cancelled_is_an_alarm() -> None:
    """The price rises above the average between the cancel and the order."""
    desk = over_night()
    desk.rest()
    desk.entry.cancel_fate = CancelFate.IGNORED

    def rise() -> None:
        desk.entry.end(desk.broker.working()[0])
        desk.market.told[MSFT] = MarketQuote(bid=150.0)

    desk.clock.at(MONDAY.open + 90 * SECOND, rise)

    watch_monday(desk)

    assert (desk.sent, desk.ends) == ([], ["lapsed"])
    assert len(desk.telling("protection gone")) == 1


def over_night() -> SellingDesk:
    """Return a desk whose last hour of Friday closes below its average."""
    desk = SellingDesk(MONDAY.open - 3 * MINUTE)
    desk.policy = Policy(at_close=AtClose.NEXT_OPEN)
    desk.drops_at_the_close()
    return desk


def watch_monday(desk: SellingDesk) -> None:
    desk.watch(MONDAY.open + 12 * MINUTE)


def test_stop_stays_where_the_days_caps_leave_no_room_for_the_sale() -> None:
    """The first one waits for its stop to go; the second one does not take its place."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)
    desk.rest(1, AAPL)
    desk.selling_policy = SellingPolicy(max_orders_per_day=1)

    desk.run()

    ends = {r.intent.instrument: str(r.state) for r in desk.records}
    assert ends == {AAPL: "filled", MSFT: "denied"}
    assert desk.telling("protection gone") == []


def test_run_that_nobody_armed_takes_no_order_back() -> None:
    """To compare is not to act: a person is told what to do."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.run(2)
    desk.arming = None
    desk.hold_quietly("40")

    desk.run(8)

    assert (desk.ends, len(desk.broker.working())) == (["working"], 1)
    assert desk.telling("unknown") == [
        "NASDAQ:MSFT: 40 shares are held and 100 are being sold; cancel our order in TWS, or "
        "start 'sellcli start --live', which does"
    ]


def test_two_positions_that_are_sold_too_often_are_told_once_each() -> None:
    """At every comparison until somebody has seen to them."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)
    desk.selling_policy = SellingPolicy(reconcile=MINUTE)
    desk.entry.fate = Fate.WORKS
    desk.run(2)
    desk.arming = None
    for instrument in (AAPL, MSFT):
        desk.hold_quietly("40", instrument)

    desk.run(8)

    told = [text.partition(": ")[0] for text in desk.telling("unknown")]
    assert sorted(told) == ["NASDAQ:AAPL", "NASDAQ:MSFT"]


def test_halt_while_another_sale_is_heard_of_leaves_the_stop_where_it_is() -> None:
    """No protection goes on the checks of a look that has waited for the broker since."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)
    stop = desk.rest(1, AAPL)
    desk.stage.behind("entry.place", lambda: setattr(desk.switch, "why", "halted by hand"))

    desk.run()

    ends = {r.intent.instrument: str(r.state) for r in desk.records}
    assert ends == {AAPL: "denied", MSFT: "filled"}
    assert desk.broker.working() == (stop,)
    assert "entry.cancel" not in desk.stage.calls


@pytest.mark.parametrize("held", ["40", "99", "99.9"])
def test_our_order_is_taken_back_where_more_is_being_sold_than_is_held(held: str) -> None:
    """Somebody has sold by hand meanwhile: by one share, or by part of one, it goes short too."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.hold_quietly(held))

    desk.run()

    assert (desk.ends, desk.broker.working(), str(desk.held())) == (["cancelled"], (), held)
    assert desk.telling("unknown") == [
        f"NASDAQ:MSFT: {held} shares are held and 100 are being sold; our order is asked to go"
    ]


def test_only_our_own_order_is_taken_back() -> None:
    """Another program sells as well; its order is not ours to touch."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.rest(1002, client_id=9))

    desk.run()

    assert [order.client_id for order in desk.broker.working()] == [9]
    assert desk.ends == ["cancelled"]


def test_order_that_is_gone_at_the_other_reading_is_not_asked_to_go() -> None:
    """What sells too much then is not ours, and nobody is told of a cancel that was never sent."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    def sell_elsewhere() -> None:
        desk.rest(1002, client_id=9, quantity=Decimal(200), remaining=Decimal(200))
        cancel = partial(desk.entry.end, desk.entry.order(1))
        desk.stage.behind("witness.trades", cancel)  # the lists that show it are read before

    desk.clock.at(ELEVEN + 3 * MINUTE, sell_elsewhere)

    desk.run()

    assert "entry.cancel" not in desk.stage.calls
    assert desk.ends == ["cancelled"]
    assert desk.telling("unknown") == []


def test_order_of_another_client_id_is_named_where_it_sells_too_much() -> None:
    """The client id was changed since: it cannot be cancelled by us, and the watch goes on."""
    desk = SellingDesk(quantity="40")
    moment = desk.true.moment - MINUTE
    times = dict.fromkeys(("decided_at", "not_before", "deadline"), moment)
    record = a_record(instrument=MSFT, held=Decimal(100), **times)
    move = sent(record, moment, client_id=OURS + 1, order_id=41, position_before=record.held)
    desk.journal.prepare([record])
    desk.journal.record([move])
    desk.rest(1002, client_id=OURS + 1, order_id=41, order_ref=record.intent.order_ref)

    desk.run(2)

    assert "entry.cancel" not in desk.stage.calls
    assert [order.perm_id for order in desk.broker.working()] == [1002]
    assert desk.telling("unknown") == [
        "NASDAQ:MSFT: 40 shares are held and 100 are being sold; our order was entered as client "
        f"{OURS + 1}, which this run is not: cancel it in TWS"
    ]


def test_excess_is_told_though_the_line_goes_before_it_can_be_taken_back() -> None:
    """A person knows at once, whatever becomes of the request."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.stage.before("entry.cancel", lambda: desk.broker.drop("just then"))
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.hold_quietly("40"))

    desk.run()

    assert len(desk.telling("unknown")) == 1
    assert desk.ends == ["cancelled"]
    times = [notice.at for notice in desk.told.sent if str(notice.cause) == "unknown"]
    assert times == [ELEVEN + 3 * MINUTE]


def test_order_is_on_record_as_working_before_it_is_taken_back() -> None:
    """Whoever dies in between is to know that it was seen."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.stage.behind("entry.place", lambda: desk.hold_quietly("40"))

    desk.run()

    calls = desk.stage.calls
    behind = calls[calls.index("entry.place, done") :]
    assert behind.index("journal.record, done") < behind.index("entry.cancel")
    assert desk.happened == ["PREPARED", "SENDING", "SEEN_WORKING", "SEEN_CANCELLED"]


def test_stop_that_comes_beside_our_order_is_not_taken_back() -> None:
    """A person entered it under our client id; it is the sale that steps back."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.rest(1002))

    desk.run()

    assert [order.perm_id for order in desk.broker.working()] == [1002]
    assert desk.ends == ["cancelled"]


def test_order_that_sells_what_is_held_is_left_to_it() -> None:
    """Exactly all of it is not more than is held."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    desk.run()

    assert (desk.ends, len(desk.broker.working())) == (["working"], 1)
    assert "entry.cancel" not in desk.stage.calls


def test_part_that_fills_while_the_account_is_read_is_no_excess() -> None:
    """The list of orders is older than the position: our own fill lies between them."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    def fill_behind_the_list() -> None:
        desk.stage.behind("broker.open_orders", lambda: desk.entry.fill(desk.entry.order(1), 30))

    desk.stage.behind("entry.place", fill_behind_the_list)

    desk.run()

    assert "entry.cancel" not in desk.stage.calls
    assert (desk.ends, desk.record.filled, desk.held()) == (["working"], 30, 70)
    assert desk.telling("unknown") == []


def test_cancel_fills_order() -> None:
    """Two stops: one goes, one fills in part; a third that is not ours would have denied."""
    desk = SellingDesk()
    first = desk.rest(1001, quantity=Decimal(50), remaining=Decimal(50))
    desk.rest(1002, quantity=Decimal(50), remaining=Decimal(30))
    desk.stage.before("entry.cancel", lambda: desk.entry.fill(first, 20))

    desk.run()

    assert desk.sent == ["SELL 80 MKT DAY"]
    assert desk.held() == 0


def test_order_of_ours_with_a_purchase_is_no_excess() -> None:
    """Purchases sell nothing."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    order = evolve(
        desk.rest(1002, side=Side.BUY, client_id=9), quantity=Decimal(500), remaining=Decimal(500)
    )
    desk.broker.finish(1002)
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.broker.work(order))

    desk.run()

    assert desk.ends == ["working"]
    assert order.client_id != OURS
