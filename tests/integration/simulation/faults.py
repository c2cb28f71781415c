"""What can go wrong in a story, and how often."""

from enum import Enum
from random import Random

from attrs import frozen


class Fault(Enum):
    """One way for the world to be unkind; the value is how a story tells it."""

    __hash__ = object.__hash__  # looked up at every turn: an enum's own takes the name's

    DROP = "an answer is lost, and the line with it"
    SLOW = "an answer takes long"
    SERVERS_LOST = "the gateway loses the broker's servers for a while (1100, 1102)"
    PARTIAL_POSITIONS = "a position is missing from an answer"
    LATE_POSITIONS = "a position is told as it was before trades of the last minutes"
    STOP_FILLS = "a protective order fills of its own accord, or some of it"
    PARTIAL_ORDERS = "an order of somebody is missing from an answer"
    REPLY_LOST = "the broker says nothing of its own accord"
    REPLY_TWICE = "the broker says things twice"
    ORDER_LOST = "an order message does not arrive, and nobody says so"
    ORDER_UNCLEAR = "the line goes while an order is written"
    ORDER_REFUSED = "an order is refused (201) and listed nowhere"
    ORDER_REJECTED = "an order is refused (201) and listed as ended"
    READ_ONLY = "an order is refused (321): the API is read-only"
    LYING_REFUSAL = "an order is refused (201), and lives"
    REMARK = "a remark that a library takes for a cancel (10349, 399, 2137)"
    SLOW_ACCEPT = "an order takes seconds to appear anywhere"
    PARTIAL_FILLS = "an order fills in pieces"
    FILL_LATE = "an order fills minutes later"
    ENDED_EARLY = "the broker cancels our order"
    CANCEL_IGNORED = "a request to cancel is lost"
    CANCEL_TOO_LATE = "an order fills instead of being cancelled (10148)"
    CANCEL_PARTLY = "an order fills in part while it is being cancelled"
    CORRECTION = "a trade is corrected"
    IDS_BACK = "the broker's count of order numbers is set back"
    FROZEN_BARS = "history stands still"
    SPLIT = "four shares for one"
    SOLD_BY_HAND = "a person sells some of it by hand"
    SOLD_TWICE = "a person sells what our order is selling, while it cannot fill"
    BOUGHT_BY_HAND = "a person buys more of it"
    DISK_FULL = "nothing can be written for a while"
    CLOCK_JUMP = "this machine's clock jumps"
    SUSPENDED = "trading in it is suspended for a while"
    HALTED = "a person halts selling"
    NEW_CLIENT_ID = "a person changes the client id between two lives"
    LONG_DEATH = "the process stays dead for long once it is killed"
    HURRY = "what is to happen soon happens between two questions"


@frozen
class Mood:
    """
    How unkind a story is.

    Attributes:
        faults: What may happen in it.
        chance: How likely it is at each opportunity.
    """

    faults: frozenset[Fault]
    chance: float

    @classmethod
    def of(cls, random: Random) -> "Mood":
        """Draw a few faults: a story with all of them never gets anywhere."""
        count = random.choice((0, 1, 1, 2, 2, 3, 4, 6))
        return cls(frozenset(random.sample(list(Fault), count)), random.choice((0.1, 0.3, 0.7)))


class Dice:
    """Says whether a fault happens now."""

    def __init__(self, mood: Mood, random: Random) -> None:
        self.mood = mood
        self.calm = False
        self._random = random

    def __call__(self, fault: Fault, chance: float | None = None) -> bool:
        """Return whether ``fault`` happens at this opportunity."""
        if self.calm or fault not in self.mood.faults:
            return False
        return self._random.random() < (self.mood.chance if chance is None else chance)
