"""Bars that are kept up to date: an update every five simulated seconds, and the newborn bar."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from attrs import define, field

from adapters.gateway.clients import Client
from adapters.gateway.columns import Columns
from adapters.gateway.distortions import shown_now
from adapters.gateway.faults import FaultKind
from adapters.gateway.history_messages import as_shown, bar_rows
from adapters.gateway.history_request import HistoryRequest
from adapters.gateway.listings import Listing
from adapters.gateway.world import World
from sellcore.instant import to_epoch

_UPDATE: Final = 90
_EVERY: Final = 5
"""Simulated seconds between two updates."""

_LOOK_BACK: Final = 10 * 86_400
"""Seconds; the last daily bar is never older than this."""


@define
class LiveBar:
    """
    One request that is kept up to date.

    Attributes:
        start: Where the bar that was sent last starts, seconds since 1970 UTC.
        sent: Up to when updates were sent.
    """

    client: Client
    request: HistoryRequest
    listing: Listing
    start: int
    sent: datetime
    _last: tuple[object, ...] = ()

    def send(self, bars: Columns, world: World) -> None:
        """Send each bar that differs from what the client has."""
        shown = as_shown(bars, self.request.show, self.listing.min_tick)
        rows = bar_rows(shown, self.request, self.listing, world.switches, self.client.version)
        for start, row in zip(bars.start.tolist(), rows, strict=True):
            if start < self.start or row == self._last:
                continue
            day, opening, high, low, close, volume, wap, count = row
            self.client.send(
                *(_UPDATE, self.request.req_id, count, day),
                *(opening, close, high, low, wap, volume),
            )
            self.start, self._last = start, row


@define
class LiveBars:
    """All requests that are kept up to date, of all clients."""

    _world: World
    _open: list[LiveBar] = field(factory=list)

    @classmethod
    def of(cls, world: World) -> "LiveBars":
        """Keep bars of the world's tape up to date until something ends them."""
        live = cls(world)
        world.switches.when_begins(FaultKind.FARM_DOWN, lambda fault: live.break_off())
        world.switches.when_begins(FaultKind.RESTORED_1101, lambda fault: live.drop_all())
        return live

    def add(self, bar: LiveBar) -> None:
        """Keep one more up to date."""
        self._open.append(bar)

    def has(self, client: Client, req_id: int) -> bool:
        """Say whether this request of this client is open."""
        return any(_is(client, req_id)(bar) for bar in self._open)

    def open_for(self, client: Client) -> int:
        """Return how many requests of this client are open."""
        return sum(bar.client is client for bar in self._open)

    def remove(self, client: Client, req_id: int) -> bool:
        """End one request; say whether there was such a one."""
        found = self.has(client, req_id)
        self._open = [bar for bar in self._open if not _is(client, req_id)(bar)]
        return found

    def forget(self, client: Client) -> None:
        """End all requests of a client that is gone."""
        self._open = [bar for bar in self._open if bar.client is not client]

    def drop_all(self) -> None:
        """End everything without a word, as after 1101."""
        self._open.clear()

    def break_off(self) -> None:
        """End everything with 10182, as when a farm goes down."""
        for bar in self._open:
            bar.client.error(
                bar.request.req_id, 10182, "Failed to request live updates (disconnected)."
            )
        self._open.clear()

    def advance(self, now: datetime) -> None:
        """Send what has changed since the last time, step by step."""
        if self._world.switches.on(FaultKind.LOST_1100):
            return
        for bar in self._open:
            first = to_epoch(bar.sent)
            last = shown_now(self._world.switches, bar.listing.ticker, to_epoch(now))
            for moment in range(first - first % _EVERY + _EVERY, last + 1, _EVERY):
                bar.send(self._bars(bar, moment), self._world)
            bar.sent = now

    def _bars(self, bar: LiveBar, moment: int) -> Columns:
        size = bar.request.size
        first = min(bar.start, moment - (2 * size.seconds or _LOOK_BACK))
        found = self._world.tape.bars(bar.listing, size, first, moment, regular=bar.request.regular)
        return found[-2:]


def _is(client: Client, req_id: int) -> Callable[[LiveBar], bool]:
    return lambda bar: bar.client is client and bar.request.req_id == req_id
