"""The send section: on record, on the wire, once; then what became of it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from attrs import frozen

from sellcore.ports.order_entry import SellOrder
from sellcore.selling.facts import Facts
from sellcore.selling.intent_record import IntentRecord, Known, Move, moved
from sellcore.selling.lifecycle import Happening
from sellcore.usecases.hear import hear
from sellcore.usecases.reconcile import settle
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.take_testimony import take_testimony
from sellcore.usecases.tell_order import tell_moves
from sellcore.usecases.watch_state import Ports, WatchState

_FRESH = timedelta(seconds=30)
"""What was checked longer ago is not sent on: the disk was slow, or the machine slept."""

_WORDS_EACH = 20
"""Times that one order is listened for: many fills are told one by one."""


@frozen
class Ready:
    """An intent that every check allows, with nothing in its way."""

    record: IntentRecord
    facts: Facts


def send(ports: Ports, selling: Selling, state: WatchState, ready: Sequence[Ready]) -> None:
    """
    Write SENDING for all, write all to the wire, and ask what became of them.

    Raises:
        StorageError: the journal could not be written; before the send nothing is sent.
        BrokerError: the line went; what was or may have been written is on
            record, and the next comparison settles it.
    """
    entry, now = selling.entry, ports.clock.now()
    numbers = entry.order_ids(len(ready), selling.journal.highest_order_id(entry.client_id))
    moves, orders = [], []
    for each, number in zip(ready, numbers, strict=True):
        order = _order(each, number)
        orders.append(order)
        known: Known = {
            "client_id": entry.client_id,
            "order_id": number,
            "quantity": order.quantity,
            "limit_price": order.limit_price,
            "position_before": each.facts.held,
            "sent_at": now,
        }
        moves.append(moved(each.record, Happening.SENDING, now, str(order), **known))
    selling.journal.record(moves)
    gate = Gate(ports, selling, [each.facts for each in ready])
    try:
        written = entry.place(orders, gate) if gate() is None else ()
    finally:
        state.selling.listening_since = ports.clock.now()
        tell_moves(ports, state, moves)
    _hold_back(ports, selling, state, moves, orders[len(written) :], gate.shut)
    if written:
        _listen(selling, state, [order.order_id for order in written])
        told = take_testimony(ports, selling, state)
        settle(ports, selling, state, selling.journal.open_intents(), told)


class Gate:
    """
    Says, right before each message that changes something, why it may not be written any more.

    Every check has passed; but a journal may be slow, a machine sleep, and many orders
    stand in line. Once shut it stays so.

    Attributes:
        shut: The first reason, or None.
    """

    def __init__(self, ports: Ports, selling: Selling, checked: Sequence[Facts]) -> None:
        self._clock = ports.clock
        self._kill_switch = selling.kill_switch
        self._checked_at = min(facts.now for facts in checked)
        self._latest = min(facts.latest for facts in checked)
        self.shut: str | None = None

    def __call__(self) -> str | None:
        """Return the reason, or None where it may be written."""
        self.shut = self.shut or self._too_late() or self._halted()
        return self.shut

    def _too_late(self) -> str | None:
        now = self._clock.now()
        passed = now - self._checked_at
        if passed > _FRESH:
            seconds = passed.total_seconds()
            return f"too late to be written: {seconds:.0f} s had passed since the account was read"
        if now > self._latest:
            return "too late to be written: its time ran out just then"
        return None

    def _halted(self) -> str | None:
        halted = self._kill_switch.thrown()
        return None if halted is None else f"halted before it was written: {halted}"


def _hold_back(
    ports: Ports,
    selling: Selling,
    state: WatchState,
    moves: Sequence[Move],
    unwritten: Sequence[SellOrder],
    why: str | None,
) -> None:
    """End the intents whose orders were not written: too late, or a person has halted selling."""
    if not unwritten or why is None:
        return
    numbers = {order.order_id for order in unwritten}
    held_back = [
        moved(move.record, Happening.HELD_BACK, ports.clock.now(), why)
        for move in moves
        if move.record.order_id in numbers
    ]
    selling.journal.record(held_back)
    tell_moves(ports, state, held_back)


def _order(ready: Ready, number: int) -> SellOrder:
    """Return the order as it goes on the wire."""
    known, intent = ready.facts, ready.record.intent
    return SellOrder(
        order_id=number,
        account=intent.account,
        instrument=intent.instrument,
        quantity=known.quantity,
        order_type=known.policy.order_type,
        limit_price=known.limit_price,
        order_ref=intent.order_ref,
    )


def _listen(selling: Selling, state: WatchState, sent: Iterable[int]) -> None:
    """
    Wait until the broker has said something about each order, or nothing for too long.

    Not for ever: where it talks on and on about others, the lists tell.
    """
    silent = set(sent)
    for _ in range(len(silent) * _WORDS_EACH):
        spoken = hear(selling, state, selling.patience)
        silent -= spoken
        if not silent or not spoken:
            return
