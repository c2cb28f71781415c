"""From a gateway's ticks and market rules to our values; pure."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from ib_async import ContractDetails as IBContractDetails

from adapters.ib import wire_values as wire
from adapters.ib.pending import UNREADABLE, Frame
from sellcore.ports.quotes import MarketQuote
from sellcore.selling.limit_price import PriceStep

_PRICE, _GENERIC, _DATA_TYPE = "1", "45", "58"
"""Messages that are read; those of sizes and texts are not."""

_BID, _LAST, _HALTED = (1, 66), (4, 68), (49, 90)
"""Tick types, each live and delayed; the live one wins."""

_FROZEN = {2, 4}
"""Kinds of market data: as it was at the last close, live or delayed."""

_SMART = "SMART"


def quote(rows: Sequence[Frame]) -> MarketQuote:
    """
    Return what the ticks of one instrument tell; those that cannot be read tell nothing.

    Prices that are frozen are those of the last close, and no prices of now.
    """
    prices = _told(rows, _PRICE)
    if _data_type(rows) in _FROZEN:
        prices = {}
    return MarketQuote(
        bid=_price(_first(prices, _BID)),
        last=_price(_first(prices, _LAST)),
        suspended=_suspended(rows),
    )


def is_enough(rows: Sequence[Frame]) -> bool:
    """Say whether it is known to be halted, or known not to be and what is bid for it."""
    suspended = _suspended(rows)
    return suspended is True or (
        suspended is False and _first(_told(rows, _PRICE), _BID) is not None
    )


def market_rule_id(told: Sequence[IBContractDetails]) -> int | None:
    """Return the market rule of the SMART exchange, None where none is named for it."""
    for row in told:
        exchanges, rules = row.validExchanges.split(","), row.marketRuleIds.split(",")
        if len(exchanges) != len(rules):
            continue  # which belongs to which is not known
        for exchange, rule in zip(exchanges, rules, strict=True):
            text = rule.strip()
            if exchange.strip() == _SMART and text.isascii() and text.isdigit():
                return int(text)
    return None


def price_steps(fields: Frame) -> tuple[PriceStep, ...]:
    """
    Return the increments of a message 93, by rising price; the first holds from 0 on.

    Raises:
        ValueError: it cannot be read, or holds what is no increment.
    """
    try:
        count, texts = int(fields[2]), fields[3:]
        if not 0 < count <= len(texts) // 2:
            raise ValueError(f"{count} increments were announced")
        pairs = [(texts[2 * n], texts[2 * n + 1]) for n in range(count)]
    except LookupError:
        raise ValueError("a market rule is cut short") from None
    steps = sorted(
        (PriceStep(wire.decimal(edge), wire.decimal(size)) for edge, size in pairs),
        key=lambda step: step.above,
    )
    edges = [step.above for step in steps]
    if len(set(edges)) < len(edges) or edges[0] < 0:
        raise ValueError(f"price edges {', '.join(map(str, edges))}")
    if not all(0 < step.increment < wire.UNSET for step in steps):
        raise ValueError("a price increment is not above zero")
    return (PriceStep(Decimal(0), steps[0].increment), *steps[1:])


def one_step(min_tick: Decimal) -> tuple[PriceStep, ...]:
    """Return the increments where only the smallest one is known, or none where it is not."""
    return (PriceStep(Decimal(0), min_tick),) if min_tick > 0 else ()


def magnified(steps: Sequence[PriceStep], by: int) -> tuple[PriceStep, ...]:
    """
    Return increments in the unit that prices are quoted in: pence, not pounds.

    They are told in the currency. A whole multiple of an increment is a price that
    the exchange takes as well, so that to be wrong in this costs pennies, no order.
    """
    return tuple(PriceStep(step.above * by, step.increment * by) for step in steps)


def _told(rows: Sequence[Frame], message: str) -> dict[int, float]:
    """Return the latest value of each tick type among the messages of one kind."""
    return {kind: value for fields in rows for kind, value in _tick(fields, message)}


def _tick(fields: Frame, message: str) -> Iterator[tuple[int, float]]:
    try:
        if fields[0] == message:
            yield int(fields[3]), float(fields[4])
    except UNREADABLE:
        return


def _data_type(rows: Sequence[Frame]) -> int | None:
    kinds = [fields[3] for fields in rows if fields[0] == _DATA_TYPE and len(fields) > 3]
    return int(kinds[-1]) if kinds and kinds[-1].isascii() and kinds[-1].isdigit() else None


def _first(told: dict[int, float], kinds: Sequence[int]) -> float | None:
    return next((told[kind] for kind in kinds if kind in told), None)


def _suspended(rows: Sequence[Frame]) -> bool | None:
    """Return what the halted tick says: -1, and what is no number, is not known."""
    value = _first(_told(rows, _GENERIC), _HALTED)
    if value is None or not value >= 0:
        return None
    return value > 0


def _price(value: float | None) -> float | None:
    """Return a price; the broker writes 0 or -1 where there is none."""
    return value if value is not None and 0 < value < wire.UNSET else None
