"""What a gateway says between the first byte and the end of the login."""

import asyncio

from adapters.ib import greeting
from adapters.ib.notices import is_remark
from sellcore.errors import InvalidValue

Notice = tuple[int, str]
"""A code and its text, one clean line."""


class LoginTalk:
    """
    Listens to one login.

    Attributes:
        version: What the gateway speaks, 0 until it has said so.
        zone: IANA name of the zone that the gateway's machine is set to, where it is known.
        early: The notices that came on the way.
        refusal: Why there will be no login.
        refused: Set once there is a refusal.
    """

    def __init__(self) -> None:
        self.version = 0
        self.zone: str | None = None
        self.early: list[Notice] = []
        self.refusal: str | None = None
        self.refused = asyncio.Event()
        self._received: bytes | None = b""

    def greeted(self, data: bytes) -> None:
        """Take raw bytes, until the first frame is complete."""
        if self._received is None:
            return
        self._received += data
        try:
            version = greeting.server_version(self._received)
        except InvalidValue as error:
            self.refuse(str(error))
            return
        if version is not None:
            self.version, self.zone = version, greeting.machine_zone(self._received)
            self._received = None

    def refuse(self, why: str) -> None:
        """Give the login up; the first reason is the one that counts."""
        if self.refusal is None:
            self.refusal = why
        self.refused.set()

    def said(self) -> str:
        """Quote the gateway's last complaint, for a message that needs a reason."""
        errors = [f"{code} {text}" for code, text in self.early if not is_remark(code)]
        return f" (the gateway said: {errors[-1]})" if errors else ""
