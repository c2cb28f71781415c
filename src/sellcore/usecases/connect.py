"""Keeping the line to the broker: connect, notice its loss, try again with patience."""

from datetime import timedelta

from sellcore.errors import BrokerUnavailable, ConfigError
from sellcore.event import Alert, Connected, Retrying
from sellcore.policy import SKEW_BLOCK, SKEW_WARN
from sellcore.ports.connection import Login
from sellcore.usecases.account import choose_account
from sellcore.usecases.skew import clock_skew
from sellcore.usecases.tell import tell
from sellcore.usecases.watch_state import Ports, Terms, WatchState

LONGEST_WAIT = timedelta(minutes=15)
"""
No attempt to connect is put off for longer, though the clock be set back meanwhile; nor
is a gateway waited for that does not say whether it has found the broker again.
"""


def hold_line(ports: Ports, state: WatchState, terms: Terms) -> bool:
    """
    Return whether the broker can be relied on now; try to connect where it is time to.

    While it cannot, ``state.obstacle`` says why and ``state.line.retry_at`` when the
    next attempt is due.
    """
    now, line = ports.clock.now(), state.line
    fault = ports.connection.fault()
    if fault is None:
        line.retry_at = line.servers_lost_at = None
        return True
    if ports.connection.is_open():
        # The gateway has lost the broker behind it: it will say so when that is over,
        # and connecting to it once more would not bring that about.
        state.obstacle, line.retry_at = fault, None
        tell(ports, state, "broker", fault)
        since = line.servers_lost_at = line.servers_lost_at or now
        if abs(now - since) < LONGEST_WAIT:
            return False
        line.servers_lost_at = None  # it may have said so, and nobody have heard it
    if line.retry_at is not None and now < line.retry_at <= now + LONGEST_WAIT:
        return False
    try:
        connected(ports, state, terms, ports.connection.connect())
    except (BrokerUnavailable, ConfigError) as error:
        ports.connection.close()  # a login to another account must not pass for a line
        try_later(ports, state, terms, str(error))
        return False
    line.retry_at = None
    return True


def try_later(ports: Ports, state: WatchState, terms: Terms, reason: str) -> None:
    """Decide nothing meanwhile, and connect again after a wait that grows with each attempt."""
    now, line = ports.clock.now(), state.line
    state.obstacle = reason
    line.attempts += 1
    line.retry_at = now + timedelta(seconds=terms.delay(line.attempts))
    ports.emit(Retrying(now, reason, line.retry_at))


def connected(ports: Ports, state: WatchState, terms: Terms, login: Login) -> None:
    """Settle which account is watched, once and for all, and tell."""
    state.account = choose_account(login, state.account or terms.account)
    ports.emit(Connected(ports.clock.now(), login.server, state.account, terms.mode))


def compare_clocks(ports: Ports, state: WatchState) -> str | None:
    """
    Return why our clock forbids to decide, or None; warn where it only drifts.

    Each of the two is told once, until the clocks agree again.
    """
    skew = clock_skew(ports)
    if abs(skew) < SKEW_WARN:
        state.told.pop("clock", None)
    if abs(skew) < SKEW_WARN + timedelta(seconds=1):  # the broker tells whole seconds
        return None
    ahead = "ahead of" if skew > timedelta(0) else "behind"
    text = f"this clock is {abs(skew.total_seconds()):.0f} s {ahead} the broker's"
    wrong = abs(skew) > SKEW_BLOCK
    advice = "; nothing is decided until they agree: synchronise it (NTP)"
    text += advice if wrong else "; synchronise it (NTP)"
    grade = "wrong" if wrong else "drifts"
    if state.told.get("clock") != grade:  # the seconds differ at every reading
        state.told["clock"] = grade
        ports.emit(Alert(ports.clock.now(), text))
    return text if wrong else None
