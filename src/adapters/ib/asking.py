"""Questions whose answer is only good when it is complete."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapters.ib.connection import IBConnection
from adapters.ib.line import Line
from adapters.ib.pending import Refusal
from sellcore.errors import BrokerUnavailable

T = TypeVar("T")


def whole(connection: IBConnection, what: str, question: Callable[[Line], Awaitable[T]]) -> T:
    """
    Return the whole answer to ``question``.

    Args:
        connection: Where to ask.
        what: What is asked for, for a message.
        question: Runs on the event loop.

    Raises:
        BrokerUnavailable: the answer did not come, or not to its end.
    """
    try:
        # Whoever asked before us has its time-out too.
        return connection.ask(question, 2 * connection.timeout)
    except Refusal as refusal:
        raise BrokerUnavailable(_refused(what, refusal)) from None
    except TimeoutError:
        raise BrokerUnavailable(
            f"{what}: no complete answer within {connection.timeout:g} s"
        ) from None


def _refused(what: str, refusal: Refusal) -> str:
    if "read-only" in refusal.text.lower():
        return (
            f"{what}: the API is in read-only mode and does not tell; "
            "untick 'Read-Only API' in the API settings of TWS or IB Gateway"
        )
    return f"{what}: refused by the gateway ({refusal})"
