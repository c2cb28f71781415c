"""What the gateway says about orders of its own accord, kept until somebody takes it."""

from collections import deque
from collections.abc import Sequence
from threading import Condition
from time import monotonic

from ib_async import Order, OrderState

from adapters.ib import translate_trades
from adapters.ib.event_loop import NAP
from adapters.ib.library_logs import LOG
from adapters.ib.notices import REFUSES_AN_ORDER, one_line
from adapters.ib.order_numbers import FIRST_REQUEST, OrderNumbers
from adapters.ib.pending import UNREADABLE, Frame
from sellcore.ports.order_entry import Reply, Word
from sellcore.selling.execution import Commission

_MOST_REPLIES = 1000
_MOST_COSTS = 10_000
"""Kept for whoever asks; a program that never does must not grow with every message."""

_LIVE = "-1"
"""The request id of what answers no request."""


class OrderNews:
    """
    Hears of the orders of one client id, over every line of the process's life.

    The event loop tells it things, any other thread takes them.
    """

    def __init__(self, client_id: int) -> None:
        self.client_id = client_id
        self.numbers = OrderNumbers()
        self._bell = Condition()
        self._replies: deque[Reply] = deque(maxlen=_MOST_REPLIES)
        self._by_hand: set[int] = set()
        self._costs: dict[str, Commission] = {}

    # What the event loop tells.

    def next_valid_id(self, fields: Frame) -> None:
        """Take message 9."""
        self.numbers.told(int(fields[2]))

    def order_status(self, fields: Frame, *, asked: bool) -> None:
        """Take message 3; one that came with an answer that was ``asked`` for is no reply."""
        order_id = int(fields[1])
        if int(fields[9]) == self.client_id:
            self._heard(order_id, Word.STATUS, fields[2], asked=asked)

    def open_order(self, order: Order, state: OrderState, *, asked: bool) -> None:
        """Take message 5, decoded."""
        if order.clientId == self.client_id:
            self._heard(order.orderId, Word.ORDER, state.status, asked=asked or order.whatIf)

    def execution(self, fields: Frame) -> None:
        """Take message 11; a live one answers no request."""
        order_id, side, shares, price = int(fields[2]), *fields[18:21]
        if int(fields[22]) == self.client_id:
            text = f"{side} {shares} at {price}"
            self._heard(order_id, Word.EXECUTION, text, asked=fields[1] != _LIVE)

    def commission(self, fields: Frame) -> None:
        """Take message 59; one that cannot be read leaves the cost unknown, nothing else."""
        try:
            told = translate_trades.commission(fields)
        except UNREADABLE as error:
            LOG.debug("unreadable: %s (%r)", one_line(",".join(fields)), error)
            return
        self._costs.pop(told.exec_id, None)
        self._costs[told.exec_id] = told
        if len(self._costs) > _MOST_COSTS:
            del self._costs[next(iter(self._costs))]

    def error(self, order_id: int, code: int, text: str) -> bool:
        """Take an error message, and say whether it is about an order."""
        if not 0 < order_id < FIRST_REQUEST and order_id not in self._by_hand:
            return False
        word = Word.REFUSAL if code in REFUSES_AN_ORDER else Word.REMARK
        self._say(Reply(order_id, word, text, code))
        return True

    def cancelling(self, order_id: int) -> None:
        """Expect to hear of this order; those entered by hand have numbers below zero."""
        if order_id < 0:
            self._by_hand.add(order_id)

    def costs(self) -> Sequence[Commission]:
        """Return every commission that was told, the latest last; belongs on the event loop."""
        return tuple(self._costs.values())

    # What other threads take.

    def take(self, seconds: float) -> Sequence[Reply]:
        """Return the replies since the last call; wait for the first, not longer than told."""
        deadline = monotonic() + seconds
        with self._bell:
            # In naps, so that Ctrl-C works on every system.
            while not self._replies and (left := deadline - monotonic()) > 0:
                self._bell.wait(min(NAP, left))
            taken = tuple(self._replies)
            self._replies.clear()
        return taken

    def _heard(self, order_id: int, word: Word, text: str, *, asked: bool) -> None:
        self.numbers.seen(order_id)
        if not asked:
            self._say(Reply(order_id, word, one_line(text)))

    def _say(self, reply: Reply) -> None:
        with self._bell:
            self._replies.append(reply)
            self._bell.notify_all()
