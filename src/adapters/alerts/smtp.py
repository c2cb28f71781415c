"""Alerts by mail."""

import hashlib
import re
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from email.message import EmailMessage
from email.utils import format_datetime
from enum import Enum

from attrs import field, frozen

from adapters.alerts.message import as_json, cause_of, facts, headline, is_this_machine, one_line
from sellcore.errors import ConfigError, NotDelivered
from sellcore.instant import iso, utc
from sellcore.ports.alerts import Notice

_LONGEST_SUBJECT = 150

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
"""Plain ones only: nothing that could end a line, a header or an address."""

_OURSELVES = "[127.0.0.1]"
"""What we are called to the server; the library would ask a name server, without a limit."""


class Security(Enum):
    """How the line to the server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@frozen
class MailServer:
    """
    The server that takes mails on.

    Attributes:
        host: Its name or address.
        port: Usually 587 for STARTTLS, 465 for TLS.
        security: How the line is encrypted; it never falls back to less.
        user: Empty where it wants no login.
        password: Likewise.
    """

    host: str
    port: int
    security: Security
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


class SmtpChannel:
    """
    Sends each notice as a mail of its own.

    Args:
        server: Where to.
        sender: An address.
        recipients: Addresses, one at least.
        seconds: The time limit of each step of the conversation.
        trust: Whose certificates are trusted; None for the system's.

    Raises:
        ConfigError: a password would cross a network in the clear, or an address
            is missing or is none.
    """

    def __init__(
        self,
        server: MailServer,
        sender: str,
        recipients: Sequence[str],
        *,
        seconds: float = 15.0,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        in_the_clear = server.security is Security.NONE and not is_this_machine(server.host)
        if (server.user or server.password) and in_the_clear:
            raise ConfigError(
                f"the mail password would cross the network to {server.host} in the clear; "
                "set smtp_tls in [alerts] to 'starttls' or 'tls'"
            )
        if not recipients:
            raise ConfigError("alerts by mail have nobody to go to; set mail_to in [alerts]")
        self._server = server
        self._sender = _checked(sender)
        self._recipients = tuple(map(_checked, recipients))
        self._seconds = seconds
        self._trust = trust

    @property
    def name(self) -> str:
        """The way, and its server."""
        return f"mail over {one_line(self._server.host)}"

    def deliver(self, notice: Notice) -> None:
        """Send the mail; the server has taken it on when this returns."""
        try:
            client = self._connected()
            try:
                self._log_in(client)
                refused = client.send_message(self._mail(notice))
                with suppress(OSError):  # it has the mail, whatever it says to our farewell
                    client.quit()
            finally:
                client.close()
        except smtplib.SMTPRecipientsRefused:
            raise NotDelivered("the server takes mail for none of the addresses") from None
        except smtplib.SMTPAuthenticationError as error:
            raise NotDelivered(
                f"the server refuses the login (code {error.smtp_code}); "
                "check SELLCLI_SMTP_USER and SELLCLI_SMTP_PASSWORD"
            ) from None
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(f"the server says no (code {error.smtp_code})") from None
        except smtplib.SMTPServerDisconnected:
            raise NotDelivered("the server hung up, or was silent too long") from None
        except smtplib.SMTPException as error:
            raise NotDelivered(f"the server cannot be used: {type(error).__name__}") from None
        except OSError as error:
            raise NotDelivered(cause_of(error, self._seconds)) from None
        if refused:
            raise NotDelivered(f"the server takes it, but not for {len(refused)} of the addresses")

    def _connected(self) -> smtplib.SMTP:
        host, port = self._server.host, self._server.port
        trust = self._trust or ssl.create_default_context()
        if self._server.security is Security.TLS:
            return smtplib.SMTP_SSL(
                host, port, local_hostname=_OURSELVES, timeout=self._seconds, context=trust
            )
        client = smtplib.SMTP(host, port, local_hostname=_OURSELVES, timeout=self._seconds)
        if self._server.security is Security.STARTTLS:
            with ExitStack() as unless_encrypted:
                unless_encrypted.callback(client.close)
                try:
                    client.starttls(context=trust)
                except smtplib.SMTPNotSupportedError:
                    raise NotDelivered("the server offers no STARTTLS; nothing was sent") from None
                unless_encrypted.pop_all()
        return client

    def _log_in(self, client: smtplib.SMTP) -> None:
        if not (self._server.user or self._server.password):
            return
        try:
            client.login(self._server.user, self._server.password)
        except smtplib.SMTPNotSupportedError:
            raise NotDelivered("the server offers no login; unset SELLCLI_SMTP_USER") from None
        except UnicodeError:
            raise NotDelivered("the mail user or password has letters it cannot have") from None

    def _mail(self, notice: Notice) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = headline(notice)[:_LONGEST_SUBJECT]
        mail["From"] = self._sender
        mail["To"] = ", ".join(self._recipients)
        mail["Date"] = format_datetime(utc(notice.at))
        # The same for each attempt, so that a mail that went out twice shows once.
        number = hashlib.sha256(as_json(notice).encode()).hexdigest()[:32]
        mail["Message-ID"] = f"<{number}@{self._sender.rpartition('@')[2]}>"
        lines = [
            one_line(notice.text),
            "",
            f"cause: {notice.cause}",
            f"time: {iso(notice.at)}",
            f"account: {one_line(notice.account)}",
            *(f"{name}: {value}" for name, value in facts(notice).items() if value is not None),
        ]
        mail.set_content("\n".join(lines) + "\n", cte="quoted-printable")
        return mail


def _checked(address: str) -> str:
    if _ADDRESS.fullmatch(address) is None:
        raise ConfigError(
            f"{address!r} is not a mail address; mend mail_from or mail_to in [alerts]"
        )
    return address
