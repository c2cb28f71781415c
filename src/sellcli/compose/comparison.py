"""Comparing journal and broker by hand, and settling what only a person can."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from sellcli.compose.record import journal, selling_account
from sellcli.compose.selling import equipped
from sellcli.compose.watch import wired
from sellcli.settings import Settings
from sellcore.errors import AnotherRuns, ConfigError

if TYPE_CHECKING:
    from sellcore.event import Event
    from sellcore.order import Mode, OpenOrder
    from sellcore.selling.intent_record import IntentRecord
    from sellcore.usecases.reconcile import Reconciliation
    from sellcore.usecases.selling_state import Selling
    from sellcore.usecases.watch_state import Ports, WatchState


_AGAIN = timedelta(seconds=2)
"""Between two looks for an order that may still appear."""


@frozen
class Compared:
    """
    What a comparison came to.

    Attributes:
        records: The intents that are open after it, and those it has just ended.
        strays: Open orders with our reference that no intent explains.
        note: Why the broker was not asked, or None where it was.
    """

    records: "tuple[IntentRecord, ...]"
    strays: "tuple[OpenOrder, ...]" = ()
    note: str | None = None


def compare(settings: Settings, say: Callable[[str], None]) -> Compared:
    """
    Compare journal and broker, and store what is proven; nothing is changed at the broker.

    While a watch runs, which compares them itself, only the journal is shown.
    An order that is in no list yet is looked for until its absence is proof.

    Args:
        settings: Which account, and where its broker is.
        say: Told, in one line, why it takes long.

    Raises:
        ConfigError: the settings name no account to sell from.
        BrokerUnavailable: the broker did not answer in full.
        StorageError: the journal cannot be used.
    """
    from sellcore.usecases.account import choose_account
    from sellcore.usecases.watch_state import WatchState

    mode, account = selling_account(settings)
    try:
        with (
            wired(settings, None, _silent) as wiring,
            equipped(wiring, settings, mode, account, None) as ready,
        ):
            ports, selling = ready.ports, ready.ports.selling
            assert selling is not None  # noqa: S101 - it has just been equipped with it
            before = selling.journal.open_intents()
            choose_account(ports.connection.connect(), account)
            state = WatchState(account, ports.clock.now(), ready.terms.run_id)
            found = _in_the_end(ports, selling, state, say)
            ids = {record.intent_id for record in before}
            after = [r for r in selling.journal.intents() if r.intent_id in ids]
            return Compared(tuple(after), found.strays)
    except AnotherRuns as error:
        return Compared(_on_record(settings, mode, account), note=str(error))


def _in_the_end(
    ports: "Ports", selling: "Selling", state: "WatchState", say: Callable[[str], None]
) -> "Reconciliation":
    """Compare again and again while an order may still appear, and once behind that."""
    from sellcore.selling.testimony import PATIENCE
    from sellcore.usecases.reconcile import reconcile

    found, clock = reconcile(ports, selling, state), ports.clock
    until = clock.now() + PATIENCE + _AGAIN
    if found.early:
        say(f"an order is in no list of the broker's yet; looking for {PATIENCE.seconds} seconds")
    while found.early and clock.now() < until:
        clock.sleep_until(clock.now() + _AGAIN)
        found = reconcile(ports, selling, state)
    return found


def _on_record(settings: Settings, mode: "Mode", account: str) -> "tuple[IntentRecord, ...]":
    found = journal(settings, mode, account)
    if found is None:
        return ()
    with closing(found):
        return tuple(found.open_intents())


def settle_by_hand(settings: Settings, intent: str, why: str) -> "IntentRecord":
    """
    End an intent of which nobody else can say what became, by a person's word.

    Args:
        settings: Which account.
        intent: Its id, or the beginning of it that no other has.
        why: What the person saw; kept in the journal.

    Raises:
        ConfigError: there is no such intent, or more than one, or it is not unknown.
    """
    from adapters.clocks import SystemClock
    from sellcore.selling.intent_record import moved
    from sellcore.selling.lifecycle import Happening, State

    mode, account = selling_account(settings)
    found = journal(settings, mode, account)
    if found is None:
        raise ConfigError(f"no order was ever sent for {account} in {mode} mode; nothing to settle")
    with closing(found):
        fitting = [r for r in found.open_intents() if r.intent_id.startswith(intent)]
        if len(fitting) != 1:
            known = ", ".join(r.intent_id for r in found.open_intents()) or "none"
            raise ConfigError(f"{len(fitting)} open intents begin with {intent!r}; open: {known}")
        if fitting[0].state is not State.UNKNOWN:
            raise ConfigError(
                f"intent {fitting[0].intent_id} is {fitting[0].state}: only one that is unknown is "
                "settled by hand; sellcli reconcile compares it with the broker"
            )
        move = moved(fitting[0], Happening.SETTLED, SystemClock().now(), f"settled by hand: {why}")
        found.record([move])
        return move.record


def _silent(event: "Event") -> None:
    """Show nothing: the answer is shown when it is whole."""
