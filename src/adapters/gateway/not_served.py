"""
Requests that there is no data for here, answered as a Gateway without the permission does.

Each answer names the request it belongs to, and has a code that ends it: a client
that waits for news or for option chains learns at once that none will come.
"""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from adapters.gateway.clients import Client, Handler
from adapters.gateway.contracts import NOT_FOUND
from adapters.gateway.history_messages import SERVICE
from adapters.gateway.wire import whole

NO_SUCH_REQUEST: Final = "Can't find EId with tickerId:{id}"
"""The text of code 300: what is to be cancelled is not there."""

_NO_ADVISOR: Final = (
    "Error validating request.-'ce' : cause - FA data operations ignored for non FA customers."
)
_NO_GROUPS: Final = "Error validating request.-'dg' : cause - There are no display groups"
_NO_SCANNER: Final = '<?xml version="1.0" encoding="UTF-8"?><ScanParameterResponse/>'


@frozen
class Refusal:
    """
    An error that ends a request.

    Attributes:
        id_at: Which field of the request holds its id; None: it has none.
        text: ``{id}`` stands for that id.
    """

    id_at: int | None
    code: int
    text: str


@frozen
class Nothing:
    """
    A message that says: none of those.

    Attributes:
        id_at: As in a refusal.
        head: What comes before the id.
        tail: What comes after it.
    """

    id_at: int | None
    head: tuple[object, ...]
    tail: tuple[object, ...] = ()


_TICKS: Final = "Failed to request {what}:No market data permissions"
_CANCELLED: Final = tuple(
    (message, Refusal(id_at, 300, NO_SUCH_REQUEST))
    for message, id_at in ((51, 2), (53, 2), (56, 2), (57, 2), (89, 1), (98, 1))
)

ANSWERS: Final[Mapping[int, Refusal | Nothing]] = {
    10: Refusal(
        2, 10092, "Deep market data is not supported for this combination of type/exchange"
    ),
    11: Refusal(2, 310, "Can't find the subscribed market depth with tickerId:{id}"),
    18: Refusal(None, 321, _NO_ADVISOR),
    19: Refusal(None, 321, _NO_ADVISOR),
    21: Refusal(2, 200, NOT_FOUND),
    22: Refusal(1, 162, f"{SERVICE}No scanner data"),
    23: Refusal(2, 365, "No scanner subscription found for ticker id:{id}"),
    24: Nothing(None, (19, 1, _NO_SCANNER)),
    50: Refusal(2, 420, "Invalid Real-time Query:No market data permissions"),
    52: Refusal(2, 430, "The fundamentals data for the security specified is not available."),
    54: Refusal(2, 200, NOT_FOUND),
    55: Refusal(2, 200, NOT_FOUND),
    67: Nothing(2, (67, 1), ("",)),
    68: Refusal(2, 321, _NO_GROUPS),
    69: Refusal(2, 321, _NO_GROUPS),
    70: Refusal(2, 321, _NO_GROUPS),
    78: Nothing(1, (76,)),
    79: Nothing(1, (77,), (0,)),
    82: Nothing(None, (80, 0)),
    83: Nothing(1, (82,), (0,)),
    84: Refusal(1, 10276, "News feed is not allowed."),
    85: Nothing(None, (85, 0)),
    86: Refusal(1, 10276, "News feed is not allowed."),
    88: Nothing(1, (89,), (0,)),
    96: Refusal(1, 10187, _TICKS.format(what="historical ticks")),
    97: Refusal(1, 10189, _TICKS.format(what="tick-by-tick data")),
    100: Refusal(1, 10276, "News feed is not allowed."),
    102: Refusal(1, 10276, "News feed is not allowed."),
    **dict(_CANCELLED),
}
"""By message id: market depth, scanners, options, news, ticks and what else is not kept here."""

_NO_ANSWER: Final = (12, 13, 101, 103)
"""News bulletins, and cancels that a Gateway never answers."""


def handlers() -> dict[int, Handler]:
    """Return the handlers of what is not served."""
    answering = {message: _answering(answer) for message, answer in ANSWERS.items()}
    return answering | {message: lambda client, fields: None for message in _NO_ANSWER}


def _answering(answer: Refusal | Nothing) -> Handler:
    def handler(client: Client, fields: list[str]) -> None:
        request = -1 if answer.id_at is None else whole(fields[answer.id_at])
        if isinstance(answer, Refusal):
            client.error(request, answer.code, answer.text.format(id=request))
        else:
            named = () if answer.id_at is None else (request,)
            client.send(*answer.head, *named, *answer.tail)

    return handler
