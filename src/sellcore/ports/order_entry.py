"""The order entry port: the only way to the broker that sends. Dry-run is wired without it."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol

from attrs import frozen

from sellcore.instrument import Instrument
from sellcore.order import OpenOrder
from sellcore.order_type import OrderType


@frozen
class SellOrder:
    """
    A sale as it goes on the wire; always a DAY order, in regular hours only.

    Attributes:
        order_id: The number it is sent with; never used before.
        account: The account that holds the shares.
        instrument: What to sell.
        quantity: Whole shares, above zero.
        order_type: At the market or at a limit.
        limit_price: None for a market order.
        order_ref: What it is found again by.
    """

    order_id: int
    account: str
    instrument: Instrument
    quantity: int
    order_type: OrderType
    limit_price: float | None
    order_ref: str

    def __str__(self) -> str:
        price = "" if self.limit_price is None else f" {self.limit_price}"
        return f"SELL {self.quantity} {self.order_type}{price} DAY"


class Word(Enum):
    """
    What kind of thing the broker said about an order.

    REFUSAL: it does not take a new order. REMARK: any other message with a code;
    the order may live on, whatever it sounds like.
    """

    STATUS = "status"
    ORDER = "order"
    EXECUTION = "execution"
    REFUSAL = "refusal"
    REMARK = "remark"


@frozen
class Reply:
    """
    Something the broker said of its own accord about an order of ours.

    It wakes whoever waits and is quoted to people. It never settles what became
    of an order: lists that end with their marker do.

    Attributes:
        order_id: The number of the order.
        word: What kind of thing was said.
        text: Status, or the broker's own words; one clean line.
        code: The broker's number for a refusal or a remark; else 0.
    """

    order_id: int
    word: Word
    text: str
    code: int = 0


class OrderEntry(Protocol):
    """Sends and cancels orders, under one client id."""

    @property
    def client_id(self) -> int:
        """The client id that orders are entered under."""
        ...

    def order_ids(self, count: int, above: int) -> Sequence[int]:
        """
        Return numbers for new orders, each above every number ever used.

        Args:
            count: How many.
            above: The highest number that is on record; the broker's own count
                may have been set back.

        Raises:
            BrokerUnavailable: the broker has not said where its count stands.
        """
        ...

    def place(
        self, orders: Sequence[SellOrder], halted: Callable[[], str | None] = lambda: None
    ) -> Sequence[SellOrder]:
        """
        Write each order to the wire once, in turn, and wait for nothing.

        Args:
            orders: What to write.
            halted: Asked right before each of them, in any thread: the broker takes only
                so many in a second. Once it gives a reason nothing more is written.

        Returns:
            Those that were written: all of them, or the first.

        Raises:
            BrokerUnavailable: none of them was written.
            SendUnclear: some may have been written.
        """
        ...

    def cancel(self, orders: Sequence[OpenOrder]) -> None:
        """
        Ask for these orders to be cancelled, and wait for nothing.

        With client id 0 also those entered by hand, which may have no number yet.

        Raises:
            BrokerUnavailable: the line is gone, or an order was given no number.
        """
        ...

    def replies(self, seconds: float) -> Sequence[Reply]:
        """
        Return what has been said since the last call; wait for the first word, not longer.

        Args:
            seconds: Wall-clock seconds to wait at most; 0 not to wait.
        """
        ...
