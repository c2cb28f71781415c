"""The connection port."""

from typing import Protocol

from attrs import frozen


@frozen
class Login:
    """
    What the broker said when we connected.

    Attributes:
        accounts: The account ids this login may see.
        server: Host, port and server version, for people.
    """

    accounts: tuple[str, ...]
    server: str


class Connection(Protocol):
    """The one line to the broker that its other ports speak over."""

    def connect(self) -> Login:
        """
        Try once; return when positions and orders can be asked for.

        Raises:
            BrokerUnavailable: one line with the cause and the way out.
        """
        ...

    def fault(self) -> str | None:
        """Return why the broker cannot be relied on right now, or None when it can."""
        ...

    def is_open(self) -> bool:
        """
        Say whether the line itself stands, whatever lies behind it.

        With a fault on an open line only the other side can mend it: waiting
        helps, connecting again does not.
        """
        ...

    def generation(self) -> int:
        """
        Return a number that rises at each loss of the line or of the server behind it.

        Whatever was read under an older number must be read again before it counts.
        """
        ...

    def close(self) -> None:
        """Hang up; safe to call twice."""
        ...
