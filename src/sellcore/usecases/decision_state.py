"""What a watch knows of its decisions."""

from collections import Counter
from datetime import datetime

from attrs import Factory, define

from sellcore.instrument import Instrument
from sellcore.order import OrderIntent
from sellcore.outcome import Outcome
from sellcore.plan import Decision
from sellcore.timeframe import Timeframe


@define
class Decisions:
    """
    What came of the bars so far. Only use cases change it.

    Attributes:
        watched_from: Bars that ended up to then are not this run's to decide.
        decided: The bars that have been decided.
        latest: The last decision on each instrument.
        waiting: What a due bar is waiting for, per instrument.
        outcomes: How many bars were decided each way.
        prepared: The orders that were prepared.
        obstacle_before: What was in the way when bars were last to be decided, or None.
    """

    watched_from: dict[Instrument, datetime] = Factory(dict)
    decided: dict[Instrument, frozenset[tuple[Timeframe, datetime]]] = Factory(dict)
    latest: dict[Instrument, Decision] = Factory(dict)
    waiting: dict[Instrument, str] = Factory(dict)
    outcomes: Counter[Outcome] = Factory(Counter)
    prepared: list[OrderIntent] = Factory(list)
    obstacle_before: str | None = None
