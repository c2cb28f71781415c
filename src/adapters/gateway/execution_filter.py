"""The filter of reqExecutions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import frozen

from adapters.gateway.order_messages import ZONE
from adapters.gateway.order_request import integer
from adapters.gateway.orders import Execution
from adapters.gateway.refused import Refused, invalid

_FILTER_FIELDS = 7
_SIDES = {"BUY": 1, "BOT": 1, "SELL": -1, "SLD": -1}


@frozen
class ExecutionFilter:
    """
    Which executions a client asks for; a field that is empty or 0 lets all through.

    Attributes:
        since: Only those at or after this instant, UTC.
        side: 1 bought, -1 sold, 0 both.
    """

    client_id: int
    account: str
    since: datetime | None
    symbol: str
    sec_type: str
    exchange: str
    side: int

    def __call__(self, execution: Execution) -> bool:
        """Say whether the execution is one of those asked for."""
        order = execution.order
        listing = order.listing
        return (
            self.client_id in (0, order.client_id)
            and self.account in ("", order.account)
            and (self.since is None or execution.at >= self.since)
            and self.symbol in ("", listing.symbol)
            and self.sec_type in ("", listing.sec_type)
            and self.exchange in ("", "SMART", listing.exchange)
            and self.side in (0, order.action.sign)
        )


def parse_filter(fields: Sequence[str]) -> ExecutionFilter:
    """
    Read the filter from the seven fields client, account, time, symbol, type, exchange, side.

    Raises:
        Refused: the time or the side cannot be read, or a field is missing.
    """
    if len(fields) != _FILTER_FIELDS:
        raise Refused(320, "Error reading request 7. The message ends too early")
    client, account, since, symbol, sec_type, exchange, side = (f.strip() for f in fields)
    if side.upper() not in ("", *_SIDES):
        raise invalid(f"Invalid side {side!r} was entered")
    return ExecutionFilter(
        client_id=integer(client),
        account=account,
        since=_instant(since) if since else None,
        symbol=symbol.upper(),
        sec_type=sec_type.upper(),
        exchange=exchange.upper(),
        side=_SIDES.get(side.upper(), 0),
    )


def _instant(text: str) -> datetime:
    """Read ``20220520-13:30:00`` (UTC) or ``20220520 09:30:00 US/Eastern`` (no zone: ours)."""
    stamp, _, zone = text.replace("  ", " ").partition(" ")
    try:
        if "-" in stamp:
            return datetime.strptime(stamp, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
        clock, _, name = zone.partition(" ")
        local = datetime.strptime(f"{stamp} {clock}", "%Y%m%d %H:%M:%S")
        return local.replace(tzinfo=ZoneInfo(name) if name else ZONE).astimezone(UTC)
    except (ValueError, ZoneInfoNotFoundError):
        raise invalid(
            f"Invalid time {text!r}, the format is yyyyMMdd-HH:mm:ss or yyyyMMdd HH:mm:ss zone"
        ) from None
