"""Reading placeOrder as three real clients write it, at every version."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import ib_async
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibapi.client import EClient
from ibapi.contract import Contract as OfficialContract
from ibapi.contract import DeltaNeutralContract as OfficialDeltaNeutral
from ibapi.order import Order as OfficialOrder
from ibapi.order_condition import PriceCondition
from ibapi.tag_value import TagValue
from ibapi.wrapper import EWrapper
from tests.gateway.orders_world import order_fields

from adapters.gateway.order_request import OrderRequest, number, parse_place_order
from adapters.gateway.refused import Refused
from adapters.gateway.wire import format_field

VERSIONS = (157, 158, 160, 162, 163, 166, 169, 170, 173, 176, 177, 178)


class _IbAsync(ib_async.client.Client):
    """Writes as ib_async does and keeps the message."""

    def __init__(self, version: int) -> None:
        super().__init__(wrapper=None)
        self._serverVersion = version
        self.written = ""

    def isConnected(self) -> bool:  # noqa: N802
        return True

    def sendMsg(self, msg: str) -> None:  # noqa: N802
        self.written = msg


class _Official(EClient):  # type: ignore[misc]
    """Writes as the official client does and keeps the message."""

    def __init__(self, version: int) -> None:
        super().__init__(EWrapper())
        self.version = version
        self.written = ""

    def isConnected(self) -> bool:  # noqa: N802
        return True

    def serverVersion(self) -> int:  # noqa: N802
        return self.version

    def sendMsg(self, msgId: int, msg: str) -> None:  # noqa: N802, N803
        self.written = f"{msgId}\0{msg}"


Change = Callable[[Any, Any], None]


def by_ib_async(version: int, change: Change) -> list[str]:
    contract = ib_async.Contract(conId=272093, exchange="SMART")
    order = ib_async.Order(orderType="LMT", action="SELL", totalQuantity=100.0)
    change(contract, order)
    client = _IbAsync(version)
    client.placeOrder(12, contract, order)
    return client.written.split("\0")[:-1]


def by_official(version: int, change: Change) -> list[str]:
    contract, order = OfficialContract(), OfficialOrder()
    contract.conId, contract.exchange = 272093, "SMART"
    order.orderType, order.action, order.totalQuantity = "LMT", "SELL", Decimal(100)
    change(contract, order)
    client = _Official(version)
    client.placeOrder(12, contract, order)
    return client.written.split("\0")[:-1]


CLIENTS = pytest.mark.parametrize("write", [by_ib_async, by_official], ids=["ib_async", "official"])


def usual(contract: Any, order: Any) -> None:
    order.lmtPrice, order.tif, order.account = 251.25, "GTC", "DU1"
    order.orderRef, order.outsideRth, order.parentId = "ref-1", True, 11
    order.ocaGroup, order.transmit = "group", False


@CLIENTS
@pytest.mark.parametrize("version", VERSIONS)
def test_a_plain_order_reads_the_same_from_every_client(write: Any, version: int) -> None:
    """What a client fills in is what is read, whatever version it speaks."""
    request = parse_place_order(write(version, usual), version)
    assert request == OrderRequest(
        order_id=12,
        contract=("272093", "", "", "", request.contract[4], "", "", "SMART", "", "", "", ""),
        action="SELL",
        quantity=Decimal(100),
        type="LMT",
        limit=Decimal("251.25"),
        stop=None,
        tif="GTC",
        oca_group="group",
        account="DU1",
        order_ref="ref-1",
        transmit=False,
        parent_id=11,
        outside_rth=True,
        what_if=False,
        unsupported=(),
    )


@CLIENTS
@pytest.mark.parametrize("version", VERSIONS)
def test_what_if_is_found_behind_every_block(write: Any, version: int) -> None:
    """The what-if flag stands behind blocks of changing length and is read right."""

    def change(contract: Any, order: Any) -> None:
        usual(contract, order)
        order.whatIf = True

    assert parse_place_order(write(version, change), version).what_if


def _scale(contract: Any, order: Any) -> None:
    order.scaleInitLevelSize, order.scalePriceIncrement = 10, 0.5
    order.whatIf = True


def _hedge(contract: Any, order: Any) -> None:
    order.hedgeType, order.hedgeParam, order.whatIf = "B", "1.5", True


def _algo(contract: Any, order: Any) -> None:
    tag = ib_async.TagValue if isinstance(order, ib_async.Order) else TagValue
    order.algoStrategy, order.whatIf = "Adaptive", True
    order.algoParams = [tag("adaptivePriority", "Normal"), tag("x", "y")]


def _delta_neutral(contract: Any, order: Any) -> None:
    official = isinstance(order, OfficialOrder)
    contract.deltaNeutralContract = (
        OfficialDeltaNeutral() if official else ib_async.DeltaNeutralContract(1, 2.0, 3.0)
    )
    order.deltaNeutralOrderType, order.whatIf = "MKT", True


def _condition(contract: Any, order: Any) -> None:
    if isinstance(order, OfficialOrder):
        order.conditions = [PriceCondition(0, 1, "SMART", True, 9.5)]
    else:
        order.conditions = [ib_async.PriceCondition(conId=1, exch="SMART", price=9.5)]
    order.whatIf = True


BLOCKS: dict[str, Change] = {
    "scale order": _scale,
    "hedge order": _hedge,
    "algorithm": _algo,
    "delta neutral order": _delta_neutral,
    "conditions": _condition,
}


@CLIENTS
@pytest.mark.parametrize("version", [157, 176, 177, 178])
@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_are_walked_and_named(write: Any, version: int, name: str) -> None:
    """A feature that is not traded here is named, and what follows it is still read right."""
    request = parse_place_order(write(version, BLOCKS[name]), version)
    assert name in request.unsupported
    assert request.what_if


@CLIENTS
def test_combo_legs_are_walked(write: Any) -> None:
    """A combo's legs come in the middle and do not shift what follows."""

    def change(contract: Any, order: Any) -> None:
        usual(contract, order)
        contract.secType, order.whatIf = "BAG", True
        leg = ib_async.ComboLeg if isinstance(order, ib_async.Order) else _official_leg
        contract.comboLegs = [leg(), leg()]

    request = parse_place_order(write(178, change), 178)
    assert request.unsupported == ("combo legs",)
    assert request.what_if


def _official_leg() -> Any:
    from ibapi.contract import ComboLeg

    return ComboLeg()


def test_an_order_echoed_by_the_gateway_can_be_sent_again() -> None:
    """A client that changes the order it was given sends words like None; they are no block."""

    def change(contract: Any, order: Any) -> None:
        usual(contract, order)
        order.deltaNeutralOrderType = order.adjustedOrderType = "None"
        order.auxPrice, order.cashQty, order.minQty = 0.0, 0.0, 2147483647

    assert parse_place_order(by_ib_async(178, change), 178).unsupported == ()


def _emptied(fields: Iterable[str]) -> list[str]:
    """Return the message as the Node client writes it: whatever is not set is empty."""
    keep = {0, 1, 2, 8, 16, 17, 18, 19, 27, 89}
    return [text if n in keep else "" for n, text in enumerate(fields)]


def test_unset_fields_may_be_empty() -> None:
    """The Node client leaves everything empty that it was not given."""
    request = parse_place_order(_emptied(by_ib_async(178, usual)), 178)
    assert (request.order_id, request.quantity, request.type) == (12, Decimal(100), "LMT")
    assert (request.transmit, request.parent_id, request.what_if) == (False, 0, False)


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=80))
def test_a_message_that_ends_early_is_refused(kept: int) -> None:
    """A short message draws 320 and nothing is guessed."""
    fields = [format_field(value) for value in order_fields()][:kept]
    with pytest.raises(Refused) as caught:
        parse_place_order(fields, 178)
    assert caught.value.code == 320


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="\0"), max_size=12), st.integers(1, 90))
def test_any_text_in_any_field_is_read_or_refused(text: str, place: int) -> None:
    """Whatever a field holds, the answer is an order or a refusal with a code."""
    fields = [format_field(value) for value in order_fields()]
    fields[place] = text
    with suppress(Refused):  # anything else that is raised fails this test
        assert isinstance(parse_place_order(fields, 178), OrderRequest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2147483647",
        "1.7976931348623157e+308",
        "1.7976931348623157E308",
        str(2**127 - 1),
        "Infinite",
        "Infinity",
        "-Infinity",
    ],
)
def test_every_client_s_unset_number_is_none(text: str) -> None:
    """Clients mark unset numbers in different ways."""
    assert number(text) is None
