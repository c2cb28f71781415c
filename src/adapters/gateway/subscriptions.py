"""Streams of rows that clients follow: sent whole once, then whatever changes."""

from collections.abc import Callable, Iterable
from enum import Enum

from attrs import define, field

from adapters.gateway.clients import Client
from adapters.gateway.order_messages import Fields

Rows = Callable[[], Iterable[Fields]]


class Topic(Enum):
    """What a client can follow."""

    POSITIONS = "positions"
    POSITIONS_MULTI = "positions of a model"
    ACCOUNT = "account"
    MULTI = "account of a model"
    SUMMARY = "account summary"
    PROFIT = "profit"
    SINGLE_PROFIT = "profit of a position"


@define
class _Stream:
    client: Client
    rows: Rows
    sent: frozenset[tuple[object, ...]]


@define
class Subscriptions:
    """Who follows what, and what each was sent last."""

    _streams: dict[tuple[int, Topic, int], _Stream] = field(factory=dict)

    def follow(
        self,
        client: Client,
        topic: Topic,
        request: int,
        rows: Rows,
        *,
        end: Fields | None = None,
    ) -> None:
        """Send the rows and what ends them; from now on the client gets those that change."""
        now = list(rows())
        for row in now:
            client.send(*row)
        if end is not None:
            client.send(*end)
        sent = frozenset(tuple(row) for row in now)
        self._streams[(client.client_id, topic, request)] = _Stream(client, rows, sent)

    def cancel(self, client: Client, topic: Topic, request: int = 0) -> None:
        """End a stream, if there is one."""
        self._streams.pop((client.client_id, topic, request), None)

    def forget(self, client: Client) -> None:
        """End all streams of a client that is gone."""
        self._streams = {k: s for k, s in self._streams.items() if k[0] != client.client_id}

    def refresh(self, *topics: Topic) -> None:
        """Send every follower of these topics the rows that changed since the last time."""
        for (_, topic, _), stream in list(self._streams.items()):
            if topic in topics:
                now = [tuple(row) for row in stream.rows()]
                for row in now:
                    if row not in stream.sent:
                        stream.client.send(*row)
                stream.sent = frozenset(now)
