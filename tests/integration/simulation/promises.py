"""What must be true after every step of a story, told from outside of the program."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.integration.simulation import decisions

from sellcore.order import REF_PREFIX, SendAt
from sellcore.outcome import Outcome
from sellcore.ports.alerts import Cause
from sellcore.ports.order_entry import SellOrder
from sellcore.selling.lifecycle import State

if TYPE_CHECKING:
    from tests.integration.simulation.world import World


SLACK = timedelta(seconds=45)
"""What may pass between a look and the wire in a world that is slow on purpose."""

STALE = timedelta(minutes=6)


class Broken(AssertionError):
    """A promise was not kept."""


def arrives(world: "World", order_ref: str, order_id: int) -> None:
    """Hold an order that has just arrived at the broker against the journal."""
    records = {r.intent.order_ref: r for r in world.journal.intents()}
    record = records.get(order_ref)
    if record is None:
        raise Broken(f"an order {order_ref} is at the broker that the journal does not know")
    if record.order_id != order_id or record.sent_at is None:
        raise Broken(f"order {order_id} was not on record as being sent before it arrived")
    times = Counter(ref for _, _, ref in world.servers.placed)
    if times[order_ref] > 1:
        raise Broken(f"{times[order_ref]} orders were sent for one intent, {order_ref}")


def written(world: "World", order: SellOrder) -> None:
    """Hold an order that is being written to the wire against what is true just then."""
    record = next(r for r in world.journal.intents() if r.intent.order_ref == order.order_ref)
    con_id, now = order.instrument.con_id, world.now
    ours = now + timedelta(seconds=world.skew)
    held = world.servers.held.get(con_id, Decimal(0))
    others = world.servers.working(con_id)
    policy, until = world.policy, world.armed_until
    value = order.quantity * world.servers.price(con_id)
    wrong = {
        "a person has halted selling": world.halted is not None,
        "trading in it is suspended": con_id in world.suspended,
        "its market is closed": not world.market_open()
        and record.intent.send_at is not SendAt.ANY_TIME,
        "our clock is wrong": abs(world.skew) > 11,
        "its time is up": not record.not_before <= ours <= record.deadline + SLACK,
        "other orders work on it": bool(others),
        "less is held than is sold": order.quantity > held,
        "it sells what was not held when it was decided": order.quantity > record.held,
        "the position has changed": not record.asked_to_go and held != record.held,
        "it is not armed any more": until is not None and ours > until + SLACK,
        "it is larger than allowed": order.quantity > policy.max_shares_per_order
        or value > policy.max_value_per_order * 1.05,
        "the day's orders are used up": world.written[ours.date()] >= policy.max_orders_per_day,
        "the broker is not reached": world.fault is not None,
        "its bars are old": world.bars_read_at is None or now - world.bars_read_at > STALE,
        "journal and broker were not compared": world.journal_compared != world.generation,
    }
    world.written[ours.date()] += 1
    met = [what for what, is_so in wrong.items() if is_so]
    if met:
        raise Broken(f"{order} of {con_id} was written although {' and '.join(met)}")


def always(world: "World") -> None:
    """Hold the account against what it must never be."""
    servers = world.servers
    if world.dry and servers.placed:
        raise Broken(f"a dry run has sent {servers.placed}")
    for con_id, began in world.began_with.items():
        held = servers.held.get(con_id, Decimal(0))
        if began > 0 and held < 0:
            raise Broken(f"the account is short: {held} of {con_id}")
        if began < 0 and held != began * world.scale_of(con_id):
            raise Broken(f"a short position was touched: {began} became {held}")
        exits = [o for o in servers.working(con_id) if o.order_ref.startswith(REF_PREFIX)]
        if len(exits) > 1:
            raise Broken(f"{len(exits)} exits work on {con_id}")
    for record in world.journal.intents() if servers.ever_traded else ():
        sold = _sold(world, record.intent.order_ref)
        if sold > record.held:
            raise Broken(f"{sold} sold of {record.held} held when it was decided")


def _sold(world: "World", order_ref: str) -> Decimal:
    latest = {
        e.exec_id.rpartition(".")[0]: e.shares
        for e in world.servers.ever_traded
        if e.order_ref == order_ref
    }
    return sum(latest.values(), Decimal(0))


def at_rest(world: "World") -> None:
    """Hold what is left, once nothing has gone wrong for a while, against what was promised."""
    for record in world.journal.intents():
        unknown = record.state is State.UNKNOWN
        if record.state in (State.CANCELLING, State.SENDING):
            raise Broken(f"intent {record.intent_id} is still {record.state}: {record.words}")
        if record.state is State.PREPARED and record.deadline < world.now:
            raise Broken(f"intent {record.intent_id} still waits behind its deadline")
        if unknown and not any(n.cause is Cause.UNKNOWN for n in world.notices):
            raise Broken(f"intent {record.intent_id} is unknown and nobody was told")
        if record.state is State.WORKING and not _works(world, record.intent.order_ref):
            raise Broken(f"intent {record.intent_id} passes for working and is not")
        by_position = record.words.startswith("it was filled before the night")
        sold = _sold(world, record.intent.order_ref)
        if record.state is State.FILLED and sold != record.filled and not by_position:
            raise Broken(f"intent {record.intent_id} filled {record.filled} by the journal")
        if record.state in _UNSENT and _sold(world, record.intent.order_ref):
            raise Broken(f"intent {record.intent_id} is {record.state}, and it has sold")
        if not record.state.open and _works(world, record.intent.order_ref):
            raise Broken(f"intent {record.intent_id} is {record.state} and its order works")
    for con_id in world.began_with:
        _excess_is_gone_or_told(world, con_id)
    _signals_have_an_end(world)
    _calm_stories_sell(world)
    decisions.are_right(world)


def _excess_is_gone_or_told(world: "World", con_id: int) -> None:
    """Our orders sell no more than is held; one of a client id that is gone is a person's."""
    working = world.servers.working(con_id)
    ours = [order for order in working if order.ours]
    selling = sum((order.remaining for order in working), Decimal(0))
    if not ours or selling <= world.servers.held.get(con_id, Decimal(0)):
        return
    told = any(n.cause is Cause.UNKNOWN and "cancel it in TWS" in n.text for n in world.notices)
    if not told or any(order.client_id == world.servers.ours for order in ours):
        raise Broken(f"more of {con_id} is being sold than is held, by our order")


_UNSENT = (State.NOT_SENT, State.REJECTED, State.DENIED, State.LAPSED)


def _calm_stories_sell(world: "World") -> None:
    """Where nothing went wrong, a signal ends in a sale."""
    if world.dice.mood.faults or world.killed or world.armed_until is not None or world.narrow:
        return
    for record in world.journal.intents():
        foreign = any(o.client_id != world.servers.ours for o in record.intent.cancels)
        if record.state is not State.FILLED and not foreign and record.state is not State.LAPSED:
            raise Broken(
                f"nothing went wrong, and {record.intent_id} is {record.state}: {record.words}"
            )


def _works(world: "World", order_ref: str) -> bool:
    return any(o.order_ref == order_ref for o in world.servers.working())


def _signals_have_an_end(world: "World") -> None:
    """Every signal with something to sell is on record as an intent, or was blocked by one."""
    if world.dry:
        return
    intents = {record.intent_id for record in world.journal.intents()}
    seen: set[tuple[int, object]] = set()
    for row in world.log.read():
        if row.decision is not Outcome.SIGNAL or row.action_prepared is None:
            continue
        if row.intent_id not in intents and not any(
            n.cause is Cause.DENIED and "has not ended" in n.text for n in world.notices
        ):
            raise Broken(f"signal {row.ticker} {row.bar_end} came to nothing, without a reason")
        seen.add((row.con_id, row.bar_end))
