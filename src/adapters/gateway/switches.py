"""Which faults are on right now, and who is told when one begins or ends."""

from collections.abc import Callable, Sequence
from datetime import datetime

from attrs import define, field

from adapters.gateway.fault_table import HELP
from adapters.gateway.faults import Fault, FaultKind

FaultListener = Callable[[Fault], None]


@define
class Switches:
    """
    The faults of a scenario as time passes; handlers look here.

    Attributes:
        read_only: Orders are refused with 321, by the scenario or by a fault.
    """

    read_only: bool = False
    _always_read_only: bool = False
    _waiting: list[Fault] = field(factory=list)
    _active: list[Fault] = field(factory=list)
    _begins: dict[FaultKind, list[FaultListener]] = field(factory=dict)
    _ends: dict[FaultKind, list[FaultListener]] = field(factory=dict)

    @classmethod
    def of(cls, faults: Sequence[Fault], *, read_only: bool = False) -> "Switches":
        """Start with everything in order, and these faults to come."""
        waiting = sorted(faults, key=lambda fault: fault.at)
        return cls(read_only=read_only, always_read_only=read_only, waiting=waiting)

    def on(self, kind: FaultKind, ticker: str | None = None) -> Fault | None:
        """Return the fault of this kind that is on for this ticker, the latest one."""
        for fault in reversed(self._active):
            if fault.kind is kind and fault.concerns(ticker):
                return fault
        return None

    def active(self, kind: FaultKind) -> list[Fault]:
        """Return every fault of this kind that is on, whatever it concerns."""
        return [fault for fault in self._active if fault.kind is kind]

    def when_begins(self, kind: FaultKind, listener: FaultListener) -> None:
        """Call ``listener(fault)`` as a fault of this kind begins."""
        self._begins.setdefault(kind, []).append(listener)

    def when_ends(self, kind: FaultKind, listener: FaultListener) -> None:
        """Call ``listener(fault)`` as a fault of this kind ends."""
        self._ends.setdefault(kind, []).append(listener)

    def end(self, kind: FaultKind) -> None:
        """End the faults of this kind without telling anybody."""
        self._active = [fault for fault in self._active if fault.kind is not kind]
        self._refresh()

    def advance(self, now: datetime) -> None:
        """Begin and end what is due at ``now``, in order of time; ends come first."""
        while (due := self._next_due(now)) is not None:
            fault, begins = due
            if begins:
                self._waiting.remove(fault)
                if not HELP[fault.kind].once:
                    self._active.append(fault)
            else:
                self._active.remove(fault)
            self._refresh()
            for listener in (self._begins if begins else self._ends).get(fault.kind, []):
                listener(fault)

    def _next_due(self, now: datetime) -> tuple[Fault, bool] | None:
        """Return the next fault to end or to begin by ``now``, and whether it begins."""
        events = [(f.until, False, f) for f in self._active if f.until is not None]
        events += [(f.at, True, f) for f in self._waiting[:1]]
        due = [event for event in events if event[0] <= now]
        if not due:
            return None
        _, begins, fault = min(due, key=lambda event: event[:2])
        return fault, begins

    def _refresh(self) -> None:
        under_fault = any(fault.kind is FaultKind.READ_ONLY for fault in self._active)
        self.read_only = self._always_read_only or under_fault
