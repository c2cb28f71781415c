"""The broker port, as far as it reads; there is no method here that sends."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sellcore.contract import ContractDetails, NoDetails
from sellcore.instrument import Instrument
from sellcore.order import OpenOrder
from sellcore.position import Position


class Broker(Protocol):
    """
    What the account holds and what works there, read anew at each call.

    Every method raises BrokerUnavailable where the broker did not answer in
    full: a partial answer is never handed on.
    """

    def positions(self) -> Sequence[Position]:
        """Return all positions of all accounts of this login; empty means flat."""
        ...

    def open_orders(self) -> Sequence[OpenOrder]:
        """Return all open orders of all clients, those entered by hand included."""
        ...

    def details(
        self, instruments: Sequence[Instrument]
    ) -> Mapping[Instrument, ContractDetails | NoDetails]:
        """Return the broker's word on each instrument, asked for by contract id."""
        ...

    def server_time(self) -> datetime:
        """Return the broker's clock, UTC, to the second."""
        ...
