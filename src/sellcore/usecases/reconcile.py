"""Comparing journal and broker: what became of every intent that may be at the broker."""

from collections.abc import Iterable
from datetime import datetime

from attrs import evolve, frozen

from sellcore.errors import IllegalMove, StorageError
from sellcore.order import OpenOrder
from sellcore.ports.alerts import Cause
from sellcore.ports.journal import Entry
from sellcore.selling.intent_record import IntentRecord, Known, Move, moved
from sellcore.selling.lifecycle import Happening, State
from sellcore.selling.testimony import Finding, Testimony, find
from sellcore.usecases.excess import take_back_excess, tell_orders_left
from sellcore.usecases.late_trades import tell_late_trades
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.take_testimony import take_testimony
from sellcore.usecases.tell import tell, tell_person
from sellcore.usecases.tell_order import sentence, tell_inactive, tell_moves
from sellcore.usecases.watch_state import Ports, WatchState

BROKER_SAID = "BROKER_SAID"
"""What the journal calls words of the broker that settle nothing."""


@frozen
class Reconciliation:
    """
    What a comparison came to.

    Attributes:
        told: What the broker said.
        findings: What it proves of each intent whose order may be at the broker.
        strays: Open orders that carry our reference and that no intent on record explains.
    """

    told: Testimony
    findings: tuple[tuple[IntentRecord, Finding], ...]
    strays: tuple[OpenOrder, ...]

    @property
    def early(self) -> bool:
        """Whether an order is in no list, and too little time has passed for that to be proof."""
        return any(
            finding.happening is None and record.state is not State.UNKNOWN
            for record, finding in self.findings
        )


def compare_with_journal(ports: Ports, state: WatchState) -> None:
    """
    Reconcile where it is time to: after each connect, and every few minutes.

    A journal that cannot be written is told, and leaves the two not compared:
    nothing is sent until they are. So does a person who settles an intent just then.

    Raises:
        BrokerUnavailable: the broker did not answer in full.
    """
    selling = ports.selling
    if selling is None:
        return
    at, now = state.selling.reconciled_at, ports.clock.now()
    same_line = state.selling.reconciled_generation == ports.connection.generation()
    if same_line and at is not None and now - selling.policy.reconcile < at <= now:
        return
    failed = state.selling.reconciled_generation is None
    try:
        reconcile(ports, selling, state)
    except StorageError as error:
        state.selling.reconciled_generation = None
        text = f"{error}; nothing is sent until the journal can be written"
        tell_person(ports, state, Cause.DENIED, "journal", text)
    except IllegalMove as error:  # what was found is not on record any more: look again
        state.selling.reconciled_generation = None
        tell(ports, state, "moved", str(error))
    else:
        if failed:  # that trouble is over, and the next one is another
            state.told.pop("journal", None)


def reconcile(ports: Ports, selling: Selling, state: WatchState) -> Reconciliation:
    """
    Compare journal and broker, and store what is proven.

    Raises:
        BrokerUnavailable: the broker did not answer in full; nothing has changed.
        StorageError: the journal could not be written; nothing counts as compared.
    """
    generation = ports.connection.generation()
    if state.selling.reconciled_generation != generation:
        state.selling.listening_since = ports.clock.now()
    told = take_testimony(ports, selling, state)
    opened = selling.journal.open_intents()
    findings = tuple(settle(ports, selling, state, opened, told))
    refs = {record.intent.order_ref for record in opened}
    strays = tuple(o for o in told.orders if o.ours and o.order_ref not in refs)
    for stray in strays:
        tell_person(
            ports,
            state,
            Cause.UNKNOWN,
            f"stray {stray.perm_id}",
            f"{stray} works at the broker with our reference {stray.order_ref}, and no open intent "
            "explains it; look at it in TWS, nothing is sold on that position meanwhile",
        )
    tell_late_trades(ports, selling, state, told)
    tell_orders_left(ports, selling, state, told)
    for record in selling.journal.open_intents():
        if record.state is State.UNKNOWN:  # whoever found it so may have died before it told
            about = f"unknown {record.intent_id}"
            tell_person(ports, state, Cause.UNKNOWN, about, sentence(record))
    state.selling.reconciled_generation, state.selling.reconciled_at = generation, told.read_at
    return Reconciliation(told, findings, strays)


def settle(
    ports: Ports,
    selling: Selling,
    state: WatchState,
    records: Iterable[IntentRecord],
    told: Testimony,
) -> list[tuple[IntentRecord, Finding]]:
    """Move each intent whose order may be at the broker as far as the testimony proves."""
    exposed = [record for record in records if record.state.exposed]
    refusals = state.selling.refusals
    # By a clock that is wrong no time has passed, so that nothing counts as missing.
    since = state.selling.listening_since if state.clock_fault is None else told.read_at
    _note_words(selling, state, told.read_at)
    findings = [
        (
            record,
            find(
                record,
                told,
                refusals.get(record.intent_id),
                since=since,
                traded_by_word=record.intent_id in state.selling.traded_by_word,
            ),
        )
        for record in exposed
    ]
    findings = [(record, _in_its_words(state, record, found)) for record, found in findings]
    moves = [
        move
        for record, finding in findings
        if (move := _move(record, finding, told.read_at)) is not None
    ]
    if moves:
        selling.journal.record(moves)
        tell_moves(ports, state, moves)
    for record, finding in findings:
        if finding.happening is Happening.SEEN_WORKING:
            tell_inactive(ports, state, record, told.orders_on(record.con_id))
            take_back_excess(ports, selling, state, record, told)
    return findings


def _note_words(selling: Selling, state: WatchState, at: datetime) -> None:
    """Put on record what the broker said of orders of ours; how they end does not hang on it."""
    words = state.selling.unnoted
    if words:
        selling.journal.note([Entry(at, intent_id, BROKER_SAID, said) for intent_id, said in words])
        words.clear()


def _in_its_words(state: WatchState, record: IntentRecord, finding: Finding) -> Finding:
    """Quote the broker where an order is nowhere: its code may be one that we do not know."""
    said = state.selling.said.get(record.intent_id)
    if said is None or finding.happening not in (Happening.PROVEN_ABSENT, Happening.UNCLEAR):
        return finding
    return evolve(finding, words=f"{finding.words}; the broker said {said}")


def _move(record: IntentRecord, finding: Finding, at: datetime) -> Move | None:
    """Return the step that a finding makes; None where nothing is new."""
    known: Known = {
        "perm_id": finding.perm_id,
        "filled": finding.filled,
        "average_price": finding.average_price,
    }
    if finding.happening is None:
        return None
    if finding.happening is Happening.UNCLEAR and record.state is State.UNKNOWN:
        return None
    same = all(getattr(record, name) == value for name, value in known.items())
    if finding.happening is Happening.SEEN_WORKING and record.state is State.WORKING and same:
        return None
    return moved(record, finding.happening, at, finding.words, **known)
