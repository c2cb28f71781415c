"""The first words on the wire, and what to tell a person when they do not come."""

import errno
import os
import socket
from collections.abc import Sequence

from adapters.ib.zones import zone_of
from sellcore.errors import InvalidValue

OLDEST_SERVER, NEWEST_SERVER = 157, 178
"""Server versions whose messages ib_async reads without loss."""

_PREFIX = 4
_LONGEST_GREETING = 4096

_DOCTOR = "or see 'sellcli doctor'"


def server_version(received: bytes) -> int | None:
    """
    Return the version that a gateway's first frame announces; None while it is incomplete.

    Raises:
        InvalidValue: these bytes are no greeting of a TWS or IB Gateway, or of
            one that we cannot talk to.
    """
    if len(received) < _PREFIX:
        return None
    length = int.from_bytes(received[:_PREFIX], "big")
    if length > _LONGEST_GREETING:
        raise InvalidValue(_STRANGER)
    if len(received) < _PREFIX + length:
        return None
    fields = received[_PREFIX : _PREFIX + length].split(b"\0")
    if len(fields) != 3 or not fields[0].isdigit():
        raise InvalidValue(_STRANGER)
    version = int(fields[0])
    if not OLDEST_SERVER <= version <= NEWEST_SERVER:
        raise InvalidValue(
            f"server version {version} is not one of {OLDEST_SERVER} to {NEWEST_SERVER}; "
            "install a current TWS or IB Gateway"
        )
    return version


def machine_zone(received: bytes) -> str | None:
    """
    Return the IANA name of the zone in a complete greeting, or None.

    The second field is the clock of the gateway's machine and its zone's name,
    in the machine's language: ``20250415 19:38:30 British Summer Time``.
    """
    clock = received[_PREFIX:].split(b"\0")[1].decode("ascii", errors="replace")
    zone = clock.split(maxsplit=2)[2:]
    return zone_of(zone[0]) if zone else None


_STRANGER = f"what listens there does not speak the TWS API; check --host and --port, {_DOCTOR}"


def dial_failed(error: OSError | ValueError, host: str) -> str:
    """Return what a failure to reach the port means and what to do about it."""
    if not isinstance(error, OSError) or isinstance(error, socket.gaierror):
        return f"host {host!r} is not known; check --host, {_DOCTOR}"
    # Several addresses of one host fail as one error that only its text tells apart.
    refused = isinstance(error, ConnectionRefusedError)
    if refused or f"[Errno {errno.ECONNREFUSED}]" in str(error):
        return f"connection refused; start TWS or IB Gateway and enable its API, {_DOCTOR}"
    reason = (os.strerror(error.errno) if error.errno else str(error)).lower()
    return f"{reason}; check --host and --port, {_DOCTOR}"


def hung_up(version: int) -> str:
    """Return what a connection closed before the login ended means."""
    if version:
        return f"the gateway hung up during the login; choose another --client-id, {_DOCTOR}"
    return (
        "the port was opened and closed again; trust this address in the API settings of "
        f"TWS or IB Gateway, {_DOCTOR}"
    )


def silence(reached: bool, version: int, seconds: float) -> str:
    """Return what a time-out means, by how far the login had come."""
    if not reached:
        return f"no connection within {seconds:g} s; check --host, --port and firewalls, {_DOCTOR}"
    if not version:
        return (
            f"the port is open but said nothing for {seconds:g} s; accept the connection in the "
            f"window of TWS or IB Gateway, or restart it, {_DOCTOR}"
        )
    return (
        f"logged on, but no account was named within {seconds:g} s; wait until TWS or "
        f"IB Gateway has logged in, {_DOCTOR}"
    )


def client_id_taken(client_id: int) -> str:
    """Return what error 326 means."""
    return (
        f"client id {client_id} is already in use; end the program that uses it or choose "
        "another with --client-id"
    )


def account_missing(account: str, accounts: Sequence[str]) -> str:
    """Return what a login without the wanted account means."""
    return (
        f"account {account!r} is not in this login, which has {', '.join(accounts)}; "
        "check --account"
    )
