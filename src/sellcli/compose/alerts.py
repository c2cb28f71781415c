"""The alerts that the settings and the environment ask for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sellcli.setting_sources import SECRETS
from sellcli.settings import Settings
from sellcore.errors import ConfigError

if TYPE_CHECKING:
    from adapters.alerts.channel import Channel
    from adapters.alerts.fan_out import FanOut
    from sellcli.compose.watch import Wiring
    from sellcore.ports.clock import Clock

_KEPT_BACK = {*SECRETS, "SELLCLI_ARM"}
"""Variables that a command of the user's has no use for."""


LAST = 5.0
"""Seconds that the last alerts may take at the end."""


@contextmanager
def alerts(
    settings: Settings, environment: Mapping[str, str], write: Callable[[str], object] | None
) -> "Iterator[FanOut]":
    """
    Run what tells a person, until all is told or the last alerts have had their time.

    Args:
        settings: Which ways there are.
        environment: Holds the secrets.
        write: Writes to the terminal, from another thread; None where there is none.

    Raises:
        ConfigError: the settings ask for something that cannot be, or is not safe.
    """
    from adapters.alerts.fan_out import FanOut

    fan_out = FanOut(channels(settings, environment, write))
    try:
        yield fan_out
    finally:
        fan_out.close(LAST)


@contextmanager
def looked_after(wiring: "Wiring", account: str) -> "Iterator[Clock]":
    """
    Have a person told where a watch stands still.

    Yields:
        The clock it is to go by. A simulated day may take any time.
    """
    from adapters.alerts.heartbeat import heartbeat

    ports = wiring.ports
    if wiring.simulated or ports.alerts is None:
        yield ports.clock
        return
    with heartbeat(ports.clock, ports.alerts, account, wiring.terms.outage) as clock:
        yield clock


def channels(
    settings: Settings, environment: Mapping[str, str], write: Callable[[str], object] | None
) -> "list[Channel]":
    """Return the ways that the settings ask for; arguments and errors as for ``alerts``."""
    from adapters.alerts.command import CommandChannel
    from adapters.alerts.terminal import TerminalChannel
    from adapters.alerts.webhook import WebhookChannel

    found: list[Channel] = []
    if write is not None:
        found.append(TerminalChannel(write, bell=settings.alerts_bell))
    if settings.alerts_command:
        passed_on = {name: text for name, text in environment.items() if name not in _KEPT_BACK}
        found.append(CommandChannel(settings.alerts_command, environment=passed_on))
    if settings.alerts_webhook:
        token = environment.get("SELLCLI_WEBHOOK_TOKEN", "")
        found.append(WebhookChannel(settings.alerts_webhook, token))
    if settings.alerts_smtp_host:
        found.append(_mail(settings, environment))
    elif settings.alerts_mail_to:
        raise ConfigError("alerts by mail have no server; set smtp_host in [alerts]")
    return found


def _mail(settings: Settings, environment: Mapping[str, str]) -> "Channel":
    from adapters.alerts.smtp import MailServer, Security, SmtpChannel

    if not (settings.alerts_mail_from and settings.alerts_mail_to):
        raise ConfigError("alerts by mail lack an address; set mail_from and mail_to in [alerts]")
    server = MailServer(
        host=settings.alerts_smtp_host,
        port=settings.alerts_smtp_port,
        security=Security(settings.alerts_smtp_tls.value),
        user=environment.get("SELLCLI_SMTP_USER", ""),
        password=environment.get("SELLCLI_SMTP_PASSWORD", ""),
    )
    return SmtpChannel(server, settings.alerts_mail_from, settings.alerts_mail_to.split(","))
