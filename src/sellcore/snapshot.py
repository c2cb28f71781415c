"""Everything a cycle has read, before anything is decided."""

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from sellcore.instrument import Instrument
from sellcore.order import Mode, OpenOrder
from sellcore.policy import Policy
from sellcore.position import Position
from sellcore.rule import MovingAverageRule
from sellcore.series import StoredSeries
from sellcore.session import Session
from sellcore.split_guard import Sighting
from sellcore.timeframe import Granularity, Timeframe


@frozen
class Holding:
    """
    All that is known of one position when a cycle is planned.

    Attributes:
        position: As read in this cycle.
        rule: The rule it follows, or None: watched and never sold.
        sessions: The exchange's sessions around all its bars and beyond now.
        series: Its stored bars.
        orders: Every open order on it, whoever entered it.
        watched_from: Bars that ended up to then are not this run's to decide.
        decided: The bars that have been decided, in this run or before.
        obstacle: Why nothing may be decided on it now, or None.
        epoch: Counts how often the position has gone flat before.
        read_at: When each series was last answered, UTC; where it is not known,
            nothing is decided on a bar that still forms.
        sighting: What the account has shown of it in this run.
        unanswered: Why the latest request for a series brought no bars, where it did not.
    """

    position: Position
    rule: MovingAverageRule | None
    sessions: tuple[Session, ...]
    series: Mapping[Granularity, StoredSeries]
    orders: tuple[OpenOrder, ...]
    watched_from: datetime
    decided: frozenset[tuple[Timeframe, datetime]] = frozenset()
    obstacle: str | None = None
    epoch: int = 0
    read_at: Mapping[Granularity, datetime] = field(factory=dict)
    sighting: Sighting = field(factory=Sighting)
    unanswered: Mapping[Granularity, str] = field(factory=dict)

    @property
    def instrument(self) -> Instrument:
        """What is held."""
        return self.position.instrument


@frozen
class Snapshot:
    """
    Everything a cycle has read.

    Attributes:
        now: The instant it was read at, UTC.
        mode: Dry-run, paper or live.
        holdings: One per position.
        policy: The trader's choices.
        obstacle: Why nothing at all may be decided now, or None.
        obstacle_before: The same at the look before this one.
    """

    now: datetime
    mode: Mode
    holdings: tuple[Holding, ...]
    policy: Policy = field(factory=Policy)
    obstacle: str | None = None
    obstacle_before: str | None = None
