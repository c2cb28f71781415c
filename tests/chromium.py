"""A real headless Chromium, spoken to over its debugging pipe: pages, and what went wrong."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FOUND = next((path for path in map(shutil.which, BROWSERS) if path), None)

_SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-pipe",
)

_HAND_OVER = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""
The browser listens on 3 and answers on 4, which the pipes' own numbers must not be.

A process of its own, as pytest's may have threads.
"""

_SECONDS = 60
"""A browser that says nothing for so long has failed."""


@define
class Page:
    """
    The one page of a browser.

    Attributes:
        asked: Addresses that were asked for.
        faults: What its console said, exceptions included.
    """

    reading: int
    writing: int
    session: str = ""
    sent: int = 0
    rest: bytes = b""
    asked: list[str] = field(factory=list)
    faults: list[str] = field(factory=list)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Return what the browser answers."""
        self.sent += 1
        message: dict[str, Any] = {"id": self.sent, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writing, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self.sent:
                assert "error" not in told, f"{method}: {told['error']}"
                return told["result"]
            self._note(told)

    def open(self, file: Path, width: int, height: int, *, dark: bool = False) -> None:
        """Show a file in a window of that size, and wait until all of it is drawn."""
        self.asked.clear()
        self.faults.clear()
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=file.as_uri())
        # Two frames after the page has loaded, what its script drew is on the screen.
        loaded = "document.readyState === 'complete' ? done() : addEventListener('load', done)"
        self.run(
            "new Promise((told) => { const done = () => requestAnimationFrame(() => "
            f"requestAnimationFrame(() => told(true))); {loaded} }})"
        )

    def run(self, script: str) -> Any:
        """Return what a script comes to in the page."""
        told = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def picture(self, *, whole: bool = False) -> bytes:
        """Return a PNG of what is on the screen, or of the whole page."""
        told = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(told["data"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.reading], [], [], _SECONDS)
            more = os.read(self.reading, 1 << 20) if ready else b""
            assert more, "the browser is gone, or says nothing"
            self.rest += more
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def _note(self, told: dict[str, Any]) -> None:
        params = told.get("params", {})
        match told.get("method"):
            case "Network.requestWillBeSent":
                self.asked.append(params["request"]["url"])
            case "Runtime.exceptionThrown":
                self.faults.append(json.dumps(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled":
                self.faults.append(json.dumps(params["args"]))
            case "Log.entryAdded":
                self.faults.append(params["entry"]["text"])


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    """Start a browser with an empty profile, and end it afterwards."""
    assert FOUND is not None
    (from_us, writing), (reading, to_us) = os.pipe(), os.pipe()

    process = subprocess.Popen(
        [
            *(sys.executable, "-c", _HAND_OVER, str(from_us), str(to_us)),
            *(FOUND, *_SWITCHES, f"--user-data-dir={profile}", "about:blank"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(from_us, to_us),
    )
    os.close(from_us)
    os.close(to_us)
    page = Page(reading, writing)
    try:
        targets = page.call("Target.getTargets")["targetInfos"]
        ours = next(each["targetId"] for each in targets if each["type"] == "page")
        page.session = page.call("Target.attachToTarget", targetId=ours, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        yield page
    finally:
        process.terminate()
        process.wait()
        os.close(reading)
        os.close(writing)
