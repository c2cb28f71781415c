"""What all connections of the simulated gateway share."""

from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import define, field

from adapters.gateway.bar_files import list_folder
from adapters.gateway.clients import Client
from adapters.gateway.faults import FaultKind
from adapters.gateway.listings import Listings
from adapters.gateway.scenario import Scenario
from adapters.gateway.switches import Switches
from adapters.gateway.tape import Tape
from sellcore.ports.clock import Clock
from sellcore.ports.sessions import SessionCalendar

Advance = Callable[[datetime], None]


@define
class World:
    """
    The state behind every connection; touched on the event loop's thread only.

    Attributes:
        scenario: What it started from.
        clock: Simulated or running time.
        listings: The contracts that are known.
        tape: Their prices.
        switches: Which faults are on.
        clients: Connected clients by client id.
    """

    scenario: Scenario
    clock: Clock
    listings: Listings
    tape: Tape
    switches: Switches
    clients: dict[int, Client] = field(factory=dict)
    _listeners: list[Advance] = field(factory=list)

    @classmethod
    def of(cls, scenario: Scenario, clock: Clock, calendar: SessionCalendar) -> "World":
        """
        Set the world up.

        Raises:
            ConfigError: the data folder or a file in it cannot be used.
        """
        files = [] if scenario.data is None else list_folder(scenario.data)
        listings = Listings.of(scenario, [file.ticker for file in files], calendar)
        tape = Tape.of(scenario, listings, files)
        switches = Switches.of(scenario.faults, read_only=scenario.read_only)
        switches.when_begins(FaultKind.SPLIT, tape.split)
        switches.when_begins(FaultKind.HALTED, tape.halt)
        return cls(scenario, clock, listings, tape, switches)

    def on_advance(self, listener: Advance) -> None:
        """Call ``listener(now)`` whenever time has moved, in the order of registration."""
        self._listeners.append(listener)

    def advance(self, now: datetime) -> None:
        """Let everything happen that is due at ``now``: faults first, then the listeners."""
        self.switches.advance(now)
        for listener in self._listeners:
            listener(now)

    def told_time(self) -> datetime:
        """Return the time that clients are told, which may be skewed."""
        skew = self.switches.on(FaultKind.CLOCK_SKEW)
        off = timedelta(seconds=skew.number("seconds")) if skew else timedelta()
        return self.clock.now() + off

    def notify(self, code: int, text: str) -> None:
        """Send a system message to every client."""
        for client in list(self.clients.values()):
            client.error(-1, code, text)
