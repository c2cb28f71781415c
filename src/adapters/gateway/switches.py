"""Which faults are on right now, and who is told when one begins or ends."""

from collections.abc import Callable, Sequence
from datetime import datetime

from attrs import define, field

from adapters.gateway.fault_table import HELP
from adapters.gateway.faults import Fault, FaultKind
from sellcore.instant import utc

FaultListener = Callable[[Fault], None]


@define
class Switches:
    """
    The faults of a scenario as time passes; handlers look here.

    The plain attributes are what orders need to know; everything else asks
    ``on(kind, ticker)``. A test may set them by hand.

    Attributes:
        read_only: Orders are refused with 321.
        silent_orders: No answer to an order; accepted says whether it works.
        partial_fills: In how many parts an order fills; 0 or 1: at once.
        late_commission: Simulated seconds that a commission report is late.
        reject_reason: Orders draw 201 with this text; empty: they do not.
    """

    read_only: bool = False
    silent_orders: bool = False
    silent_orders_accepted: bool = True
    skip_status: bool = False
    duplicate_status: bool = False
    exec_before_open: bool = False
    partial_fills: int = 0
    late_commission: float = 0.0
    exec_correction: bool = False
    fill_on_cancel: bool = False
    reject_reason: str = ""
    hold_399: bool = False
    tif_10349: bool = False
    cancel_10147: bool = False
    cancel_10148: bool = False
    warn_2137: bool = False
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

    def all_on(self, kind: FaultKind, ticker: str | None = None) -> list[Fault]:
        """Return every fault of this kind that is on for this ticker."""
        return [f for f in self._active if f.kind is kind and f.concerns(ticker)]

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
        """Begin and end what is due at ``now``, in order of time."""
        while self._waiting and utc(self._waiting[0].at) <= now:
            fault = self._waiting.pop(0)
            if not HELP[fault.kind].once:
                self._active.append(fault)
                self._refresh()
            for listener in self._begins.get(fault.kind, []):
                listener(fault)
        for fault in [f for f in self._active if f.until is not None and utc(f.until) <= now]:
            self._active.remove(fault)
            self._refresh()
            for listener in self._ends.get(fault.kind, []):
                listener(fault)

    def _refresh(self) -> None:
        self.read_only = self._always_read_only or self._is_on(FaultKind.READ_ONLY)
        silent = self.on(FaultKind.SILENT_ORDERS)
        self.silent_orders = silent is not None
        self.silent_orders_accepted = silent is None or silent.flag("accepted")
        self.skip_status = self._is_on(FaultKind.SKIP_STATUS)
        self.duplicate_status = self._is_on(FaultKind.DUPLICATE_STATUS)
        self.exec_before_open = self._is_on(FaultKind.EXEC_BEFORE_OPEN)
        parts = self.on(FaultKind.PARTIAL_FILLS)
        self.partial_fills = int(parts.number("parts")) if parts else 0
        late = self.on(FaultKind.LATE_COMMISSION)
        self.late_commission = late.number("seconds") if late else 0.0
        self.exec_correction = self._is_on(FaultKind.EXEC_CORRECTION)
        self.fill_on_cancel = self._is_on(FaultKind.FILL_ON_CANCEL)
        reject = self.on(FaultKind.REJECT_ORDERS)
        self.reject_reason = reject.text("reason") if reject else ""
        self.hold_399 = self._is_on(FaultKind.HOLD_399)
        self.tif_10349 = self._is_on(FaultKind.TIF_10349)
        self.cancel_10147 = self._is_on(FaultKind.CANCEL_10147)
        self.cancel_10148 = self._is_on(FaultKind.CANCEL_10148)
        self.warn_2137 = self._is_on(FaultKind.WARN_2137)

    def _is_on(self, kind: FaultKind) -> bool:
        return any(fault.kind is kind for fault in self._active)
