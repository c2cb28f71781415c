"""Contract details, symbol search and market rules."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from adapters.gateway.clients import Client, Handler
from adapters.gateway.faults import FaultKind
from adapters.gateway.hours import Hours
from adapters.gateway.listings import SMART, US_RULE, Listing, twin
from adapters.gateway.wire import whole
from adapters.gateway.world import World
from adapters.gateway.zones import zone_name

_DETAILS, _DETAILS_END, _SAMPLES, _RULE = 10, 52, 79, 93
_STOCK_TYPE: Final = 152
_SIZES: Final = 164
_MIN_SIZE_ONLY: Final = 163
_ISSUER: Final = 176
"""Versions: from here on the type of stock; three sizes, no version field; one size; issuers."""

_DAYS_TOLD: Final = 7
"""Dates that trading hours are told of: today and the next six."""

_PRE_MARKET, _AFTER_MARKET = timedelta(hours=5, minutes=30), timedelta(hours=4)
"""Extended hours of US stocks: 04:00 to 20:00, to 17:00 on a half day."""

ORDER_TYPES: Final = "ACTIVETIM,ALERT,COND,DAY,GTC,IOC,LMT,MKT,OCA,STP,STPLMT,WHATIF"

NOT_FOUND: Final = "No security definition has been found for the request"


def ambiguous(symbol: str) -> str:
    """Return what a request draws that could mean several contracts."""
    return f"The contract description specified for {symbol} is ambiguous."


def resolve(world: World, contract: Sequence[str]) -> list[Listing]:
    """Return what 12 contract fields may mean, the ambiguous-symbol fault included."""
    found = world.listings.resolve(contract)
    doubled = [
        twin(listing)
        for listing in found
        if not whole(contract[0]) and world.switches.on(FaultKind.AMBIGUOUS_SYMBOL, listing.ticker)
    ]
    return found + doubled


def the_listing(
    world: World, client: Client, req_id: int, contract: Sequence[str]
) -> Listing | None:
    """Return the one contract that is meant; otherwise tell the client 200 and return None."""
    found = resolve(world, contract)
    if len(found) == 1:
        return found[0]
    client.error(req_id, 200, ambiguous(contract[1]) if found else NOT_FOUND)
    return None


def handlers(world: World) -> dict[int, Handler]:
    """Return the handlers of reqContractDetails, reqMatchingSymbols and reqMarketRule."""

    def contract_details(client: Client, fields: list[str]) -> None:
        req_id, contract = whole(fields[2]), fields[3:15]
        found = resolve(world, contract)
        for listing in found:
            exchange = contract[7].strip() or SMART
            client.send(*_details(world, client, req_id, listing, exchange))
        if found:
            client.send(_DETAILS_END, 1, req_id)
        else:
            client.error(req_id, 200, NOT_FOUND)

    def matching_symbols(client: Client, fields: list[str]) -> None:
        found = world.listings.matching(fields[2])
        samples: list[object] = []
        for each in found:
            samples += (each.con_id, each.symbol, each.sec_type, each.exchange, each.currency, 0)
            if client.version >= _ISSUER:
                samples += (each.long_name, "")
        client.send(_SAMPLES, whole(fields[1]), len(found), *samples)

    def market_rule(client: Client, fields: list[str]) -> None:
        if fields[1] == US_RULE:
            client.send(_RULE, US_RULE, 1, 0, 0.01)
        else:
            client.error(-1, 321, "Error validating request.-'bS' : cause - Invalid market rule id")

    return {9: contract_details, 81: matching_symbols, 91: market_rule}


def _details(
    world: World, client: Client, req_id: int, listing: Listing, exchange: str
) -> list[object]:
    """Return the fields of a contractDetails message in the client's version."""
    sized, now = client.version >= _SIZES, world.clock.now()
    sizes: list[object] = ["0.0001", "0.0001", 100] if sized else []
    if client.version == _MIN_SIZE_ONLY:
        sizes = ["0.0001"]
    return [
        *((_DETAILS, req_id) if sized else (_DETAILS, 8, req_id)),
        *(listing.symbol, listing.sec_type, "", 0, "", exchange, listing.currency),
        *(listing.local_symbol, listing.trading_class, listing.trading_class),
        *(listing.con_id, listing.min_tick),
        *(() if sized else (100,)),
        *("", ORDER_TYPES, listing.valid_exchanges, 1, 0, _escaped(listing.long_name)),
        *(listing.exchange, "", "", "", "", zone_name(listing.zone, world.switches)),
        _hours_text(listing.hours, now, extended=listing.zone == "America/New_York"),
        _hours_text(listing.hours, now, extended=False),
        *("", "", 0, 1, "", "", listing.market_rule_ids, ""),
        *(("COMMON",) if client.version >= _STOCK_TYPE else ()),
        *sizes,
    ]


def _escaped(name: str) -> str:
    return name.encode("ascii", "backslashreplace").decode("ascii")


def _hours_text(hours: Hours, now: datetime, *, extended: bool) -> str:
    """Return ``20220520:0930-20220520:1600;20220521:CLOSED;...`` in the exchange's zone."""
    first = hours.day_of(now)
    last = first + timedelta(days=_DAYS_TOLD - 1)
    known = {session.day: session for session in hours.sessions(first, last)}
    before = _PRE_MARKET if extended else timedelta()
    after = _AFTER_MARKET if extended else timedelta()
    parts = []
    for n in range(_DAYS_TOLD):
        day = first + timedelta(days=n)
        session = known.get(day)
        if session is None:
            parts.append(f"{day:%Y%m%d}:CLOSED")
        else:
            begin = _clock(session.open - before, session.zone)
            parts.append(f"{begin}-{_clock(session.close + after, session.zone)}")
    return ";".join(parts)


def _clock(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y%m%d:%H%M}"
