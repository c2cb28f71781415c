"""Reading the whole account at once, as one testimony: over one line, one list after the other."""

from collections.abc import Sequence
from decimal import Decimal

from sellcore.errors import BrokerUnavailable
from sellcore.position import Position
from sellcore.selling.execution import Execution
from sellcore.selling.testimony import BEHIND, Testimony
from sellcore.usecases.hear import hear
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.watch_state import Ports, WatchState


def take_testimony(ports: Ports, selling: Selling, state: WatchState) -> Testimony:
    """
    Read everything on the account, over one unbroken line.

    Open orders come first and positions last: an order leaves the first list
    before it enters the others, so that one which ends meanwhile is in a later
    list, and none can hide between them.

    Raises:
        BrokerUnavailable: something did not answer in full, or the line was lost.
        StorageError: what was traded could not be stored.
    """
    hear(selling, state, 0.0)  # before the lists: a refusal is held against what is read after it
    began, generation = ports.clock.now(), ports.connection.generation()
    orders = ports.broker.open_orders()
    completed = selling.witness.completed_orders()
    executions, commissions = selling.witness.trades()
    positions, ended = ports.broker.positions(), ports.clock.now()
    if ports.connection.fault() is not None or ports.connection.generation() != generation:
        raise BrokerUnavailable("the line was lost while the account was read")
    mine = ("", state.account)  # what names no account counts as this one's
    ours = tuple(e for e in executions if e.account in mine)
    selling.journal.add_trades(ours, commissions)
    held = tuple(p for p in positions if p.account == state.account)
    selling.journal.seen(_believed(state, held), ended)
    told = Testimony(
        read_at=began,
        positions=held,
        orders=tuple(order for order in orders if order.account in mine),
        completed=tuple(order for order in completed if order.account in mine),
        executions=_remembered(selling, ours),
        told_since=selling.journal.told_since(),
    ).with_last((*state.orders, *state.selling.unlisted), state.selling.vanished)
    state.selling.vanished, state.selling.unlisted = told.vanished, ()
    state.orders = told.orders
    return told


def _believed(state: WatchState, told: Sequence[Position]) -> dict[int, Decimal]:
    """
    Return the shares of each position by contract id, 0 left out.

    One that is missing for the first time counts as before: the broker does not
    always tell all of them, and a position that went flat begins anew.
    """
    held = {position.instrument.con_id: position.quantity for position in told}
    missing = {
        instrument.con_id: position.quantity
        for instrument, position in state.last_seen.items()
        if instrument.con_id not in held
    }
    believed = {con_id: n for con_id, n in missing.items() if con_id not in state.selling.missing}
    state.selling.missing, state.selling.doubtful = frozenset(missing), frozenset(believed)
    return believed | held


def _remembered(selling: Selling, told: Sequence[Execution]) -> tuple[Execution, ...]:
    """Return today's trades and those on record since the oldest intent that is not settled."""
    since = [record.decided_at for record in selling.journal.open_intents()]
    if not since:
        return tuple(told)
    stored, _ = selling.journal.trades(min(since) - BEHIND)
    known = {execution.exec_id: execution for execution in (*stored, *told)}
    return tuple(known.values())
