"""Historical data: bars, the schedule of sessions, the first time stamp, live bars."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from attrs import define, field

from adapters.gateway.clients import Client, Handler
from adapters.gateway.columns import Columns
from adapters.gateway.contracts import the_listing
from adapters.gateway.distortions import distorted, shown_now
from adapters.gateway.faults import FaultKind
from adapters.gateway.history_messages import SERVICE, as_shown, bar_rows
from adapters.gateway.history_request import (
    HistoryRequest,
    Show,
    first_moment,
    read_request,
    read_show,
)
from adapters.gateway.listings import Listing
from adapters.gateway.live_bars import LiveBar, LiveBars
from adapters.gateway.pacing import MOST_OPEN, Pacing
from adapters.gateway.refused import Refused
from adapters.gateway.wire import whole
from adapters.gateway.world import World
from adapters.gateway.zones import utc_text, zone_name, zoned_text
from sellcore.instant import from_epoch, to_epoch

_DATA, _SCHEDULE, _HEAD = 17, 106, 88
_MOST_ROWS: Final = 150_000
"""Bars in one answer; more would not fit into one frame."""

_FARM_DOWN = f"{SERVICE}HMDS server disconnect occurred.  Attempting reconnection..."


@define
class History:
    """Answers historical requests and keeps the live ones going."""

    world: World
    live: LiveBars
    _pacing: dict[int, Pacing] = field(factory=dict)

    @classmethod
    def of(cls, world: World) -> "History":
        """Serve the world's tape."""
        return cls(world, LiveBars.of(world))

    def handlers(self) -> dict[int, Handler]:
        """Return the handlers of historical data and the head time stamp."""
        return {
            20: self._asked,
            25: self._cancelled,
            87: self._head_timestamp,
            90: lambda client, fields: None,
        }

    def advance(self, now: datetime) -> None:
        """Send what the live bars have become."""
        self.live.advance(now)

    def client_disconnected(self, client: Client) -> None:
        """Forget what a client had asked for."""
        self.live.forget(client)
        self._pacing.pop(client.client_id, None)

    def _asked(self, client: Client, fields: list[str]) -> None:
        req_id = whole(fields[1])
        try:
            request = read_request(fields, self.world.scenario.zone, client.version)
            self._admit(client, request)
        except Refused as refused:
            client.error(req_id, refused.code, refused.text)
            return
        listing = the_listing(self.world, client, req_id, request.contract)
        if listing is None:
            return
        if request.show is Show.SCHEDULE:
            self._schedule(client, request, listing)
        else:
            self._bars(client, request, listing)

    def _admit(self, client: Client, request: HistoryRequest) -> None:
        if self.live.has(client, request.req_id):
            raise Refused(322, "Error processing request.-'bM' : cause - Duplicate ticker id")
        if self.live.open_for(client) >= MOST_OPEN:
            raise Refused(
                322,
                "Error processing request.-'bM' : cause - Only 50 simultaneous API historical "
                "data requests allowed.",
            )
        self._pacing_of(client).check(request)
        if self.world.switches.on(FaultKind.FARM_DOWN):
            raise Refused(162, _FARM_DOWN)

    def _pacing_of(self, client: Client) -> Pacing:
        return self._pacing.setdefault(client.client_id, Pacing(self.world.switches))

    def _bars(self, client: Client, request: HistoryRequest, listing: Listing) -> None:
        switches = self.world.switches
        now = self.world.clock.now()
        as_of = shown_now(switches, listing.ticker, to_epoch(now))
        end = as_of if request.end is None else min(as_of, to_epoch(request.end))
        first = first_moment(request, listing.hours, from_epoch(end))
        bars = self.world.tape.bars(listing, request.size, first, end, regular=request.regular)
        if request.end is not None:
            bars = bars[bars.start < end]
        intraday = request.size.seconds > 0
        bars = distorted(bars, switches, listing, to_epoch(now), intraday=intraday)
        if not len(bars):
            venue = request.contract[7] or "SMART"
            what = request.show.value.replace("_", " ").title()
            text = f"{SERVICE}HMDS query returned no data: {listing.symbol}@{venue} {what}"
            client.error(request.req_id, 162, text)
        elif len(bars) > _MOST_ROWS:
            client.error(request.req_id, 162, f"{SERVICE}Time length exceed max.")
        else:
            shown = as_shown(bars, request.show, listing.min_tick)
            self._send(client, request, listing, shown, (first, end))
            if request.live:
                self.live.add(LiveBar(client, request, listing, int(bars.start[-1]), now))

    def _send(
        self,
        client: Client,
        request: HistoryRequest,
        listing: Listing,
        bars: Columns,
        span: tuple[int, int],
    ) -> None:
        rows = bar_rows(bars, request, listing, self.world.switches, client.version)
        edges = (zoned_text(moment, listing.zone, self.world.switches) for moment in span)
        fields = (value for row in rows for value in row)
        client.send(_DATA, request.req_id, *edges, len(rows), *fields)

    def _schedule(self, client: Client, request: HistoryRequest, listing: Listing) -> None:
        hours = listing.hours
        end = request.end or self.world.clock.now()
        first = hours.day_of(from_epoch(first_moment(request, hours, end)))
        sessions = hours.sessions(first, hours.day_of(end))
        if request.unit == "D":
            sessions = sessions[-request.count :]
        if not sessions:
            client.error(request.req_id, 162, f"{SERVICE}HMDS query returned no data")
            return
        zone = ZoneInfo(listing.zone)
        rows = [
            text
            for session in sessions
            for text in (
                f"{session.open.astimezone(zone):%Y%m%d-%H:%M:%S}",
                f"{session.close.astimezone(zone):%Y%m%d-%H:%M:%S}",
                f"{session.day:%Y%m%d}",
            )
        ]
        name = zone_name(listing.zone, self.world.switches)
        client.send(_SCHEDULE, request.req_id, rows[0], rows[-2], name, len(sessions), *rows)

    def _cancelled(self, client: Client, fields: list[str]) -> None:
        req_id = whole(fields[2])
        if self.live.remove(client, req_id):
            text = f"{SERVICE}API historical data query cancelled: {req_id}"
            client.error(req_id, 162, text)
        else:
            text = f"No historical data query found for ticker id:{req_id}"
            client.error(req_id, 366, text)

    def _head_timestamp(self, client: Client, fields: list[str]) -> None:
        req_id = whole(fields[1])
        try:
            read_show(fields[16], client.version)
        except Refused as refused:
            client.error(req_id, refused.code, refused.text)
            return
        listing = the_listing(self.world, client, req_id, fields[2:14])
        if listing is None:
            return
        first = self.world.tape.first_trade(listing)
        if first is None:
            client.error(req_id, 162, f"{SERVICE}No head time stamp")
        elif whole(fields[17]) == 2:
            client.send(_HEAD, req_id, first)
        else:
            client.send(_HEAD, req_id, utc_text(datetime.fromtimestamp(first, UTC)))
