"""Arming: the keys that must all agree before an order may leave the house."""

from collections.abc import Iterator
from datetime import datetime

from attrs import field, frozen
from attrs.converters import optional

from sellcore.instant import iso, utc
from sellcore.order import Mode
from sellcore.selling.account_kind import API_PORTS, AccountKind, kind_of


@frozen
class Keys:
    """
    What was presented in order to send.

    Attributes:
        account: The account of the settings, ``[live] account``; may be empty.
        kind: The kind of the settings, ``[live] kind``.
        variable: What SELLCLI_ARM holds; empty where it is not set. Never shown.
        login_account: The account that this login would sell from.
        port: The port that is connected to.
        typed: What was typed when the account id was asked for; None where
            nobody was asked.
        until: When it is to disarm itself, UTC; None for the end of the process.
    """

    account: str
    kind: AccountKind | None
    variable: str = field(repr=False)
    login_account: str
    port: int
    typed: str | None = None
    until: datetime | None = field(default=None, converter=optional(utc))


@frozen
class Arming:
    """
    Leave to send orders.

    Attributes:
        account: To this account and no other.
        kind: What kind of account that is.
        until: No longer than this, UTC; None for the end of the process.
    """

    account: str
    kind: AccountKind
    until: datetime | None = field(default=None, converter=optional(utc))

    @property
    def mode(self) -> Mode:
        """The mode in which everything is recorded."""
        return Mode(self.kind.value)

    def armed(self, now: datetime) -> bool:
        """Return whether orders may still be sent at ``now``."""
        return self.until is None or utc(now) < self.until


@frozen
class NotArmed:
    """
    No leave to send.

    Attributes:
        reasons: Every one of them, each with the way out.
    """

    reasons: tuple[str, ...]


def arm(keys: Keys, now: datetime) -> Arming | NotArmed:
    """
    Return leave to send where every key is there and all agree, else all reasons.

    What was typed, or ``until``, is the person's own key: one of them must be
    there, and what was typed must be right even beside ``until``.
    """
    reasons = (*_account(keys), *_kind(keys), *_port(keys), *_person(keys, utc(now)))
    if keys.kind is None or reasons:
        return NotArmed(reasons)
    return Arming(keys.account, keys.kind, keys.until)


def _account(keys: Keys) -> Iterator[str]:
    if not keys.account:
        yield "no account is named; set account in [live] of the settings"
    elif keys.account != keys.login_account:
        yield (
            f"the settings name account {keys.account!r} and this login sells from "
            f"{keys.login_account!r}; correct [live] account, or log in to the other"
        )
    wanted = keys.account or keys.login_account
    if not keys.variable:
        yield f"SELLCLI_ARM is not set; set it to the account id{wanted and f', {wanted!r}'}"
    elif wanted and keys.variable != wanted:
        yield f"SELLCLI_ARM holds another text than the account id; set it to {wanted!r}"


def _kind(keys: Keys) -> Iterator[str]:
    account = keys.account or keys.login_account
    if keys.kind is None:
        yield "no kind of account is named; set kind in [live] to 'paper' or 'live'"
    elif keys.kind is not kind_of(account):
        yield (
            f"the settings say {keys.kind} and {account!r} is a {kind_of(account)} account by its "
            "first letters; correct kind or account in [live]"
        )


def _port(keys: Keys) -> Iterator[str]:
    account = keys.account or keys.login_account
    known = API_PORTS.get(keys.port)
    if known is not None and known[0] is not kind_of(account):
        fitting = ", ".join(
            str(p) for p, (kind, _) in API_PORTS.items() if kind is kind_of(account)
        )
        yield (
            f"port {keys.port} is {known[1]}, and {account!r} is a {kind_of(account)} account; "
            f"connect with --port to its own, usually one of {fitting}"
        )


def _person(keys: Keys, now: datetime) -> Iterator[str]:
    wanted = keys.account or keys.login_account
    if keys.typed is None and keys.until is None:
        yield (
            "nobody typed the account id; start it on a terminal, or give --arm-until HH:MM "
            "for a run without one"
        )
    elif keys.typed is not None and keys.typed != wanted:
        yield f"what was typed is not the account id; type {wanted!r}"
    if keys.until is not None and keys.until <= now:
        yield f"--arm-until has passed at {iso(keys.until)}; give a later time of today"
