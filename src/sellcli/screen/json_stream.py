"""Events as JSON: a line each as they come, or one document at the end."""

import json
from typing import TextIO

from sellcli.screen.json_forms import Json, event_form
from sellcore.event import Event


class JsonLines:
    """Writes each event as one line, at once."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def __call__(self, event: Event) -> None:
        """Write the event."""
        form = event_form(event)
        if form is not None:
            _write(self._out, json.dumps(form, allow_nan=False))

    def close(self) -> None:
        """Nothing is held back."""


class JsonDocument:
    """Collects the events of a single cycle into one document."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._document: dict[str, Json] = {"decisions": [], "orders": [], "alerts": []}

    def __call__(self, event: Event) -> None:
        """Put the event in its place."""
        form = event_form(event)
        if form is None:
            return
        name = str(form.pop("event"))
        plural = {"decision": "decisions", "order": "orders", "alert": "alerts"}.get(name)
        listed = self._document.get(plural) if plural else None
        if isinstance(listed, list):
            listed.append(form)
        else:
            self._document[name] = form

    def close(self) -> None:
        """Write the document, whole or not at all."""
        if "summary" in self._document or "table" in self._document:
            _write(self._out, json.dumps(self._document, allow_nan=False, indent=2))


def _write(out: TextIO, text: str) -> None:
    # In one piece: an interrupt between a line and its end would run two lines into one.
    out.write(f"{text}\n")
    out.flush()
