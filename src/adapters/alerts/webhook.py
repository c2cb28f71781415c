"""Alerts posted to a web address as JSON."""

import http.client
from email.message import Message
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from adapters.alerts.message import as_json, cause_of, is_this_machine, one_line
from sellcore.errors import ConfigError, NotDelivered
from sellcore.ports.alerts import Notice


class _StayHere(HTTPRedirectHandler):
    """Goes nowhere else: a redirected POST loses its body, and a token would go along."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Leave the answer to be the refusal that it is."""
        return


class WebhookChannel:
    """
    Posts each notice; a status of 200 to 299 says that it was delivered.

    Args:
        address: Begins with https:// or http://. It may hold a secret, as those
            of chat services do: no more than its host is ever named.
        token: A bearer token; empty for none.
        seconds: The time limit of each step of the conversation.

    Raises:
        ConfigError: it is no such address, or a token would cross a network in
            the clear.
    """

    def __init__(self, address: str, token: str = "", *, seconds: float = 10.0) -> None:
        self._host, scheme = _parts(address)
        if token and scheme == "http" and not is_this_machine(self._host):
            raise ConfigError(
                f"the token would cross the network to {self._host} in the clear; "
                "begin webhook in [alerts] with https://"
            )
        self._address = address
        self._token = token
        self._seconds = seconds
        self._opener = build_opener(_StayHere)

    @property
    def name(self) -> str:
        """The way, and its host."""
        return f"the webhook at {one_line(self._host)}"

    def deliver(self, notice: Notice) -> None:
        """Post it, and read no more of the answer than its status."""
        headers = {"Content-Type": "application/json", "User-Agent": "sellcli"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            request = Request(  # noqa: S310 - http or https, looked at above
                self._address, as_json(notice).encode(), headers, method="POST"
            )
            self._opener.open(request, timeout=self._seconds).close()
        except HTTPError as answer:
            answer.close()
            said = f"it answers with status {answer.code}"
            raise NotDelivered(f"{said}{_hint(answer.code)}") from None
        except URLError as error:
            if isinstance(error.reason, OSError):
                raise NotDelivered(cause_of(error.reason, self._seconds)) from None
            raise NotDelivered("it cannot be reached") from None
        except OSError as error:
            raise NotDelivered(cause_of(error, self._seconds)) from None
        except http.client.HTTPException as error:
            raise NotDelivered(f"what answers is no web server: {type(error).__name__}") from None
        except ValueError:  # its text would repeat the token
            raise NotDelivered("the token or the address has letters it cannot have") from None


def _parts(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        host, scheme = parts.hostname or "", parts.scheme
    except ValueError:
        host = scheme = ""
    if not host or scheme not in ("http", "https"):
        raise ConfigError("webhook in [alerts] does not begin with https:// or http:// and a host")
    return host, scheme


def _hint(code: int) -> str:
    if code in (401, 403):
        return "; check SELLCLI_WEBHOOK_TOKEN"
    return "; name the address it leads to" if 300 <= code < 400 else ""
