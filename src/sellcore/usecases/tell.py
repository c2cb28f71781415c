"""Telling a person: on the screen, elsewhere, or both."""

from collections.abc import Mapping

from sellcore.event import Alert
from sellcore.ports.alerts import Cause, Notice
from sellcore.usecases.watch_state import Ports, WatchState


def tell(ports: Ports, state: WatchState, about: str, text: str) -> None:
    """Give an alert once; again only when its text has changed."""
    if state.told.get(about) != text:
        state.told[about] = text
        ports.emit(Alert(ports.clock.now(), text))


def tell_elsewhere(
    ports: Ports,
    state: WatchState,
    cause: Cause,
    text: str,
    facts: Mapping[str, str | int | float | None],
) -> None:
    """Have a person told who is not looking at the screen."""
    if ports.alerts is not None:
        ports.alerts.send(Notice(ports.clock.now(), cause, state.account, text, facts))


def tell_person(ports: Ports, state: WatchState, cause: Cause, about: str, text: str) -> None:
    """Tell something once, on screen and elsewhere, until it is forgotten under ``about``."""
    if state.told.get(about) == text:
        return
    state.told[about] = text
    ports.emit(Alert(ports.clock.now(), text))
    tell_elsewhere(ports, state, cause, text, {})
