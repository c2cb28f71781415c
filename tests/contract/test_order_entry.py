"""What every order entry promises: the fake, and IB's before the simulated gateway."""

from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from tests.contract.broker_stages import AAPL
from tests.contract.order_stages import (
    CLIENT_ID,
    FAR,
    FakeOrderStage,
    OrderStage,
    SimulatedOrderStage,
    Trouble,
    by_another,
)

from sellcore.errors import BrokerUnavailable, InvalidValue
from sellcore.order import OpenOrder, Side
from sellcore.ports.order_entry import SellOrder, Word
from sellcore.selling.execution import traded


def as_open(order: SellOrder, perm_id: int = 1) -> OpenOrder:
    """Return what a list that is out of date would show of a sale."""
    return evolve(
        by_another(perm_id, CLIENT_ID), order_id=order.order_id, order_ref=order.order_ref
    )


class OrderEntryContract:
    """One test for each promise of the port."""

    stage: type[OrderStage]

    def test_sale_at_the_market_is_done(self, tmp_path: Path) -> None:
        """The shares are gone, and the trade and the order's end bear its reference."""
        with self.stage(tmp_path) as stage:
            order = stage.sold(30)
            held = {p.instrument: p.quantity for p in stage.broker.positions()}
            (trade,), _ = stage.witness.trades()
            (ended,) = stage.witness.completed_orders()
            assert held[AAPL] == Decimal(70)
            assert (trade.order_ref, trade.shares) == (order.order_ref, Decimal(30))
            assert (ended.order_ref, ended.filled) == (order.order_ref, Decimal(30))
            assert stage.broker.open_orders() == ()

    def test_sale_at_a_limit_rests_as_it_was_placed(self, tmp_path: Path) -> None:
        """Every term is the one that was asked for, and the broker gave it a number for life."""
        with self.stage(tmp_path) as stage:
            order = stage.sold(30, FAR)
            found = stage.open_order(order)
            assert (found.con_id, found.account) == (AAPL.con_id, order.account)
            assert (found.side, found.quantity, found.remaining) == (Side.SELL, 30, 30)
            assert (found.order_type, found.limit_price, found.tif) == ("LMT", FAR, "DAY")
            assert (found.client_id, found.order_id) == (CLIENT_ID, order.order_id)
            assert found.perm_id > 0
            assert found.ours

    def test_orders_are_placed_in_turn(self, tmp_path: Path) -> None:
        """Each of a batch is placed once."""
        with self.stage(tmp_path) as stage:
            orders = [stage.sale(n, FAR) for n in (1, 2, 3)]
            stage.place(*orders)
            stage.hear(lambda reply: reply.order_id == orders[-1].order_id)
            found = sorted(stage.broker.open_orders(), key=lambda order: order.order_id)
            assert [o.order_ref for o in found] == [o.order_ref for o in orders]
            assert stage.arrived() == 3

    def test_halt_between_two_orders_leaves_the_second_unwritten(self, tmp_path: Path) -> None:
        """Whoever halts is asked right before each; what had gone stays where it is."""
        with self.stage(tmp_path) as stage:
            orders = [stage.sale(n, FAR) for n in (1, 2, 3)]
            said = iter([None, "enough", None])
            assert list(stage.entry.place(orders, lambda: next(said))) == orders[:1]
            stage.hear(lambda reply: reply.order_id == orders[0].order_id)
            assert [o.order_ref for o in stage.broker.open_orders()] == [orders[0].order_ref]
            assert stage.arrived() == 1
            assert next(said) is None

    def test_refused_order_says_so_and_is_neither_open_nor_traded(self, tmp_path: Path) -> None:
        """The error bears its number; nothing has been sold."""
        with self.stage(tmp_path, Trouble.REJECTS) as stage:
            order = stage.sale()
            stage.place(order)
            heard = stage.hear(lambda reply: reply.word is Word.REFUSAL)
            assert {(r.order_id, r.code) for r in heard if r.code} == {(order.order_id, 201)}
            assert stage.broker.open_orders() == ()
            assert stage.witness.trades() == ((), ())
            assert all(not ended.filled for ended in stage.witness.completed_orders())

    def test_order_that_is_swallowed_is_on_the_list(self, tmp_path: Path) -> None:
        """Nothing is said, and still it works."""
        with self.stage(tmp_path, Trouble.SWALLOWS) as stage:
            order = stage.sale(limit=FAR)
            stage.place(order)
            assert stage.entry.replies(0.3) == ()
            assert stage.open_order(order).remaining == 10

    def test_order_that_is_lost_is_nowhere(self, tmp_path: Path) -> None:
        """Nothing is said, and no list shows it."""
        with self.stage(tmp_path, Trouble.LOSES) as stage:
            stage.place(stage.sale())
            assert stage.entry.replies(0.3) == ()
            assert stage.broker.open_orders() == ()
            assert stage.witness.completed_orders() == ()
            assert stage.witness.trades() == ((), ())

    def test_order_fills_in_parts(self, tmp_path: Path) -> None:
        """What is left works on, until it has gone too."""
        with self.stage(tmp_path, Trouble.FILLS_IN_PARTS) as stage:
            order = stage.sale(10)
            stage.place(order)
            stage.hear(lambda reply: reply.word is Word.EXECUTION)
            assert stage.open_order(order).remaining == 5
            assert traded(stage.witness.trades()[0]) == 5
            assert stage.witness.completed_orders() == ()
            stage.later()
            stage.hear(lambda reply: reply.text == "Filled")
            assert stage.broker.open_orders() == ()
            assert traded(stage.witness.trades()[0]) == 10

    def test_cancelled_order_has_ended_unfilled(self, tmp_path: Path) -> None:
        """It is said, and the list of ended orders shows it."""
        with self.stage(tmp_path) as stage:
            order = stage.sold(limit=FAR)
            stage.entry.cancel([stage.open_order(order)])
            stage.hear(lambda reply: (reply.order_id, reply.code) == (order.order_id, 202))
            assert stage.broker.open_orders() == ()
            (ended,) = stage.witness.completed_orders()
            assert (ended.status, ended.filled) == ("Cancelled", 0)
            assert ended.order_ref == order.order_ref

    def test_filled_order_cannot_be_cancelled(self, tmp_path: Path) -> None:
        """The refusal names the state that it is in; the trade stands."""
        with self.stage(tmp_path) as stage:
            order = stage.sold()
            (ended,) = stage.witness.completed_orders()
            stage.entry.cancel([as_open(order, ended.perm_id)])
            heard = stage.hear(lambda reply: reply.code == 10148)
            assert "Filled" in heard[-1].text
            assert stage.witness.completed_orders() == (ended,)

    def test_order_may_fill_while_it_is_cancelled(self, tmp_path: Path) -> None:
        """The trade is on the list, whatever was asked for."""
        with self.stage(tmp_path, Trouble.FILLS_ON_CANCEL) as stage:
            order = stage.sold(limit=FAR)
            stage.entry.cancel([stage.open_order(order)])
            stage.hear(lambda reply: reply.code == 10148)
            (trade,), _ = stage.witness.trades()
            assert trade.order_ref == order.order_ref

    @pytest.mark.parametrize("client_id", [0, 77])
    def test_order_of_another_is_never_cancelled(self, client_id: int, tmp_path: Path) -> None:
        """Nor is one of ours that was asked for in one breath with it."""
        with self.stage(tmp_path, others=[by_another(11, client_id)]) as stage:
            order = stage.sold(limit=FAR)
            stage.entry.replies(0)
            with pytest.raises(InvalidValue, match="client"):
                stage.entry.cancel([as_open(order), *stage.broker.open_orders()])
            assert stage.entry.replies(0.3) == ()
            assert len(stage.broker.open_orders()) == 2

    def test_order_by_hand_is_cancelled_by_client_0(self, tmp_path: Path) -> None:
        """It has no number before that client asks; ours beside it stays as it is."""
        with self.stage(tmp_path, others=[by_another(11, 0)], client_id=0) as stage:
            kept = stage.sold(limit=FAR)
            (stop,) = (o for o in stage.broker.open_orders() if o.order_type == "STP")
            assert stop.order_id == 0
            stage.entry.cancel([stop])
            stage.hear(lambda reply: reply.code == 202)
            assert [o.order_ref for o in stage.broker.open_orders()] == [kept.order_ref]
            ended = {o.perm_id: o.status for o in stage.witness.completed_orders()}
            assert ended[stop.perm_id] == "Cancelled"

    def test_order_by_hand_that_has_ended_since_is_nobody_elses(self, tmp_path: Path) -> None:
        """Nothing is cancelled in its place, and nothing is wrong."""
        with self.stage(tmp_path, others=[by_another(11, 0)], client_id=0) as stage:
            kept = stage.sold(limit=FAR)
            (stop,) = (o for o in stage.broker.open_orders() if o.order_type == "STP")
            stage.entry.cancel([stop])
            stage.hear(lambda reply: reply.code == 202)
            stage.entry.cancel([stop])
            stage.entry.replies(0.3)
            assert [o.order_ref for o in stage.broker.open_orders()] == [kept.order_ref]

    def test_numbers_rise_and_are_given_once(self, tmp_path: Path) -> None:
        """Every draw is above all draws before it and above what is on record."""
        with self.stage(tmp_path) as stage:
            first = stage.entry.order_ids(3, 0)
            second = stage.entry.order_ids(2, 0)
            third = stage.entry.order_ids(1, 500)
            fourth = stage.entry.order_ids(1, 20)
            numbers = [*first, *second, *third, *fourth]
            assert numbers == sorted(set(numbers))
            assert len(numbers) == 7
            assert third[0] > 500

    def test_numbers_survive_a_gateway_that_forgets_them(self, tmp_path: Path) -> None:
        """After a restart that sets the count back, no number comes again."""
        with self.stage(tmp_path, Trouble.ROLLS_BACK) as stage:
            used = [stage.sold().order_id for _ in range(3)]
            stage.later()
            stage.connection.connect()
            order = stage.sold()
            assert order.order_id > max(used)
            assert len(stage.witness.completed_orders()) == 4

    def test_number_of_another_order_is_refused(self, tmp_path: Path) -> None:
        """A number that was sent, or never drawn, would change an order that works."""
        with self.stage(tmp_path) as stage:
            order = stage.sold(limit=FAR)
            for number in (order.order_id, order.order_id + 40):
                with pytest.raises(InvalidValue):
                    stage.place(evolve(order, order_id=number, quantity=99))
            assert [o.quantity for o in stage.broker.open_orders()] == [10]
            assert stage.arrived() == 1

    @pytest.mark.parametrize("trouble", [Trouble.DROPS, Trouble.LOSES_SERVERS])
    def test_without_a_line_nothing_is_sent(self, trouble: Trouble, tmp_path: Path) -> None:
        """Placing fails, and says that nothing was written; so does all else."""
        with self.stage(tmp_path, trouble) as stage:
            resting, next_one = stage.sold(limit=FAR), stage.sale()
            order = stage.open_order(resting)
            stage.later()
            with pytest.raises(BrokerUnavailable):
                stage.place(next_one)
            with pytest.raises(BrokerUnavailable):
                stage.entry.cancel([order])
            with pytest.raises(BrokerUnavailable):
                stage.entry.order_ids(1, 0)
            assert stage.arrived() == 1

    def test_replies_come_once_and_in_order(self, tmp_path: Path) -> None:
        """An order is taken before it trades; what was told is not told again."""
        with self.stage(tmp_path) as stage:
            order = stage.sale()
            stage.place(order)
            heard = stage.hear(lambda reply: reply.text == "Filled" and reply.word is Word.STATUS)
            words = [reply.word for reply in heard]
            assert {reply.order_id for reply in heard} == {order.order_id}
            assert words.index(Word.ORDER) < words.index(Word.EXECUTION)
            stage.entry.replies(0.3)  # the last of the burst
            assert stage.entry.replies(0) == ()

    def test_reading_lists_is_no_news(self, tmp_path: Path) -> None:
        """An answer that was asked for wakes nobody."""
        with self.stage(tmp_path) as stage:
            stage.sold()
            stage.sold(limit=FAR)
            stage.entry.replies(0.3)
            stage.broker.open_orders()
            stage.witness.trades()
            stage.witness.completed_orders()
            assert stage.entry.replies(0.2) == ()

    def test_client_id_is_told(self, tmp_path: Path) -> None:
        """Orders are entered under the id of the connection."""
        with self.stage(tmp_path) as stage:
            assert stage.entry.client_id == CLIENT_ID


class TestFakeOrderEntry(OrderEntryContract):
    """The fake."""

    stage = FakeOrderStage


class TestIBOrderEntryOverSimulatedGateway(OrderEntryContract):
    """The adapter before the gateway that ships with the product."""

    stage = SimulatedOrderStage
