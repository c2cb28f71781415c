"""A journal that lasts as long as the process: for simulations, tests and notebooks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from adapters.journal_rules import check_prepared, happened, prepared, sent_in_all, stale, went_flat
from sellcore.errors import StorageError
from sellcore.instant import utc
from sellcore.order import Mode
from sellcore.ports.journal import Entry, Sent
from sellcore.selling.execution import Commission, Execution
from sellcore.selling.intent_record import IntentRecord, Move, SentOrder, check, sent_order
from sellcore.selling.lifecycle import Happening, State

_Event = IntentRecord | Move | Entry
"""What an event is worded from when somebody reads it: most simulations never do."""

_ENDS_THE_ROW = (State.WORKING, State.FILLED, State.CANCELLED)
_CAME_TO_NOTHING = (State.REJECTED, State.NOT_SENT)


class MemoryJournal:
    """
    The journal port in memory.

    What a method returned from is kept, all of it, and what a method raised
    from is not: whoever plays a crash drops everything but the journal and
    begins anew with it.

    Attributes:
        full: Set it, and every write raises StorageError like a full disk's.
    """

    def __init__(self, mode: Mode, account: str) -> None:
        self.full = False
        self._mode = mode
        self._account = account
        self._records: dict[str, IntentRecord] = {}
        self._open: dict[int, str] = {}
        self._events: dict[str, list[_Event]] = {}
        self._sent: list[tuple[str, int, SentOrder]] = []
        self._held_back: set[str] = set()
        self._executions: dict[str, Execution] = {}
        self._commissions: dict[str, Commission] = {}
        self._positions: dict[int, Decimal] = {}
        self._epochs: dict[int, int] = {}
        self._since: dict[int, datetime] = {}

    def prepare(self, records: Sequence[IntentRecord]) -> Sequence[IntentRecord]:
        """Put new intents on record; each position has one that is open at most."""
        check_prepared(records, self._mode, self._account)
        new: dict[str, IntentRecord] = {}
        taken: set[int] = set()
        answer: dict[str, IntentRecord] = {}
        for record in records:
            intent_id = record.intent_id
            known = self._records.get(intent_id)
            if known is not None:
                answer[intent_id] = known
            elif record.con_id not in self._open and record.con_id not in taken:
                taken.add(record.con_id)
                new[intent_id] = answer[intent_id] = record
        if new:
            self._need_space()
        for intent_id, record in new.items():
            self._records[intent_id] = record
            self._open[record.con_id] = intent_id
            self._tell(intent_id, record)
        return tuple(answer.values())

    def record(self, moves: Sequence[Move]) -> None:
        """Store all steps, or none of them."""
        for move in moves:
            check(move)
        staged: dict[str, IntentRecord] = {}
        steps = [(move.before.intent_id, move) for move in moves]
        for intent_id, move in steps:
            found = staged.get(intent_id) or self._records.get(intent_id)
            if found is not move.before and found != move.before:
                raise stale(move, found)
            staged[intent_id] = move.record
        if not steps:
            return
        self._need_space()
        self._records.update(staged)
        for record in staged.values():
            if not record.state.open:
                del self._open[record.con_id]
        for intent_id, move in steps:
            self._tell(intent_id, move)
            if move.happening is Happening.SENDING:
                self._sent.append((intent_id, move.record.con_id, sent_order(move.record)))
            elif move.happening is Happening.HELD_BACK:
                self._held_back.add(intent_id)

    def note(self, entries: Sequence[Entry]) -> None:
        """Add events that move no intent."""
        if entries:
            self._need_space()
        for entry in entries:
            self._tell(entry.intent_id, entry)

    def open_intents(self) -> Sequence[IntentRecord]:
        """Return the intents that have not ended, the oldest first."""
        return _by_age([self._records[intent_id] for intent_id in self._open.values()])

    def intents(
        self, since: datetime | None = None, ticker: str | None = None
    ) -> Sequence[IntentRecord]:
        """Return the intents decided at or after ``since``, of a ticker in any case."""
        first = None if since is None else utc(since)
        wanted = None if ticker is None else ticker.strip().upper()
        return _by_age(
            [
                record
                for record in self._records.values()
                if (first is None or record.decided_at >= first)
                and (wanted is None or record.intent.instrument.ticker == wanted)
            ]
        )

    def entries(self, intent_id: str) -> Sequence[Entry]:
        """Return the events of one intent in the order they came; of none for an empty id."""
        return tuple(_worded(event, intent_id) for event in self._events.get(intent_id, ()))

    def sent_since(self, moment: datetime) -> Sent:
        """Return how much was sent at or after ``moment``, whatever became of it."""
        first = utc(moment)
        return sent_in_all(
            (self._records[intent_id].intent.instrument.currency, order.value)
            for intent_id, _, order in self._sent
            if order.at >= first and intent_id not in self._held_back
        )

    def failed_sends(self, con_id: int) -> int:
        """Return how many orders of a position, since it was flat, came to nothing in a row."""
        count, epoch = 0, self._epochs.get(con_id, 0)
        for intent_id, sold, _ in reversed(self._sent):
            record = self._records[intent_id]
            elsewhere = sold != con_id or record.intent.epoch < epoch
            if elsewhere or intent_id in self._held_back:
                continue
            state = record.state
            if state in _ENDS_THE_ROW:
                break
            count += state in _CAME_TO_NOTHING
        return count

    def highest_order_id(self, client_id: int) -> int:
        """Return the highest order number that was ever used under a client id, or 0."""
        used = (order.order_id for _, _, order in self._sent if order.client_id == client_id)
        return max(used, default=0)

    def add_trades(
        self, executions: Sequence[Execution], commissions: Sequence[Commission]
    ) -> None:
        """Store trades and their costs; what is known already stays once."""
        known = self._executions.keys(), self._commissions.keys()
        if {e.exec_id for e in executions} - known[0] or {c.exec_id for c in commissions} - known[
            1
        ]:
            self._need_space()
        for execution in executions:
            self._executions.setdefault(execution.exec_id, execution)
        for commission in commissions:
            self._commissions.setdefault(commission.exec_id, commission)

    def trades(
        self, since: datetime | None = None
    ) -> tuple[Sequence[Execution], Sequence[Commission]]:
        """Return the stored executions by time, and their commissions."""
        executions = sorted(self._executions.values(), key=lambda execution: execution.time)
        if since is None:
            return tuple(executions), tuple(self._commissions.values())
        first = utc(since)
        asked = {e.exec_id: e for e in executions if e.time >= first}
        costs = (cost for cost in self._commissions.values() if cost.exec_id in asked)
        return tuple(asked.values()), tuple(costs)

    def epochs(self) -> Mapping[int, int]:
        """Return how often each position has gone flat, by contract id."""
        return dict(self._epochs)

    def seen(self, quantities: dict[int, Decimal], at: datetime) -> None:
        """Take note of all positions as just read."""
        now = {con_id: quantity for con_id, quantity in quantities.items() if quantity}
        if now == self._positions:
            return
        self._need_space()
        for con_id in self._positions.keys() | now.keys():
            held, is_held = (each.get(con_id, Decimal(0)) for each in (self._positions, now))
            if held != is_held:
                self._since[con_id] = utc(at)
            if went_flat(held, is_held):
                self._epochs[con_id] = self._epochs.get(con_id, 0) + 1
        self._positions = now

    def told_since(self) -> Mapping[int, datetime]:
        """Return when each position was first read as it was last, by contract id."""
        return dict(self._since)

    def _need_space(self) -> None:
        if self.full:
            raise StorageError("cannot write the journal: the disk is full; free some space")

    def _tell(self, intent_id: str, event: _Event) -> None:
        self._events.setdefault(intent_id, []).append(event)


def _by_age(records: list[IntentRecord]) -> Sequence[IntentRecord]:
    return tuple(sorted(records, key=lambda record: record.decided_at))


def _worded(event: _Event, intent_id: str) -> Entry:
    match event:
        case IntentRecord():
            return prepared(event, intent_id)
        case Move():
            return happened(event, intent_id)
        case Entry():
            return event
