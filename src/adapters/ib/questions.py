"""
What a reader can ask of a gateway, one function for each question.

Positions, open and completed orders and the time carry no request id on the
wire. They are asked one at a time, and where an answer stays out the line is
hung up: its late end marker would otherwise complete the next question. The
others are numbered; there a late answer is thrown away and the line stays.

Every function belongs on the event loop and raises BrokerUnavailable where the
line is gone or the answer cannot be read.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from ib_async import Contract, ContractDetails, ExecutionFilter

from adapters.ib.line import Line
from adapters.ib.message_budget import Lane
from adapters.ib.pending import CompletedOrderRow, Frame, OpenOrderRow, Pending, Ticks
from sellcore.errors import BrokerUnavailable
from sellcore.selling.execution import Commission

RULES = 5.0
"""Seconds that market rules are waited for at most: there is something to go by without them."""


async def positions(line: Line) -> list[Frame]:
    """
    Return all position messages, up to their end marker.

    Raises:
        BrokerUnavailable: the end marker did not come.
        Refusal: the gateway would not say.
    """
    async with line.unnumbered:
        await line.turn()
        line.inbox.positions = pending = Pending[Frame]()
        try:
            line.client.reqPositions()
            rows = await line.complete(pending, "positions")
        finally:
            line.inbox.positions = None
        # The request is a subscription too; what is not listened to is not kept.
        await line.turn()
        line.client.cancelPositions()
        return rows


async def open_orders(line: Line, ask: Callable[[], None] | None = None) -> list[OpenOrderRow]:
    """Return the open orders of all clients, or of whom ``ask`` does; raises as ``positions``."""
    async with line.unnumbered:
        await line.turn()
        line.inbox.orders = pending = Pending[OpenOrderRow]()
        try:
            (ask or line.client.reqAllOpenOrders)()
            return await line.complete(pending, "open orders")
        finally:
            line.inbox.orders = None


async def completed_orders(line: Line) -> list[CompletedOrderRow]:
    """Return the orders of all clients that have ended; raises as ``positions``."""
    async with line.unnumbered:
        await line.turn()
        line.inbox.completed = pending = Pending[CompletedOrderRow]()
        try:
            line.client.reqCompletedOrders(False)
            return await line.complete(pending, "completed orders")
        finally:
            line.inbox.completed = None


async def executions(line: Line) -> tuple[list[Frame], tuple[Commission, ...]]:
    """Return all execution messages, and every commission told so far; raises as ``details``."""
    await line.turn()
    req_id = next(line.requests)
    line.inbox.executions[req_id] = pending = Pending[Frame]()
    try:
        line.client.reqExecutions(req_id, ExecutionFilter())
        async with asyncio.timeout(line.limit):
            return await pending.done, tuple(line.news.costs())
    finally:
        del line.inbox.executions[req_id]


async def current_time(line: Line) -> int:
    """Return the broker's clock, seconds since 1970 UTC; raises BrokerUnavailable."""
    async with line.timing:
        await line.turn()
        line.inbox.time = pending = Pending[int]()
        try:
            line.client.reqCurrentTime()
            return (await line.complete(pending, "current time"))[0]
        finally:
            line.inbox.time = None


async def details(line: Line, con_id: int) -> list[ContractDetails]:
    """
    Return the descriptions of a contract.

    Raises:
        Refusal: the gateway knows none, or would not say.
        TimeoutError: no answer in time.
        BrokerUnavailable: the line is gone, or the answer cannot be read.
    """
    await line.turn(Lane.BULK)
    req_id = next(line.requests)
    line.inbox.details[req_id] = pending = Pending[ContractDetails]()
    try:
        line.client.reqContractDetails(req_id, Contract(conId=con_id))
        async with asyncio.timeout(line.limit):
            return await pending.done
    finally:
        del line.inbox.details[req_id]


async def market_rules(line: Line, rule_ids: Sequence[int]) -> Mapping[int, Frame | None]:
    """
    Return what is said about each market rule: its message 93, or None for a refusal.

    A rule that nothing is said about in time is left out, and the line stays:
    the answer names its rule, so a late one is thrown away.

    Raises:
        BrokerUnavailable: the line is gone.
    """
    async with line.unnumbered:  # a refusal names no rule: nothing else may wait beside them
        asked = line.inbox.rules.expect(rule_ids)
        try:
            async with asyncio.timeout(min(line.limit, RULES)):
                for rule_id in asked:
                    await line.turn(Lane.BULK)
                    line.client.reqMarketRule(rule_id)
                await asyncio.wait([pending.done for pending in asked.values()])
        except TimeoutError:
            pass
        finally:
            line.inbox.rules.expect(())
    done = {rule_id: pending for rule_id, pending in asked.items() if pending.answered}
    return {rule_id: pending.rows[0] if pending.rows else None for rule_id, pending in done.items()}


async def ticks(line: Line, contracts: Sequence[Contract], seconds: float) -> list[Ticks]:
    """
    Return what is told of each contract until it is enough, or the time is over.

    What was subscribed to is unsubscribed from, however this ends: in turns of
    its own, which nobody waits for.

    Raises:
        BrokerUnavailable: the line, or the servers behind it, are gone.
    """
    told = [Ticks() for _ in contracts]
    numbers = []
    try:
        async with asyncio.timeout(seconds):
            for contract, each in zip(contracts, told, strict=True):
                await line.turn()
                req_id = next(line.requests)
                numbers.append(req_id)
                line.inbox.ticks[req_id] = each
                line.client.reqMktData(req_id, contract, "", False, False, None)
            await asyncio.wait([each.done for each in told])
    except TimeoutError:
        pass
    finally:
        for req_id in numbers:
            del line.inbox.ticks[req_id]
        line.errand(_unsubscribe(line, numbers))
    for each in told:
        if each.done.done():
            each.done.result()
    return told


async def _unsubscribe(line: Line, numbers: Iterable[int]) -> None:
    with suppress(BrokerUnavailable, ConnectionError):  # they are gone with the line
        for req_id in numbers:
            await line.turn(Lane.BULK)
            line.client.cancelMktData(req_id)


async def bars(line: Line, contract: Contract, bar_size: str, duration: str, limit: float) -> Frame:
    """
    Return the historicalData message with regular-hours trades up to now.

    The caller has waited its ``turn``. A request that ends without an answer
    is cancelled, or it would keep one of the broker's open slots.

    Raises:
        Refusal: the gateway's error.
        TimeoutError: no answer within ``limit`` seconds.
        BrokerUnavailable: the line, or the servers behind it, are gone.
    """
    req_id = next(line.requests)
    line.inbox.bars[req_id] = pending = Pending[Frame]()
    try:
        line.client.reqHistoricalData(
            req_id, contract, "", duration, bar_size, "TRADES", True, 2, False, None
        )
        async with asyncio.timeout(limit):
            return (await pending.done)[0]
    finally:
        del line.inbox.bars[req_id]
        if line.up and not pending.answered:
            line.client.cancelHistoricalData(req_id)
