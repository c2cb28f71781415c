"""A broker that is told what it holds: the connection and the broker port, without a socket."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sellcore.contract import ContractDetails, NoDetails
from sellcore.errors import BrokerUnavailable
from sellcore.instrument import Instrument
from sellcore.order import OpenOrder
from sellcore.ports.clock import Clock
from sellcore.ports.connection import Login
from sellcore.position import Position

NOT_CONNECTED = "not connected"


class FakeBroker:
    """
    Plays the account and the line to it, for tests and for trying things out.

    It answers in the caller's thread, from what it was last told. Drive it with
    ``hold``, ``work``, ``finish`` and ``describe``; make it fail with ``drop``,
    ``lose_servers``, ``refuse_logins`` and ``fall_silent``.
    """

    def __init__(self, clock: Clock, accounts: Sequence[str] = ("DU0000001",)) -> None:
        """
        Start flat, reachable and not connected.

        Args:
            clock: Whose time is the broker's own.
            accounts: What the login may see.
        """
        self._clock = clock
        self._accounts = tuple(accounts)
        self._positions: dict[tuple[str, Instrument], Position] = {}
        self._orders: dict[int, OpenOrder] = {}
        self._details: dict[Instrument, ContractDetails] = {}
        self._refusal: str | None = None
        self._silent = False
        self._fault: str | None = NOT_CONNECTED
        self._open = False
        self._generation = 0

    # What a test tells it.

    def hold(self, position: Position) -> None:
        """Make ``position`` what its account holds of its instrument; 0 takes it away."""
        key = (position.account, position.instrument)
        self._positions[key] = position
        if not position.quantity:
            del self._positions[key]

    def work(self, order: OpenOrder) -> None:
        """Have ``order`` work, in place of the one with its permanent id."""
        self._orders[order.perm_id] = order

    def finish(self, perm_id: int) -> None:
        """End an order; a quantity that it filled is told with ``hold``."""
        del self._orders[perm_id]

    def describe(self, details: ContractDetails) -> None:
        """Know this contract."""
        self._details[details.instrument] = details

    def drop(self, why: str = "the gateway closed the connection") -> None:
        """Lose the line."""
        self._lose(why)

    def lose_servers(self) -> None:
        """Lose the servers behind the gateway; the line stays."""
        self._lose("the gateway lost the broker's servers", line=True)

    def restore_servers(self, *, data_lost: bool = False) -> None:
        """Find the servers again; ``data_lost`` is a loss of its own."""
        self._fault = None
        self._generation += data_lost

    def refuse_logins(self, why: str | None) -> None:
        """Refuse every ``connect`` for this reason, until told None."""
        self._refusal = why

    def fall_silent(self, silent: bool = True) -> None:
        """Answer nothing any more: every reading takes the line down, as no answer does."""
        self._silent = silent

    # What goes on behind the line, for whoever plays it.

    def reach(self, what: str) -> None:
        """Return if the broker can be asked for ``what`` now; else raise BrokerUnavailable."""
        if self._silent and self._fault is None:
            self._lose(f"{what}: no complete answer")
        if self._fault is not None:
            raise BrokerUnavailable(self._fault)

    def held(self, account: str, con_id: int) -> Position | None:
        """Return what an account truly holds of a contract, None for nothing."""
        found = (p for (a, i), p in self._positions.items() if (a, i.con_id) == (account, con_id))
        return next(found, None)

    def working(self) -> Sequence[OpenOrder]:
        """Return the orders that truly work."""
        return tuple(self._orders.values())

    # The connection port.

    def connect(self) -> Login:
        """Return the accounts of this login; raises BrokerUnavailable as told."""
        self.close()
        if self._refusal is not None:
            raise BrokerUnavailable(self._refusal)
        self._fault, self._open = None, True
        return Login(self._accounts, "fake broker")

    def fault(self) -> str | None:
        """Return why the broker cannot be relied on right now, or None when it can."""
        return self._fault

    def is_open(self) -> bool:
        """Say whether the line itself stands, whatever lies behind it."""
        return self._open

    def generation(self) -> int:
        """Return a number that rises at each loss."""
        return self._generation

    def close(self) -> None:
        """Hang up; safe to call twice."""
        self._lose(NOT_CONNECTED)

    # The broker port.

    def positions(self) -> Sequence[Position]:
        """Return what was told to ``hold``; raises BrokerUnavailable while there is a fault."""
        self.reach("positions")
        return tuple(self._positions.values())

    def open_orders(self) -> Sequence[OpenOrder]:
        """Return what was told to ``work``; raises BrokerUnavailable while there is a fault."""
        self.reach("open orders")
        return self.working()

    def details(
        self, instruments: Sequence[Instrument]
    ) -> Mapping[Instrument, ContractDetails | NoDetails]:
        """Return what was told to ``describe``; raises BrokerUnavailable while there is a fault."""
        self.reach("contract details")
        unknown = "the broker knows no contract with this id"
        return {
            asked: self._details.get(asked) or NoDetails(asked, unknown) for asked in instruments
        }

    def server_time(self) -> datetime:
        """Return the clock's time, to the second; raises BrokerUnavailable while faulty."""
        self.reach("server time")
        return self._clock.now().replace(microsecond=0)

    def _lose(self, why: str, *, line: bool = False) -> None:
        """Lose what lies behind the line, or the line as well unless it stays."""
        self._generation += self._fault is None
        self._fault, self._open = why, line and self._open
