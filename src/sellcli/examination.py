"""What ``sellcli doctor`` looks at."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from attrs import frozen

from sellcli.compose.files import assignment_store
from sellcli.settings import Settings
from sellcore.errors import BrokerError, SellError
from sellcore.instrument import Kind
from sellcore.selling.account_kind import PORTS, kind_of


@frozen
class Finding:
    """One thing that was looked at."""

    check: str
    fine: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; what fails never keeps the rest from being looked at."""
    return [
        _port(settings),
        *_folders(settings),
        _assignments(settings),
        *_broker(settings),
    ]


def _port(settings: Settings) -> Finding:
    usual = PORTS.get(settings.port)
    listed = ", ".join(f"{port} {meaning}" for port, (_, meaning) in PORTS.items())
    if usual is None:
        return Finding("port", True, f"{settings.port} is none of the usual ones: {listed}")
    return Finding("port", True, f"{settings.port} is usually {usual[1]} (others: {listed})")


def _folders(settings: Settings) -> Iterator[Finding]:
    for check, folder in (("cache folder", settings.cache_dir), ("log folder", settings.log_dir)):
        nearest = _nearest_existing(folder)
        try:
            with TemporaryFile(dir=nearest) as probe:
                probe.write(b"\0")
                probe.flush()
        except OSError as error:
            yield Finding(check, False, f"{folder}: {error.strerror}; make it writable")
        else:
            yield Finding(check, True, f"{folder} can be written")


def _nearest_existing(folder: Path) -> Path:
    path = folder.absolute()
    while not path.exists():
        path = path.parent
    return path


def _assignments(settings: Settings) -> Finding:
    try:
        found = assignment_store(settings).load()
    except SellError as error:
        return Finding("assignments", False, str(error))
    if found.problems:
        return Finding("assignments", False, "; ".join(found.problems))
    return Finding("assignments", True, f"{len(found.rules)} in {settings.assignments}")


def _broker(settings: Settings) -> Iterator[Finding]:
    from datetime import UTC, datetime

    try:
        from sellcli.compose.watch import broker as broker_of

        with broker_of(settings) as (connection, broker):
            login = connection.connect()
            yield Finding("connection", True, login.server)
            yield _account(settings, login.accounts)
            skew = (datetime.now(UTC) - broker.server_time()).total_seconds()
            yield Finding(
                "clock",
                abs(skew) < 3,
                f"{skew:+.0f} s against the broker's; synchronise it (NTP) beyond 2 s",
            )
            held = broker.positions()
            stocks = [p for p in held if p.instrument.kind is Kind.STOCK]
            yield Finding("positions", True, f"{len(held)} held, {len(stocks)} of them stocks")
            orders = broker.open_orders()
            yield Finding(
                "open orders", True, f"{len(orders)} working, of all programs and by hand"
            )
    except BrokerError as error:
        yield Finding("connection", False, str(error))


def _account(settings: Settings, accounts: tuple[str, ...]) -> Finding:
    shown = ", ".join(f"{account} ({kind_of(account)})" for account in accounts)
    if settings.account and settings.account not in accounts:
        return Finding("account", False, f"{settings.account} is not among {shown}; see --account")
    if not settings.account and len(accounts) > 1:
        return Finding("account", False, f"{shown}; name one with --account")
    return Finding("account", True, shown)
