"""Paper money or real: what an account's id and a port say of it."""

from enum import Enum


class AccountKind(Enum):
    """What kind of account orders may go to."""

    PAPER = "paper"
    LIVE = "live"

    def __str__(self) -> str:
        return self.value


API_PORTS = {
    4001: (AccountKind.LIVE, "IB Gateway, live account"),
    4002: (AccountKind.PAPER, "IB Gateway, paper account"),
    4003: (AccountKind.LIVE, "a container's IB Gateway, live account"),
    4004: (AccountKind.PAPER, "a container's IB Gateway, paper account"),
    7496: (AccountKind.LIVE, "TWS, live account"),
    7497: (AccountKind.PAPER, "TWS, paper account"),
}
"""What listens where, unless somebody has changed it; any other port says nothing."""

_PAPER_PREFIXES = ("DU", "DF")


def kind_of(account: str) -> AccountKind:
    """Return what an account's id says of its kind: DU and DF are paper, all others live."""
    return AccountKind.PAPER if account.startswith(_PAPER_PREFIXES) else AccountKind.LIVE
