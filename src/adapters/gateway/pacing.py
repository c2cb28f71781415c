"""Pacing of historical requests, as the broker states it for bars of 30 seconds or less."""

from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final

from attrs import define, field

from adapters.gateway.bar_sizes import BarSize
from adapters.gateway.faults import FaultKind
from adapters.gateway.history_request import HistoryRequest, Show
from adapters.gateway.refused import Refused
from adapters.gateway.switches import Switches

MOST_OPEN: Final = 50
"""Historical requests that may be open at a time, live ones included."""

_IDENTICAL, _BURST, _LONG = 15.0, 2.0, 600.0
_MOST_IN_BURST, _MOST_IN_LONG = 6, 60
"""Seconds, and how many requests within them: 6 of one contract in 2 s, 60 in 10 minutes."""

_SMALL: Final = frozenset(
    {
        BarSize.SECOND,
        BarSize.SECONDS_5,
        BarSize.SECONDS_10,
        BarSize.SECONDS_15,
        BarSize.SECONDS_30,
    }
)

VIOLATION: Final = (
    "Historical Market Data Service error message:Historical data request pacing violation"
)


@define
class Pacing:
    """
    What one client has asked lately, on the wall clock.

    Requests for bars of a minute and more are counted by the fault only.
    """

    _switches: Switches
    _wall: Callable[[], float] = monotonic
    _asked: deque[tuple[float, tuple[object, ...], tuple[object, ...], int]] = field(factory=deque)
    _seen: int = 0

    def check(self, request: HistoryRequest) -> None:
        """
        Count a request in.

        Raises:
            Refused: 162, it came too fast.
        """
        self._fault()
        if request.size not in _SMALL:
            return
        now = self._wall()
        while self._asked and now - self._asked[0][0] > _LONG:
            self._asked.popleft()
        whole, same = _identity(request), (request.contract, request.show)
        weight = 2 if request.show is Show.BID_ASK else 1
        lately = [entry for entry in self._asked if now - entry[0] < _BURST and entry[2] == same]
        too_fast = (
            any(entry[1] == whole and now - entry[0] < _IDENTICAL for entry in self._asked)
            or sum(entry[3] for entry in lately) + weight >= _MOST_IN_BURST
            or sum(entry[3] for entry in self._asked) + weight > _MOST_IN_LONG
        )
        self._asked.append((now, whole, same, weight))
        if too_fast:
            raise Refused(162, VIOLATION)

    def _fault(self) -> None:
        fault = self._switches.on(FaultKind.PACING_ERRORS)
        if fault is None:
            return
        self._seen += 1
        if self._seen % max(int(fault.number("every")), 1) == 0:
            raise Refused(162, VIOLATION)


def _identity(request: HistoryRequest) -> tuple[object, ...]:
    return (
        *(request.contract, request.end, request.size, request.count, request.unit),
        *(request.regular, request.show, request.date_format, request.live),
    )
