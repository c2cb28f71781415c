"""What the broker says about a contract."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from attrs import frozen

from sellcore.instrument import Instrument
from sellcore.selling.limit_price import PriceStep
from sellcore.session import Session


@frozen
class ContractDetails:
    """
    The broker's own word on an instrument.

    Attributes:
        instrument: With its primary listing exchange.
        zone: IANA name of the exchange's time zone.
        min_tick: Smallest price step anywhere, in the instrument's currency.
        hours: Regular hours per exchange date, None for a day that is closed;
            only the days the broker spoke of, usually today and the next few.
        price_steps: The increments that prices of orders must have, by price, in the
            unit that they are quoted in.
    """

    instrument: Instrument
    zone: str
    min_tick: Decimal
    hours: Mapping[date, Session | None]
    price_steps: tuple[PriceStep, ...] = ()


@frozen
class NoDetails:
    """
    The broker did not describe the contract.

    Attributes:
        instrument: What was asked for.
        reason: The broker's text or ours, one line.
    """

    instrument: Instrument
    reason: str
