"""Keeping the line to the broker: connect, notice its loss, try again with patience."""

from datetime import timedelta

from sellcore.errors import BrokerUnavailable, ConfigError
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
        state.retry_at = None
        return True
    if ports.connection.is_open():
        # The gateway has lost the broker behind it: it will say so when that is over,
        # and connecting to it once more would not bring that about.
        state.obstacle, state.retry_at = fault, None
        tell(ports, state, "broker", fault)
        return False
    if state.retry_at is not None and now < state.retry_at:
        return False
    try:
        connected(ports, state, terms, ports.connection.connect())
    except (BrokerUnavailable, ConfigError) as error:
        try_later(ports, state, terms, str(error))
        return False
    state.retry_at = None
    return True


def try_later(ports: Ports, state: WatchState, terms: Terms, reason: str) -> None:
    """Decide nothing meanwhile, and connect again after a wait that grows with each attempt."""
    now = ports.clock.now()
    state.obstacle = reason
    state.attempts += 1
    state.retry_at = now + timedelta(seconds=terms.delay(state.attempts))
    ports.emit(Retrying(now, reason, state.retry_at))


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
