"""What a watch knows of the instruments that are held."""

from datetime import date

from attrs import Factory, define

from sellcore.contract import ContractDetails
from sellcore.instrument import Instrument
from sellcore.trading_days import TradingDays


@define
class Contracts:
    """
    What is known so far of each instrument. Only use cases change it.

    Attributes:
        details: The broker's word on each instrument, once it gave it.
        described_on: The UTC date of that.
        sessions: The exchange's sessions per instrument, around all its bars.
        sessions_from: The details they were made with.
    """

    details: dict[Instrument, ContractDetails] = Factory(dict)
    described_on: dict[Instrument, date] = Factory(dict)
    sessions: dict[Instrument, TradingDays] = Factory(dict)
    sessions_from: dict[Instrument, ContractDetails] = Factory(dict)
