"""
Acting on the intents on record: judge, clear the way, send, see what became of it.

Each step is on record before it is taken. Whatever happens in between, the
next look finds on record what may have been done, and asks the broker.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from sellcore.errors import BrokerError, SellError, StorageError
from sellcore.order import SendAt
from sellcore.ports.alerts import Cause
from sellcore.ports.journal import Entry, Sent
from sellcore.selling.checks import judge
from sellcore.selling.facts import Facts
from sellcore.selling.intent_record import IntentRecord, Move, moved
from sellcore.selling.last_sale import LATELY, last_sales
from sellcore.selling.lifecycle import Happening, State
from sellcore.selling.reopening import not_below_any_more
from sellcore.selling.testimony import Testimony
from sellcore.selling.verdict import Verdict
from sellcore.snapshot import Holding
from sellcore.usecases.gather import Look, facts, look, look_again
from sellcore.usecases.hear import hear
from sellcore.usecases.reconcile import settle
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.send import Gate, Ready, send
from sellcore.usecases.take_testimony import take_testimony
from sellcore.usecases.tell import tell, tell_person
from sellcore.usecases.tell_order import ASKED_TO_GO, tell_gone, tell_moves
from sellcore.usecases.unlogged import REMEMBERED, is_unlogged
from sellcore.usecases.watch_state import Ports, Terms, WatchState

CHECKED = "CHECKED"
"""What the journal calls the answers of the checks."""

NO_PRICE = "nothing has traded since the open, and nobody quotes it"
"""Why a sale that waited for the open waits on."""

_ROUNDS = 6
"""Looks at the account while orders that were asked to go are on their way out."""


def sell(
    ports: Ports, selling: Selling, state: WatchState, terms: Terms, held: Sequence[Holding]
) -> None:
    """
    Take every open intent as far as it can go now.

    What fails is told and tried again at the next look; an order that may have
    been written is never written again.
    """
    try:
        for _ in range(_ROUNDS):
            if not selling.journal.open_intents():
                return
            if not _round(ports, selling, state, terms, held):
                break
    except StorageError as error:
        text = f"{error}; nothing is sent until the journal can be written"
        tell_person(ports, state, Cause.DENIED, "journal", text)
        _tell_unprotected(ports, selling, state)
    except BrokerError as error:
        tell(ports, state, "broker", str(error))
        _tell_unprotected(ports, selling, state)
    except SellError as error:  # refused by the way to send, or a step that no intent can take
        text = f"{error}; what was sent is compared with the broker: sellcli reconcile shows it"
        tell_person(ports, state, Cause.UNKNOWN, "selling", text)
    else:
        state.told.pop("journal", None)


def _tell_unprotected(ports: Ports, selling: Selling, state: WatchState) -> None:
    """
    Tell which orders were asked to go for a sale that can no more come about.

    While the account cannot be read, or the journal not be written, it is not denied,
    and the position may be without its stop for hours.
    """
    now = ports.clock.now()
    with suppress(StorageError):
        for record in selling.journal.open_intents():
            over = record.deadline < now and state.clock_fault is None
            if record.state is State.CANCELLING and over:
                tell_gone(ports, state, record)


def _round(
    ports: Ports, selling: Selling, state: WatchState, terms: Terms, held: Sequence[Holding]
) -> bool:
    """
    Look, judge and act once; return whether to look again: orders are to go, or may have gone.

    The account is read last, right before the checks and the send, and the
    clock and the kill switch are looked at again, since that may have taken
    long: what lies between them and the wire is arithmetic and one write to
    the journal. To hear what becomes of what was sent takes long as well, so
    no other order is cancelled on the checks of a round that has sent.

    A position that is missing for the first time is not judged: the answer may have
    been incomplete, and another one tells.
    """
    now = ports.clock.now()
    due = [
        record
        for record in selling.journal.open_intents()
        if record.state in (State.PREPARED, State.CANCELLING)
        and record.not_before <= now
        and not is_unlogged(state, record)
    ]
    _tell_halt(ports, selling, state)
    seen = look(ports, selling, state, terms, [record.intent.instrument for record in due], held)
    told = take_testimony(ports, selling, state)
    settle(ports, selling, state, selling.journal.open_intents(), told)
    seen = look_again(ports, selling, state, seen)
    known = [record for record in due if record.con_id not in state.selling.doubtful]
    ready, asked = _judge_all(ports, selling, state, known, seen, told)
    if ready:
        send(ports, selling, state, ready)
    elif asked:
        gate = Gate(ports, selling, asked)
        for each in asked:
            if gate() is None:  # one of them may have taken long, or the step to be kept
                selling.entry.cancel(each.to_cancel)
        hear(selling, state, selling.patience)
    incomplete = len(known) < len(due) or any(told.vanished_from(r.con_id) for r in due)
    return bool(asked) or incomplete


def _tell_halt(ports: Ports, selling: Selling, state: WatchState) -> None:
    """Tell a person that selling is halted while there is something to sell."""
    halted = selling.kill_switch.thrown()
    if halted is None:
        state.told.pop("halt", None)
    else:
        tell_person(ports, state, Cause.HALTED, "halt", f"selling is halted: {halted}")


def _judge_all(
    ports: Ports,
    selling: Selling,
    state: WatchState,
    due: Sequence[IntentRecord],
    seen: Look,
    told: Testimony,
) -> tuple[list[Ready], list[Facts]]:
    """Judge each intent; return those that may be sent, and those whose way is to be cleared."""
    sent = selling.journal.sent_since(seen.now.replace(hour=0, minute=0, second=0, microsecond=0))
    sales: Mapping[int, IntentRecord] = {}
    if due and selling.journal.sent_since(seen.now - LATELY).orders:
        sales = last_sales(selling.journal.intents(seen.now - REMEMBERED), seen.now)
    moves: list[Move] = []
    ready: list[Ready] = []
    asked: list[Facts] = []
    notes: list[Entry] = []
    for record in due:
        known = facts(selling, state, record, seen, told, sent, sales.get(record.con_id))
        verdict = judge(known)
        if verdict != state.selling.verdicts.get(record.intent_id):
            words = "; ".join(verdict.reasons) or "every check allows it"
            notes.append(Entry(seen.now, record.intent_id, CHECKED, words, verdict.to_json()))
        state.selling.verdicts[record.intent_id] = verdict
        if not verdict.allowed:
            moves += _refusal(ports, state, known, verdict)
        elif (lapse := _lapse(known)) is not None:
            moves.append(moved(record, Happening.LAPSED, seen.now, lapse))
        elif _lacks_a_price(known):
            ticker = record.intent.instrument.ticker
            tell(ports, state, f"waits {record.intent_id}", f"{ticker} is not sold yet: {NO_PRICE}")
        elif known.to_cancel:
            asked.append(known)
            moves += _asking(known)
            sent = _with(sent, known)
        else:
            ready.append(Ready(record, known))
            sent = _with(sent, known)
    if notes:
        selling.journal.note(notes)
    if moves:
        selling.journal.record(moves)
        tell_moves(ports, state, moves)
    return ready, asked


def _with(sent: Sent, known: Facts) -> Sent:
    """Return what will have been sent with this order: no stop goes for one that has no room."""
    return sent.with_order(known.record.intent.instrument.currency, known.value)


def _asking(known: Facts) -> list[Move]:
    """Return the step of having orders on the position cancelled, where there are new ones."""
    record = known.record
    new = [order for order in known.to_cancel if order.perm_id not in record.asked_to_go]
    if not new:
        return []
    asked = (*record.asked_to_go, *(order.perm_id for order in new))
    words = ASKED_TO_GO + ", ".join(map(str, new))
    return [moved(record, Happening.CANCELS_ASKED, known.now, words, asked_to_go=asked)]


def _refusal(ports: Ports, state: WatchState, known: Facts, verdict: Verdict) -> list[Move]:
    """
    Deny an intent for good, or leave it waiting while its time lasts.

    By a clock that is wrong nobody knows whether its time is over, nor the leave to sell.
    """
    record, reasons = known.record, "; ".join(verdict.reasons)
    ticker = record.intent.instrument.ticker
    if not verdict.final or known.clock_is_wrong:
        tell(ports, state, f"waits {record.intent_id}", f"{ticker} is not sold yet: {reasons}")
        return []
    if _lacks_a_price(known):
        reasons += f"; {NO_PRICE}"
    if known.to_cancel and record.asked_to_go:
        still = ", ".join(map(str, known.to_cancel))
        reasons += f"; asked to go and still there: {still}; cancel them in TWS"
    return [moved(record, Happening.DENIED, known.now, reasons)]


def _lapse(known: Facts) -> str | None:
    """Return why an intent lapses that has waited, or None where it does not."""
    record = known.record
    if known.overtaken is not None:
        return known.overtaken
    if known.price is None or not _is_rechecked(known):
        return None
    return not_below_any_more(known.price, record.average, record.intent.rule)


def _lacks_a_price(known: Facts) -> bool:
    """Say whether its market is open, and no price to look at again is known yet."""
    return _is_rechecked(known) and known.session is not None and known.price is None


def _is_rechecked(known: Facts) -> bool:
    """Say whether it is sold at the first price since the open only if that is still below."""
    return known.record.intent.send_at is SendAt.NEXT_OPEN and known.policy.recheck_at_open
