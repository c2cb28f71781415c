"""Which position is sold, and what happens when it changes."""

from decimal import Decimal

import pytest
from attrs import evolve
from tests.builders import ACCOUNT, MSFT, a_position, rule
from tests.desk import HOUR, MINUTE
from tests.selling_builders import ended
from tests.selling_desk import DECIDED, ELEVEN, SellingDesk

from adapters.fake_broker import FakeBroker
from adapters.fake_order_desk import FakeOrderDesk, Fate
from sellcore.instrument import Instrument
from sellcore.order_type import OrderType
from sellcore.ports.quotes import MarketQuote
from sellcore.selling.limits import SellingPolicy

TWIN = Instrument(4, "MSFT", "TSE", "CAD")


def test_only_the_contract_that_fell_is_sold() -> None:
    """The same symbol in another currency is another holding."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "TSE:MSFT": rule()})
    desk.hold(TWIN, 7)

    desk.run()

    assert [(o.instrument.con_id, o.quantity) for o in desk.entry.sent] == [(MSFT.con_id, 100)]
    assert (desk.held(MSFT), desk.held(TWIN)) == (0, 7)


def test_both_contracts_are_sold_where_both_fell() -> None:
    """Each its own quantity, by its own order and reference."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "TSE:MSFT": rule()})
    desk.hold(TWIN, 7)
    desk.falls(TWIN)

    desk.run()

    sent = {o.instrument.con_id: o.quantity for o in desk.entry.sent}
    assert sent == {MSFT.con_id: 100, TWIN.con_id: 7}
    assert len({o.order_ref for o in desk.entry.sent}) == 2
    assert desk.ends == ["filled", "filled"]


@pytest.mark.parametrize("suspended", [MSFT, TWIN])
def test_trading_that_is_suspended_in_one_holds_no_other_back(suspended: Instrument) -> None:
    """What the market says is heeded for what it says it of."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "TSE:MSFT": rule()})
    desk.hold(TWIN, 7)
    desk.falls(TWIN)
    desk.market.told = {
        MSFT: MarketQuote(suspended=suspended == MSFT),
        TWIN: MarketQuote(suspended=suspended == TWIN),
    }

    desk.run(5)

    assert [order.instrument for order in desk.entry.sent] == [
        name for name in (MSFT, TWIN) if name != suspended
    ]


def test_limit_of_each_lies_below_its_own_price() -> None:
    """Half a percent below its own bid, on its own grid."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "TSE:MSFT": rule()})
    desk.hold(TWIN, 7)
    desk.falls(TWIN)
    desk.describe(MSFT, ("0", "0.01"))
    desk.describe(TWIN, ("0", "0.05"))
    desk.selling_policy = SellingPolicy(order_type=OrderType.LIMIT)
    desk.market.told = {MSFT: MarketQuote(bid=90.0), TWIN: MarketQuote(bid=80.0)}

    desk.run()

    limits = {order.instrument: order.limit_price for order in desk.entry.sent}
    assert limits == {MSFT: 89.55, TWIN: 79.6}


def test_orders_on_the_twin_stay() -> None:
    """A stop is of its contract."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "TSE:MSFT": rule()})
    desk.hold(TWIN, 7)
    stop = desk.rest(5, TWIN)

    desk.run()

    assert desk.broker.working() == (stop,)
    assert desk.ends == ["filled"]


def test_ticker_that_names_two_holdings_sells_neither() -> None:
    """Which is meant is not known."""
    desk = SellingDesk()
    same = Instrument(4, "MSFT", "NASDAQ", "CAD")
    desk.hold(same, 7)
    desk.falls(same)

    desk.run()

    assert (desk.sent, desk.ends) == ([], [])


class TwoAccounts(SellingDesk):
    """A desk whose login sees another account with the same holding."""

    OTHER = "DU0000002"

    def __init__(self) -> None:
        super().__init__()
        broker = self.broker
        self.broker = FakeBroker(self.true, (ACCOUNT, self.OTHER))
        self.broker.__dict__.update(
            {k: v for k, v in broker.__dict__.items() if k not in ("_accounts",)}
        )
        self.feed.told._connection = self.broker
        self.entry = FakeOrderDesk(self.broker, self.true, self.entry.client_id)
        self.entry.fate = Fate.FILLS
        self.broker.hold(evolve(a_position(500), account=self.OTHER))

    def terms(self, until):  # type: ignore[no-untyped-def]
        return evolve(super().terms(until), account=ACCOUNT)


def test_only_the_account_that_is_armed_is_sold() -> None:
    """Though the other one holds the same, and orders of its own."""
    desk = TwoAccounts()
    foreign = desk.rest(5, account=desk.OTHER, client_id=9)

    desk.run()

    (order,) = desk.entry.sent
    assert (order.account, order.quantity) == (ACCOUNT, 100)
    other = desk.broker.held(desk.OTHER, MSFT.con_id)
    assert other is not None
    assert other.quantity == 500
    assert desk.broker.working() == (foreign,)


@pytest.mark.parametrize("account", ["ours", "other"])
def test_trades_of_another_account_fill_nothing(account: str) -> None:
    """They bear our reference, and still are not ours."""
    desk = TwoAccounts()
    desk.entry.fate = Fate.WORKS

    def trade() -> None:
        order = desk.entry.order(1)
        if account == "other":
            order = evolve(order, account=desk.OTHER)
            desk.broker.work(evolve(order, perm_id=77))
            desk.broker.work(evolve(order, account=ACCOUNT))
            desk.entry.fill(evolve(order, perm_id=77))
        else:
            desk.entry.fill(order)

    desk.clock.at(ELEVEN + 3 * MINUTE, trade)
    desk.run()

    assert desk.ends == (["working"] if account == "other" else ["filled"])
    kept = {execution.account for execution in desk.journal.trades()[0]}
    assert kept == (set() if account == "other" else {ACCOUNT})


def test_orders_that_ended_in_another_account_are_not_counted() -> None:
    """A permanent id is unique within its account only."""
    desk = TwoAccounts()
    desk.rest(1001)
    strange = evolve(ended(), con_id=MSFT.con_id, account=desk.OTHER, perm_id=1001)
    desk.entry.witness.ended(evolve(strange, order_ref="", filled=Decimal(40)))

    desk.run()

    assert (desk.sent, desk.ends) == (["SELL 100 MKT DAY"], ["filled"])


@pytest.mark.parametrize("now", ["60", "150", "400"])
def test_position_that_changed_by_hand_is_decided_anew_next_hour(now: str) -> None:
    """Between decision and send: this bar is denied, the next one sells what is held then."""
    desk = SellingDesk()
    desk.stage.behind("journal.prepare", lambda: desk.hold_quietly(now))

    desk.run(50)
    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert f"{now} shares held, 100 expected" in desk.record.words
    desk.run(70)

    assert desk.sent == [f"SELL {now} MKT DAY"]
    assert desk.ends == ["denied", "filled"]
    assert desk.held() == 0


def test_position_that_turned_short_by_hand_is_never_touched() -> None:
    """Between decision and send, and ever after."""
    desk = SellingDesk()
    desk.stage.behind("journal.prepare", lambda: desk.hold_quietly("-30"))

    desk.run(140)

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert "there is nothing to sell" in desk.record.words


def test_position_that_is_gone_is_not_sold() -> None:
    """Sold by hand between decision and send."""
    desk = SellingDesk()
    desk.stage.behind("journal.prepare", lambda: desk.hold_quietly("0"))

    desk.run()

    assert (desk.sent, desk.ends) == ([], ["denied"])


def test_position_bought_again_is_a_new_position() -> None:
    """Another epoch: its next hour below is sold by another intent."""
    desk = SellingDesk()
    desk.clock.at(ELEVEN + 5 * MINUTE, lambda: desk.hold_quietly("50"))

    desk.run(70)

    assert desk.sent == ["SELL 100 MKT DAY", "SELL 50 MKT DAY"]
    assert [record.intent.epoch for record in desk.records] == [0, 1]


def test_fraction_that_stays_is_the_same_position() -> None:
    """It has not gone flat; buying more adds to it."""
    desk = SellingDesk(quantity="10.7")
    desk.clock.at(ELEVEN + 5 * MINUTE, lambda: desk.hold_quietly("20.7"))

    desk.run(70)

    assert desk.sent == ["SELL 10 MKT DAY", "SELL 20 MKT DAY"]
    assert [record.intent.epoch for record in desk.records] == [0, 0]
    assert [record.intent.residual for record in desk.records] == [Decimal("0.7")] * 2
    assert desk.held() == Decimal("0.7")


def test_answer_that_leaves_the_position_out_ends_nothing_that_is_exposed() -> None:
    """An order works; the position is missing from an answer for a while."""
    desk = SellingDesk()
    desk.entry.fate = Fate.SWALLOWED
    desk.clock.at(DECIDED + MINUTE, lambda: desk.hold_quietly("0"))
    desk.clock.at(DECIDED + 2 * MINUTE, lambda: desk.hold_quietly("100"))

    desk.run(20)

    assert len(desk.sent) == 1
    assert desk.ends[0] in ("working", "cancelled")


def test_each_hour_below_is_sold_as_long_as_something_is_held() -> None:
    """Bought again by hand after each sale."""
    desk = SellingDesk()
    for n in range(3):
        moment = ELEVEN + n * HOUR + 5 * MINUTE
        desk.clock.at(moment, lambda n=n: desk.hold_quietly(str(10 + n)))

    desk.run(190)

    assert desk.sent == [f"SELL {n} MKT DAY" for n in (100, 10, 11, 12)]


def test_position_that_one_reading_leaves_out_has_not_gone_flat() -> None:
    """It stays the position it was, and what failed on it stays counted."""
    desk = SellingDesk()
    desk.entry.fate = Fate.REJECTED

    def hide() -> None:
        desk.hold_quietly("0")
        desk.stage.behind("broker.positions", lambda: desk.hold_quietly("100"))

    at = ELEVEN + 10 * MINUTE
    desk.clock.at(at, lambda: desk.stage.before("witness.trades", hide))

    desk.run(70)

    assert [record.intent.epoch for record in desk.records] == [0, 0]
    assert desk.journal.failed_sends(MSFT.con_id) == 2
