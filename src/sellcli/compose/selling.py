"""
A watch that may sell, put together. Orders can leave only through what is wired here.

Nothing is wired before every key to it has been shown and all of them agree.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import evolve

from sellcli.compose.files import kill_switch
from sellcli.compose.watch import Wiring
from sellcli.settings import Settings
from sellcore.errors import Denied

if TYPE_CHECKING:
    from sellcore.order import Mode
    from sellcore.ports.connection import Login
    from sellcore.selling.arming import Arming, Keys

JOURNAL = "journal.db"


@contextmanager
def selling(
    wiring: Wiring,
    settings: Settings,
    *,
    until: Callable[[datetime], datetime] | None,
    ask: Callable[[str], str] | None,
) -> Iterator[tuple[Wiring, "Login"]]:
    """
    Give a watch what it needs to sell, once it is armed, and take it away at the end.

    Args:
        wiring: The watch, which has no way to send yet.
        settings: Which account, and within which limits.
        until: When it disarms itself, from the present; None where nobody said.
        ask: Asks a person to type an account's id; None where there is nobody.

    Yields:
        The watch that may sell, and the login it was armed with.

    Raises:
        Denied: a key is missing or does not agree; all reasons.
        BrokerUnavailable: the broker could not be reached.
        StorageError: another process sells for that account, or the journal
            cannot be used.
    """
    arming, login = _arming(wiring, settings, until, ask)
    with equipped(wiring, settings, arming.mode, arming.account, arming) as armed:
        yield armed, login


@contextmanager
def equipped(
    wiring: Wiring,
    settings: Settings,
    mode: "Mode",
    account: str,
    arming: "Arming | None",
) -> Iterator[Wiring]:
    """
    Add journal, order entry and all else that selling needs; unarmed, every check denies.

    Raises:
        AnotherRuns: another process has the account, from this state folder or any other.
        StorageError: the journal, or a lock, cannot be used.
    """
    from adapters.ib.order_entry import IBOrderEntry
    from adapters.ib.quotes import IBQuotes
    from adapters.ib.witness import IBWitness
    from adapters.instance_lock import InstanceLock, folder_of_gateway
    from adapters.sqlite.journal import SqliteJournal
    from sellcore.usecases.selling_state import Selling

    now = wiring.ports.clock.now()
    with (
        ExitStack() as locks,
        InstanceLock(wiring.state_dir, mode, account, now) as lock,
        closing(SqliteJournal(lock.folder / JOURNAL, mode, account)) as journal,
    ):
        if wiring.gateway is not None:  # from two folders, the same shares would be sold twice
            elsewhere = folder_of_gateway(wiring.gateway)
            locks.enter_context(InstanceLock(elsewhere, mode, account, now))
        selling = Selling(
            journal=journal,
            entry=IBOrderEntry(wiring.connection),
            witness=IBWitness(wiring.connection),
            quotes=IBQuotes(wiring.connection),
            kill_switch=kill_switch(settings),
            policy=settings.selling_policy(),
            arming=arming,
        )
        ports = evolve(wiring.ports, selling=selling)
        terms = evolve(wiring.terms, mode=mode, account=account)
        yield evolve(wiring, ports=ports, terms=terms)


def _arming(
    wiring: Wiring,
    settings: Settings,
    until: Callable[[datetime], datetime] | None,
    ask: Callable[[str], str] | None,
) -> "tuple[Arming, Login]":
    """Show every key: first those that need no broker and no person, so that nobody is bothered."""
    from sellcore.selling.arming import Keys

    now = wiring.ports.clock.now()
    somebody = ask is not None and until is None
    keys = Keys(
        account=settings.live_account,
        kind=settings.live_kind,
        variable=os.environ.get("SELLCLI_ARM", ""),
        login_account=settings.live_account,
        port=wiring.port,
        typed=settings.live_account if somebody else None,
        until=None if until is None else until(now),
    )
    _armed(keys, now)
    login = wiring.connection.connect()
    if settings.live_account not in login.accounts:
        keys = evolve(keys, login_account=", ".join(login.accounts))
    arming = _armed(keys, now)
    if ask is None or not somebody:
        return arming, login
    return _armed(evolve(keys, typed=ask(arming.account).strip()), now), login


def _armed(keys: "Keys", now: datetime) -> "Arming":
    from sellcore.selling.arming import NotArmed, arm

    answer = arm(keys, now)
    if isinstance(answer, NotArmed):
        raise Denied("; ".join(answer.reasons))
    return answer
