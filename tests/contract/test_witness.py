"""What every witness promises: the fake, and IB's before the simulated gateway."""

from decimal import Decimal
from pathlib import Path

import pytest
from tests.contract.broker_stages import AAPL, ACCOUNT, START
from tests.contract.order_stages import (
    CLIENT_ID,
    FAR,
    FakeOrderStage,
    OrderStage,
    SimulatedOrderStage,
    Trouble,
    unavailable,
)

from sellcore.order import Side
from sellcore.selling.execution import average_price, corrected, traded


class WitnessContract:
    """One test for each promise of the port."""

    stage: type[OrderStage]

    def test_day_without_trades_is_empty(self, tmp_path: Path) -> None:
        """Nothing traded and nothing ended are proper answers."""
        with self.stage(tmp_path) as stage:
            assert stage.witness.completed_orders() == ()
            assert stage.witness.trades() == ((), ())

    def test_trade_is_told_in_full(self, tmp_path: Path) -> None:
        """Whose, what, how many, when, by which order, and what it cost."""
        with self.stage(tmp_path) as stage:
            order = stage.sold(30)
            (trade,), (cost,) = stage.witness.trades()
            assert (trade.con_id, trade.account) == (AAPL.con_id, ACCOUNT)
            assert (trade.side, trade.shares) == (Side.SELL, Decimal(30))
            assert trade.price > 0
            assert trade.time == START
            assert (trade.client_id, trade.order_id) == (CLIENT_ID, order.order_id)
            assert trade.order_ref == order.order_ref
            assert (cost.exec_id, cost.currency) == (trade.exec_id, "USD")
            assert cost.amount > 0

    def test_filled_order_has_ended(self, tmp_path: Path) -> None:
        """It bears the permanent id of its trade."""
        with self.stage(tmp_path) as stage:
            order = stage.sold(30)
            (ended,) = stage.witness.completed_orders()
            (trade,), _ = stage.witness.trades()
            assert (ended.con_id, ended.account) == (AAPL.con_id, ACCOUNT)
            assert (ended.side, ended.quantity, ended.filled) == (Side.SELL, 30, 30)
            assert (ended.status, ended.order_ref) == ("Filled", order.order_ref)
            assert ended.perm_id == trade.perm_id > 0
            assert "30" in ended.explanation

    def test_order_that_works_has_not_ended(self, tmp_path: Path) -> None:
        """Open and ended orders are two lists."""
        with self.stage(tmp_path) as stage:
            stage.sold(limit=FAR)
            assert stage.witness.completed_orders() == ()

    def test_correction_comes_with_what_it_corrects(self, tmp_path: Path) -> None:
        """Both are told, and are one trade."""
        with self.stage(tmp_path, Trouble.CORRECTS) as stage:
            stage.sold(30)
            trades, costs = stage.witness.trades()
            assert len({trade.exec_id for trade in trades}) == 2
            (last,) = corrected(trades)
            assert last.revision > min(trade.revision for trade in trades)
            assert traded(trades) == 30
            assert average_price(trades) == last.price
            assert {cost.trade for cost in costs} == {last.trade}

    def test_cost_that_comes_late_is_there_the_next_time(self, tmp_path: Path) -> None:
        """A trade without its cost is a trade all the same."""
        with self.stage(tmp_path, Trouble.COSTS_LATE) as stage:
            stage.sold(30)
            (trade,), costs = stage.witness.trades()
            assert costs == ()
            stage.later()
            (again,), (cost,) = stage.witness.trades()
            assert again == trade
            assert cost.exec_id == trade.exec_id

    def test_each_part_is_a_trade(self, tmp_path: Path) -> None:
        """An order that filled in two parts has two trades and one end."""
        with self.stage(tmp_path, Trouble.FILLS_IN_PARTS) as stage:
            order = stage.sale(10)
            stage.place(order)
            stage.later()
            stage.hear(lambda reply: reply.text == "Filled")
            trades, costs = stage.witness.trades()
            assert [trade.shares for trade in trades] == [5, 5]
            assert len({trade.trade for trade in trades}) == len(costs) == 2
            (ended,) = stage.witness.completed_orders()
            assert ended.filled == 10

    def test_next_day_knows_nothing(self, tmp_path: Path) -> None:
        """Trades and ended orders are forgotten over night."""
        with self.stage(tmp_path) as stage:
            stage.sold()
            stage.next_day()
            assert stage.witness.completed_orders() == ()
            assert stage.witness.trades() == ((), ())

    @pytest.mark.parametrize(
        "trouble", [Trouble.DROPS, Trouble.LOSES_SERVERS, Trouble.FALLS_SILENT]
    )
    def test_lost_broker_is_no_empty_day(self, trouble: Trouble, tmp_path: Path) -> None:
        """Neither a closed socket, nor lost servers, nor silence look like nothing traded."""
        timeout = 2.0 if trouble is Trouble.FALLS_SILENT else 15.0
        with self.stage(tmp_path, trouble, timeout=timeout) as stage:
            stage.later()
            assert unavailable(stage.witness.trades)
            assert unavailable(stage.witness.completed_orders)
            assert stage.connection.fault() is not None


class TestFakeWitness(WitnessContract):
    """The fake."""

    stage = FakeOrderStage


class TestIBWitnessOverSimulatedGateway(WitnessContract):
    """The adapter before the gateway that ships with the product."""

    stage = SimulatedOrderStage
