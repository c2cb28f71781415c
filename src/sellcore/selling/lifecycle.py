"""
The life of an intent: one table of moves, and nothing else changes a state.

Once an order of it may be at the broker, an intent ends only by evidence of
the broker's servers, or by a person's word for one that is unknown; or where we
know ourselves that not a byte of it was written.
"""

from enum import Enum

from sellcore.errors import IllegalMove


class State(Enum):
    """Where an intent stands; the value is what the journal holds."""

    PREPARED = "prepared"
    CANCELLING = "cancelling"
    SENDING = "sending"
    WORKING = "working"
    UNKNOWN = "unknown"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    DENIED = "denied"
    LAPSED = "lapsed"
    NOT_SENT = "not sent"
    SETTLED = "settled"

    def __str__(self) -> str:
        return self.value

    @property
    def open(self) -> bool:
        """Whether the intent still shuts its position to any other."""
        return self in _OPEN

    @property
    def exposed(self) -> bool:
        """Whether an order of it may be at the broker."""
        return self in _EXPOSED

    @property
    def unclear(self) -> bool:
        """Whether an order may be at the broker, and what became of it is not known yet."""
        return self in _UNCLEAR


_OPEN = frozenset({State.PREPARED, State.CANCELLING, State.SENDING, State.WORKING, State.UNKNOWN})
_EXPOSED = frozenset({State.SENDING, State.WORKING, State.UNKNOWN})
_UNCLEAR = frozenset({State.SENDING, State.UNKNOWN})


class Happening(Enum):
    """What moves an intent from one state to the next."""

    CANCELS_ASKED = "the orders on its position are asked to go"
    DENIED = "a check says no, and its time is up or the no is final"
    LAPSED = "there is no reason to sell any more"
    SENDING = "it is about to be written to the wire"
    HELD_BACK = "selling was halted, or its time was over, before it was written to the wire"
    SEEN_WORKING = "the broker lists it as an open order"
    SEEN_FILLED = "the broker's executions fill it"
    SEEN_CANCELLED = "the broker lists it as ended before it was filled"
    SEEN_REJECTED = "the broker refused it and lists it nowhere"
    PROVEN_ABSENT = "the broker lists it nowhere and the position has not moved"
    UNCLEAR = "what the broker says does not settle what became of it"
    SETTLED = "a person has looked and says what became of it"

    def __str__(self) -> str:
        return self.value


S, H = State, Happening

MOVES: dict[tuple[State, Happening], State] = {
    (S.PREPARED, H.CANCELS_ASKED): S.CANCELLING,
    (S.PREPARED, H.SENDING): S.SENDING,
    (S.PREPARED, H.DENIED): S.DENIED,
    (S.PREPARED, H.LAPSED): S.LAPSED,
    (S.CANCELLING, H.CANCELS_ASKED): S.CANCELLING,
    (S.CANCELLING, H.SENDING): S.SENDING,
    (S.CANCELLING, H.DENIED): S.DENIED,
    (S.CANCELLING, H.LAPSED): S.LAPSED,
    (S.SENDING, H.HELD_BACK): S.NOT_SENT,
    (S.SENDING, H.SEEN_WORKING): S.WORKING,
    (S.SENDING, H.SEEN_FILLED): S.FILLED,
    (S.SENDING, H.SEEN_CANCELLED): S.CANCELLED,
    (S.SENDING, H.SEEN_REJECTED): S.REJECTED,
    (S.SENDING, H.PROVEN_ABSENT): S.NOT_SENT,
    (S.SENDING, H.UNCLEAR): S.UNKNOWN,
    (S.WORKING, H.SEEN_WORKING): S.WORKING,
    (S.WORKING, H.SEEN_FILLED): S.FILLED,
    (S.WORKING, H.SEEN_CANCELLED): S.CANCELLED,
    (S.WORKING, H.UNCLEAR): S.UNKNOWN,
    (S.UNKNOWN, H.SEEN_WORKING): S.WORKING,
    (S.UNKNOWN, H.SEEN_FILLED): S.FILLED,
    (S.UNKNOWN, H.SEEN_CANCELLED): S.CANCELLED,
    (S.UNKNOWN, H.SETTLED): S.SETTLED,
}
"""Every move there is."""


def after(state: State, happening: Happening) -> State:
    """
    Return the state that follows.

    Raises:
        IllegalMove: the table has no such move.
    """
    try:
        return MOVES[state, happening]
    except KeyError:
        raise IllegalMove(f"an intent that is {state} cannot move on: {happening}") from None
