"""
A notice in the forms in which it leaves the house, and failures in words.

The texts of a notice come from the broker in part: they are untrusted. No form
holds a control character, a line break or anything that turns a line around.
"""

import json
import socket
import ssl
from math import isfinite

from sellcore import plain_text
from sellcore.instant import iso
from sellcore.ports.alerts import Notice

LONGEST = 500
"""Characters of a text that are passed on."""


def one_line(text: str) -> str:
    """Return ``text`` on one line without control characters, and cut where it is long."""
    return plain_text.one_line(text, LONGEST)


def headline(notice: Notice) -> str:
    """Return the notice on one line: ``sellcli: filled: ...``."""
    return f"sellcli: {notice.cause}: {one_line(notice.text)}"


def as_json(notice: Notice) -> str:
    """
    Return the notice as one JSON object on one line of ASCII.

    Its fields: time (ISO 8601 in UTC), cause, account, text, facts. A number
    that does not exist is null.
    """
    return json.dumps(
        {
            "time": iso(notice.at),
            "cause": str(notice.cause),
            "account": one_line(notice.account),
            "text": one_line(notice.text),
            "facts": facts(notice),
        },
        allow_nan=False,
    )


def facts(notice: Notice) -> dict[str, str | int | float | None]:
    """Return the facts of a notice as they are passed on."""
    return {one_line(name): _fact(value) for name, value in notice.facts.items()}


def _fact(value: str | int | float | None) -> str | int | float | None:
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def cause_of(error: OSError, seconds: float) -> str:
    """
    Return what went wrong with a file, a process or a line, in words of the system's.

    Never the text of an exception: some repeat what they were given, a secret too.

    Args:
        error: What was raised.
        seconds: The time limit that was set.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {one_line(error.verify_message)}"
    if isinstance(error, ssl.SSLError):
        return "no encrypted line could be agreed on"
    if isinstance(error, TimeoutError):
        return f"no answer within {seconds:g} s"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return one_line(error.strerror or type(error).__name__).lower()


def is_this_machine(host: str) -> bool:
    """Return whether what is sent to ``host`` never leaves this machine."""
    return host in ("localhost", "127.0.0.1", "::1")
