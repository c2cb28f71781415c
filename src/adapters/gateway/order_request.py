"""
Reading placeOrder: the fields of message 3 as one value, at any version 151..178.

The first 35 fields stand still for every client. Behind them lie blocks that
are there only when an earlier field asks for them, so they are walked in order.
A block that this gateway does not trade is refused rather than guessed at.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

from attrs import define, field, frozen

from adapters.gateway.refused import Refused

UNSET_ABOVE = Decimal("1E30")
"""Every client's idea of an unset number lies above this, or is 2147483647."""
UNSET_INTEGER = Decimal(2147483647)
FA_PROFILE_DROPPED = 177
NO_BLOCK = frozenset({"", "None"})  # clients echo the word that openOrder carries


@frozen
class OrderRequest:
    """
    What a client asks for, still in its own words.

    Attributes:
        order_id: The client's number for the order.
        contract: The 12 contract fields, conId first.
        action: ``BUY`` or ``SELL`` if the client keeps to the rules.
        quantity: Shares; None when left out.
        type: The order type's word.
        limit: Limit price, None when unset; stop likewise.
        transmit: False parks the order; left out means False to a real Gateway.
        parent_id: The client's number of the order it waits for, 0 for none.
        what_if: Asks for margins only.
        unsupported: Names of the features it uses that are not traded here.
    """

    order_id: int
    contract: tuple[str, ...]
    action: str
    quantity: Decimal | None
    type: str
    limit: Decimal | None
    stop: Decimal | None
    tif: str
    oca_group: str
    account: str
    order_ref: str
    transmit: bool
    parent_id: int
    outside_rth: bool
    what_if: bool
    unsupported: tuple[str, ...]


def number(text: str) -> Decimal | None:
    """
    Read a number; None for an empty or unset one.

    Raises:
        Refused: it is neither, with the gateway's code 320.
    """
    if not text or text == "Infinite":  # how ib_async spells infinity
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise Refused(320, f"Error reading request. Unable to parse {text!r}") from None
    if value.is_nan():
        raise Refused(320, f"Error reading request. Unable to parse {text!r}")
    return None if abs(value) > UNSET_ABOVE or value == UNSET_INTEGER else value


def integer(text: str) -> int:
    """Read a whole number; an empty or unset one is 0."""
    value = number(text)
    if value is not None and value != value.to_integral_value():
        raise Refused(320, f"Error reading request. Unable to parse {text!r}")
    return int(value or 0)


@define
class _Walk:
    """The fields not read yet, and what was met on the way that is not traded here."""

    rest: Iterator[str]
    unsupported: list[str] = field(factory=list)

    def text(self) -> str:
        try:
            return next(self.rest)
        except StopIteration:
            raise Refused(320, "Error reading request. The message ends too early") from None

    def number(self) -> Decimal | None:
        return number(self.text())

    def integer(self) -> int:
        return integer(self.text())

    def flag(self) -> bool:
        return self.text().lower() in {"1", "true"}

    def skip(self, count: int) -> None:
        for _ in range(count):
            self.text()

    def count(self) -> int:
        """Read how many items follow; more than any order has is a broken message."""
        count = self.integer()
        if not 0 <= count <= 1000:
            raise Refused(320, f"Error reading request. {count} items are not possible")
        return count

    def refuse(self, name: str, used: object) -> None:
        if used:
            self.unsupported.append(name)


def parse_place_order(fields: Sequence[str], version: int) -> OrderRequest:
    """
    Return the order that message 3 asks for.

    Args:
        fields: The whole message, its id first.
        version: The connection's server version, 151..178.

    Raises:
        Refused: the message cannot be read (320).
    """
    walk = _Walk(iter(fields[1:]))
    order_id = walk.integer()
    contract = tuple(walk.text().strip() for _ in range(12))
    walk.skip(2)  # secIdType, secId
    action, quantity, kind = walk.text().strip(), walk.number(), walk.text().strip()
    limit, stop, tif = walk.number(), walk.number(), walk.text().strip()
    oca_group, account = walk.text(), walk.text().strip()
    walk.skip(2)  # openClose, origin
    order_ref, transmit, parent_id = walk.text(), walk.flag(), walk.integer()
    walk.skip(4)  # blockOrder, sweepToFill, displaySize, triggerMethod
    outside_rth = walk.flag()
    walk.skip(1)  # hidden
    if contract[2] == "BAG":
        _skip_combo_legs(walk)
    _walk_allocation(walk, version)
    _walk_volatility(walk)
    _walk_scale_hedge_and_algo(walk)
    walk.skip(1)  # algoId
    what_if = walk.flag()
    _walk_tail(walk, kind)
    return OrderRequest(
        order_id=order_id,
        contract=contract,
        action=action.upper(),
        quantity=quantity,
        type=kind.upper(),
        limit=limit,
        stop=stop,
        tif=tif.upper(),
        oca_group=oca_group,
        account=account,
        order_ref=order_ref,
        transmit=transmit,
        parent_id=parent_id,
        outside_rth=outside_rth,
        what_if=what_if,
        unsupported=tuple(walk.unsupported),
    )


def _skip_combo_legs(walk: _Walk) -> None:
    walk.refuse("combo legs", used=True)
    for fields_per_item in (8, 1, 2):  # legs, their prices, routing parameters
        walk.skip(walk.count() * fields_per_item)


def _walk_allocation(walk: _Walk, version: int) -> None:
    walk.skip(1)  # sharesAllocation
    walk.refuse("discretionary amount", walk.number())
    walk.refuse("good after time", walk.text())
    walk.refuse("good till date", walk.text())
    group, _, _ = walk.text(), walk.text(), walk.text()
    walk.refuse("advisor group", group)
    if version < FA_PROFILE_DROPPED:
        walk.refuse("advisor profile", walk.text())
    walk.skip(7)  # modelCode, shortSaleSlot .. exemptCode, ocaType, rule80A, settlingFirm
    walk.refuse("all or none", walk.flag())
    walk.refuse("minimum quantity", walk.number())


def _walk_volatility(walk: _Walk) -> None:
    walk.skip(13)  # percentOffset .. volatilityType; only order types refused anyway use them
    delta_neutral = walk.text()
    walk.skip(1)
    walk.refuse("delta neutral order", delta_neutral not in NO_BLOCK)
    if delta_neutral:
        walk.skip(8)
    walk.skip(4)  # continuousUpdate, referencePriceType, trailStopPrice, trailingPercent


def _walk_scale_hedge_and_algo(walk: _Walk) -> None:
    walk.skip(2)
    increment = walk.number()
    if increment is not None and increment > 0:
        walk.refuse("scale order", used=True)
        walk.skip(7)
    walk.refuse("scale table", walk.text())
    walk.refuse("active start time", walk.text())
    walk.refuse("active stop time", walk.text())
    hedge = walk.text()
    if hedge:
        walk.refuse("hedge order", hedge)
        walk.skip(1)
    walk.skip(4)  # optOutSmartRouting, clearingAccount, clearingIntent, notHeld
    if walk.flag():
        walk.refuse("delta neutral contract", used=True)
        walk.skip(3)
    algo = walk.text()
    if algo:
        walk.refuse("algorithm", algo)
        walk.skip(2 * walk.count())


def _walk_tail(walk: _Walk, kind: str) -> None:
    walk.skip(4)  # miscOptions, solicited, randomizeSize, randomizePrice
    if kind in {"PEG BENCH", "PEGBENCH"}:
        return  # its type is refused by name
    if walk.count():
        walk.refuse("conditions", used=True)
        return  # what follows cannot change the answer
    walk.refuse("adjusted order", walk.text() not in NO_BLOCK)
    walk.skip(9)  # triggerPrice .. softDollar value
    walk.refuse("cash quantity", walk.number())
