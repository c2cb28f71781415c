"""What ``sellcli doctor`` looks at."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile

from attrs import frozen

from sellcli.compose.files import assignment_store, kill_switch
from sellcli.settings import Settings
from sellcore.errors import BrokerError, ConfigError, NotDelivered, SellError
from sellcore.instrument import Kind
from sellcore.policy import SKEW_WARN
from sellcore.selling.account_kind import API_PORTS, kind_of

_WHOLE_SECOND = timedelta(seconds=1)
"""The broker tells the time in whole seconds."""


@frozen
class Finding:
    """One thing that was looked at."""

    check: str
    fine: bool
    text: str


def examine(
    settings: Settings, environment: Mapping[str, str], *, try_alerts: bool = False
) -> list[Finding]:
    """
    Look at everything; what fails never keeps the rest from being looked at.

    Args:
        settings: Of the watch that is meant.
        environment: Holds the secrets of alerts.
        try_alerts: Send an alert along each way, and wait for each.
    """
    return [
        _port(settings),
        *_folders(settings),
        _halt(settings),
        _assignments(settings),
        *_alerts(settings, environment, try_alerts=try_alerts),
        *_broker(settings),
    ]


def _port(settings: Settings) -> Finding:
    usual = API_PORTS.get(settings.port)
    if usual is None:
        listed = "; ".join(f"{port} {meaning}" for port, (_, meaning) in API_PORTS.items())
        return Finding("port", True, f"{settings.port} is none of the usual ones: {listed}")
    return Finding("port", True, f"{settings.port} is usually {usual[1]}")


def _folders(settings: Settings) -> Iterator[Finding]:
    folders = {
        "cache folder": settings.cache_dir,
        "log folder": settings.log_dir,
        "state folder": settings.state_dir,
    }
    for check, folder in folders.items():
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


def _halt(settings: Settings) -> Finding:
    halted = kill_switch(settings).thrown()
    if halted is None:
        return Finding("halt", True, "selling is not halted")
    return Finding("halt", False, f"selling is halted: {halted}; 'sellcli resume' ends that")


def _assignments(settings: Settings) -> Finding:
    try:
        found = assignment_store(settings).load()
    except SellError as error:
        return Finding("assignments", False, str(error))
    if found.problems:
        return Finding("assignments", False, "; ".join(found.problems))
    return Finding("assignments", True, f"{len(found.rules)} in {settings.assignments}")


def _alerts(
    settings: Settings, environment: Mapping[str, str], *, try_alerts: bool
) -> Iterator[Finding]:
    from datetime import UTC, datetime

    from sellcli.compose.alerts import channels
    from sellcore.ports.alerts import Cause, Notice

    try:
        ways = channels(settings, environment, None)
    except ConfigError as error:
        yield Finding("alerts", False, str(error))
        return
    if not ways:
        text = "a live run rings on its terminal only; other ways are set in [alerts]"
        yield Finding("alerts", not try_alerts, text)
        return
    if not try_alerts:
        listed = ", ".join(way.name for way in ways)
        yield Finding("alerts", True, f"{listed}; --try-alerts sends one along each")
        return
    text = "sellcli doctor tries how a person is told; nothing has happened"
    notice = Notice(datetime.now(UTC), Cause.TEST, settings.account, text, {})
    for way in ways:
        try:
            way.deliver(notice)
        except NotDelivered as failure:
            yield Finding("alerts", False, f"{way.name}: not delivered: {failure}")
        else:
            yield Finding("alerts", True, f"{way.name}: delivered; look whether it is there")


def _broker(settings: Settings) -> Iterator[Finding]:
    from datetime import UTC, datetime

    try:
        from sellcli.compose.watch import broker as broker_of

        with broker_of(settings) as (connection, broker):
            login = connection.connect()
            yield Finding("connection", True, login.server)
            yield on_account(settings, login.accounts)
            skew = datetime.now(UTC) - broker.server_time()
            yield Finding(
                "clock",
                abs(skew) <= SKEW_WARN + _WHOLE_SECOND,
                f"{skew.total_seconds():+.0f} s against the broker's; synchronise it (NTP) beyond "
                f"{SKEW_WARN.seconds} s",
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


def on_account(settings: Settings, accounts: tuple[str, ...]) -> Finding:
    """Say whether the accounts of a login are what the settings and the port promise."""
    shown = ", ".join(f"{account} ({kind_of(account)})" for account in accounts)
    if settings.account and settings.account not in accounts:
        return Finding("account", False, f"{settings.account} is not among {shown}; see --account")
    if not settings.account and len(accounts) > 1:
        return Finding("account", False, f"{shown}; name one with --account")
    sells = settings.live_account
    if sells and sells not in accounts:
        text = f"{sells}, which [live] names, is not among {shown}; nothing can be sold so"
        return Finding("account", False, f"{text}: correct account in [live], or log in to it")
    usual = API_PORTS.get(settings.port)
    kinds = {kind_of(account) for account in accounts}
    if usual is not None and usual[0] not in kinds:
        text = f"{shown}, though port {settings.port} is usually {usual[1]}; nothing can be sold so"
        return Finding("account", False, f"{text}: log in to the other kind, or use its port")
    return Finding("account", True, shown)
