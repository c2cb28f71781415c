"""Keeping the line to the broker: connect, notice its loss, try again with patience."""

from datetime import timedelta

from sellcore.errors import BrokerUnavailable
from sellcore.event import Connected, Retrying
from sellcore.ports.connection import Login
from sellcore.usecases.account import choose_account, tell
from sellcore.usecases.watch_state import Ports, Terms, WatchState

SKEW_WARN = timedelta(seconds=2)
"""A clock this far from the broker's is worth a line."""

SKEW_BLOCK = timedelta(seconds=10)
"""A clock this far from the broker's decides nothing."""


def hold_line(ports: Ports, state: WatchState, terms: Terms) -> bool:
    """
    Return whether the broker can be relied on now; try to connect where it is time to.

    While it cannot, ``state.obstacle`` says why and ``state.retry_at`` when the
    next attempt is due.
    """
    now = ports.clock.now()
    fault = ports.connection.fault()
    if fault is None:
        state.attempts, state.retry_at = 0, None
        return True
    if state.retry_at is not None and now < state.retry_at:
        return False
    try:
        login = ports.connection.connect()
    except BrokerUnavailable as error:
        state.obstacle = str(error)
        state.attempts += 1
        state.retry_at = now + timedelta(seconds=terms.delay(state.attempts))
        ports.emit(Retrying(now, str(error), state.retry_at))
        return False
    state.attempts, state.retry_at = 0, None
    connected(ports, state, terms, login)
    return True


def connected(ports: Ports, state: WatchState, terms: Terms, login: Login) -> None:
    """Settle which account is watched, and tell."""
    state.account = choose_account(login, terms.account)
    ports.emit(Connected(ports.clock.now(), login.server, state.account, terms.mode))


def compare_clocks(ports: Ports, state: WatchState) -> str | None:
    """Return why our clock forbids to decide, or None; warn where it only drifts."""
    skew = ports.clock.now() - ports.broker.server_time()
    if abs(skew) < SKEW_WARN + timedelta(seconds=1):  # the broker tells whole seconds
        state.told.pop("clock", None)
        return None
    seconds = skew.total_seconds()
    text = (
        f"this clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} the broker's"
    )
    if abs(skew) > SKEW_BLOCK:
        return f"{text}; nothing is decided until they agree: synchronise it (NTP)"
    tell(ports, state, "clock", f"{text}; synchronise it (NTP)")
    return None
