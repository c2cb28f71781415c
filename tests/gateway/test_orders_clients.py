"""Orders as ib_async lives through them, over a real connection to the gateway."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import ib_async
import pytest
from attrs import evolve
from tests.gateway.gateway_stand import OPEN, Running, a_scenario, running

from adapters.gateway.scenario import ScenarioOrder

PATIENCE = 10.0
MSFT = ib_async.Contract(conId=272093, exchange="SMART")
BY_HAND = ScenarioOrder("NASDAQ:MSFT", 272093, "SELL", "STP", a_scenario().positions[0].quantity, 1)


@pytest.fixture
def gateway() -> Iterator[Running]:
    scenario = evolve(a_scenario(), open_orders=(BY_HAND,))
    with running(scenario) as stand:
        stand.until(OPEN)
        yield stand


async def until(true: Callable[[], bool]) -> None:
    """Return when the condition holds; fail when it never does."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.005)


def in_session(
    gateway: Running, client_id: int, work: Callable[[ib_async.IB], Coroutine[Any, Any, None]]
) -> None:
    """Connect with everything ib_async asks for at the start, and do the work."""

    async def session() -> None:
        ib = ib_async.IB()
        await ib.connectAsync(
            gateway.host, gateway.port, client_id, timeout=PATIENCE, raiseSyncErrors=True
        )
        try:
            await work(ib)
        finally:
            ib.disconnect()

    asyncio.run(session())


def market_order(action: str, quantity: float, **more: Any) -> ib_async.Order:
    return ib_async.MarketOrder(action, quantity, tif="DAY", account="DU0000001", **more)


def limit_order(action: str, quantity: float, price: float) -> ib_async.Order:
    return ib_async.LimitOrder(action, quantity, price, tif="GTC", account="DU0000001")


def test_a_market_order_is_filled_with_its_commission(gateway: Running) -> None:
    """Trade, fill, commission and position all arrive and agree."""

    async def work(ib: ib_async.IB) -> None:
        before = {p.contract.conId: p.position for p in ib.positions()}[272093]
        trade = ib.placeOrder(MSFT, market_order("SELL", 7, orderRef="intent-1"))
        await until(lambda: bool(trade.fills and trade.fills[0].commissionReport.execId))
        assert trade.orderStatus.status == "Filled"
        assert (trade.filled(), trade.remaining()) == (7, 0)
        assert trade.fills[0].execution.orderRef == "intent-1"
        await until(lambda: ib.positions()[0].position == before - 7)
        completed = await ib.reqCompletedOrdersAsync(apiOnly=False)
        assert "intent-1" in [t.order.orderRef for t in completed]
        fills = await ib.reqExecutionsAsync(ib_async.ExecutionFilter(clientId=11))
        assert {fill.execution.clientId for fill in fills} == {11}

    in_session(gateway, 11, work)


def test_an_order_can_be_changed_and_cancelled(gateway: Running) -> None:
    """ib_async sees the modification confirmed and the cancel with its 202."""

    async def work(ib: ib_async.IB) -> None:
        codes: list[int] = []
        ib.errorEvent += lambda request, code, text, contract: codes.append(code)
        trade = ib.placeOrder(MSFT, limit_order("SELL", 5, 9000.0))
        await until(lambda: trade.orderStatus.status == "Submitted")
        trade.order.lmtPrice = 8000.5
        ib.placeOrder(MSFT, trade.order)
        await until(lambda: trade.log[-1].message == "Modified")
        ib.cancelOrder(trade.order)
        await until(lambda: trade.orderStatus.status == "Cancelled" and 202 in codes)

    in_session(gateway, 12, work)


def test_a_what_if_answers_with_margins(gateway: Running) -> None:
    """The state that ib_async returns holds the change of margins and the cost."""

    async def work(ib: ib_async.IB) -> None:
        state = await ib.whatIfOrderAsync(MSFT, market_order("BUY", 10))
        assert float(state.initMarginChange) > 0
        assert (state.commission, state.commissionCurrency) == (1.0, "USD")
        assert ib.openTrades() == []

    in_session(gateway, 13, work)


def test_a_live_order_is_found_again_after_a_reconnect(gateway: Running) -> None:
    """The order lives on while its owner is away; back again, it can be cancelled."""

    async def place(ib: ib_async.IB) -> None:
        trade = ib.placeOrder(MSFT, limit_order("SELL", 5, 9000.0))
        await until(lambda: trade.orderStatus.status == "Submitted")

    async def find(ib: ib_async.IB) -> None:
        (trade,) = ib.openTrades()
        ib.cancelOrder(trade.order)
        await until(lambda: trade.orderStatus.status == "Cancelled")

    in_session(gateway, 14, place)
    in_session(gateway, 14, find)


def test_client_0_binds_the_order_by_hand_and_others_only_see_it(gateway: Running) -> None:
    """Another client sees order id 0; client 0 is given a number that it can cancel."""

    async def look(ib: ib_async.IB) -> None:
        assert ib.openTrades() == []
        seen = await ib.reqAllOpenOrdersAsync()
        assert [(t.order.orderId, t.order.clientId, t.order.orderType) for t in seen] == [
            (0, 0, "STP")
        ]

    async def cancel(ib: ib_async.IB) -> None:
        (trade,) = ib.openTrades()
        assert trade.order.orderId > 0
        ib.cancelOrder(trade.order)
        await until(lambda: trade.orderStatus.status == "Cancelled")

    in_session(gateway, 15, look)
    in_session(gateway, 0, cancel)


def test_a_bracket_goes_out_whole(gateway: Running) -> None:
    """Parent filled, both children live; a global cancel ends them."""

    async def work(ib: ib_async.IB) -> None:
        legs = ib.bracketOrder("BUY", 10, 9000.0, 9500.0, 1.0, tif="GTC", account="DU0000001")
        trades = [ib.placeOrder(MSFT, leg) for leg in legs]
        wanted = ["Filled", "Submitted", "PreSubmitted"]
        await until(lambda: [t.orderStatus.status for t in trades] == wanted)
        ib.reqGlobalCancel()
        await until(lambda: [t.orderStatus.status for t in trades[1:]] == ["Cancelled"] * 2)

    in_session(gateway, 16, work)
