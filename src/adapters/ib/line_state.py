"""Whether the broker can be relied on: a value, and how notices change it."""

from attrs import evolve, frozen

from adapters.ib.notices import LINE_EVENTS, LineEvent

NOT_CONNECTED = "not connected"


@frozen
class LineState:
    """
    What is known of the line to the broker.

    Attributes:
        fault: Why it cannot be relied on, or None when it can.
        generation: Rises at each loss of the socket or of the servers behind it.
    """

    fault: str | None = NOT_CONNECTED
    generation: int = 0


def connected(state: LineState) -> LineState:
    """Return the state after a login."""
    return evolve(state, fault=None)


def lost(state: LineState, why: str) -> LineState:
    """Return the state after the socket is gone; a second report of one loss adds nothing."""
    return evolve(state, fault=why, generation=state.generation + (state.fault is None))


def told(state: LineState, code: int, text: str) -> LineState:
    """Return the state after the notice ``code``, whose text is one clean line."""
    event = LINE_EVENTS.get(code)
    if event is None:
        return state
    if event is LineEvent.LOST:
        return lost(state, f"the gateway lost the broker's servers ({code}: {text})")
    if event is LineEvent.BACK_WITHOUT_DATA:
        return LineState(fault=None, generation=state.generation + 1)
    return evolve(state, fault=None)
