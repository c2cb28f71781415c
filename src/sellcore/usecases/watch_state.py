"""What a watch remembers from one cycle to the next."""

from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import Factory, define, frozen

from sellcore.event import Event
from sellcore.instrument import Instrument
from sellcore.order import Mode, OpenOrder
from sellcore.policy import Policy
from sellcore.ports.alerts import Alerts
from sellcore.ports.assignments import AssignmentStore
from sellcore.ports.average_store import AverageStore
from sellcore.ports.bar_store import BarStore
from sellcore.ports.broker import Broker
from sellcore.ports.clock import Clock
from sellcore.ports.connection import Connection
from sellcore.ports.decision_log import DecisionLog
from sellcore.ports.market_data import MarketData
from sellcore.ports.sessions import SessionCalendar
from sellcore.position import Position
from sellcore.rule import MovingAverageRule
from sellcore.split_guard import Sighting
from sellcore.status import Levels
from sellcore.timeframe import Timeframe
from sellcore.usecases.contracts import Contracts
from sellcore.usecases.decision_state import Decisions
from sellcore.usecases.feed import Feed
from sellcore.usecases.line_state import LineState
from sellcore.usecases.selling_state import Selling, SellingState


@frozen
class Ports:
    """
    Everything outside that a watch speaks to.

    ``alerts`` is None where nobody is to be told elsewhere, ``selling`` is None in
    dry-run: such a watch has no way to send.
    """

    clock: Clock
    connection: Connection
    broker: Broker
    market_data: MarketData
    bars: BarStore
    averages: AverageStore
    assignments: AssignmentStore
    log: DecisionLog
    calendar: SessionCalendar
    emit: Callable[[Event], None]
    alerts: Alerts | None = None
    selling: Selling | None = None


@frozen
class Terms:
    """
    The choices a watch runs under.

    Attributes:
        mode: Dry-run, paper or live.
        run_id: Names this run in the audit log.
        account: The account to watch; empty where the login has only one.
        policy: When to decide and what to do at the close.
        default_rule: For holdings without an assignment, or None.
        delay: Seconds to wait before the n-th attempt (from 1) to connect again.
        until: When to end by itself, UTC, or None.
        recall: Heed what earlier runs have decided; a demonstration does not.
        outage: The broker may be out of reach for so long before a person is told.
        client_id: Under which the broker knows this program, and lets it cancel orders.
        assigns: Whether a rule given to a holding that has none is stored.
    """

    mode: Mode
    run_id: str
    account: str
    policy: Policy
    default_rule: MovingAverageRule | None
    delay: Callable[[int], float]
    until: datetime | None = None
    recall: bool = True
    outage: timedelta = timedelta(minutes=10)
    client_id: int = 1
    assigns: bool = True


@define
class WatchState:
    """
    What is known so far. Only use cases change it, one after the other.

    Attributes:
        account: The account that is watched.
        began: When the watch began, UTC.
        run_id: Names this run in the audit log.
        positions: As last read; orders alike.
        last_seen: Each holding as it was when it was last among the positions.
        sightings: What the account has shown of each holding in this run.
        contracts: What is known of each instrument.
        rules: The assigned rule per ticker.
        unclear: Tickers whose assignment cannot be used, and why: never decided.
        feed: What is known of the bars.
        quarantine: Instruments whose bars contradict each other, and how.
        decisions: What came of the bars.
        levels: The averages at the last closed bar, beside the end of the coverage
            they were computed at; kept until that moves.
        told: Alerts that were given already, by what they are about.
        obstacle: Why nothing may be decided now, or None.
        clock_fault: Why our clock cannot be relied on, or None.
        line: What is known of the line.
        selling: What is known of selling.
    """

    account: str
    began: datetime
    run_id: str = ""
    positions: tuple[Position, ...] = ()
    orders: tuple[OpenOrder, ...] = ()
    last_seen: dict[Instrument, Position] = Factory(dict)
    sightings: dict[Instrument, Sighting] = Factory(dict)
    contracts: Contracts = Factory(Contracts)
    rules: dict[str, MovingAverageRule] = Factory(dict)
    unclear: dict[str, str] = Factory(dict)
    feed: Feed = Factory(Feed)
    quarantine: dict[Instrument, str] = Factory(dict)
    decisions: Decisions = Factory(Decisions)
    levels: dict[tuple[Instrument, Timeframe], tuple[int, Levels]] = Factory(dict)
    told: dict[str, str] = Factory(dict)
    obstacle: str | None = None
    clock_fault: str | None = None
    line: LineState = Factory(LineState)
    selling: SellingState = Factory(SellingState)
