"""The orders that already work when a scenario begins."""

from collections.abc import Iterator

from adapters.gateway.order_book import OrderBook
from adapters.gateway.orders import (
    LIMITED,
    STOPPED,
    Action,
    Order,
    OrderType,
    Terms,
    TimeInForce,
)
from adapters.gateway.scenario import ScenarioOrder
from adapters.gateway.world import World
from sellcore.errors import ConfigError


def scenario_orders(world: World, book: OrderBook) -> Iterator[Order]:
    """
    Yield the scenario's orders, one by one, each to be kept before the next is asked for.

    Those of client 0 were entered by hand and have no order id yet; the others
    have the next id of their client.

    Raises:
        ConfigError: an order's time in force is unknown.
    """
    now = world.clock.now()
    for wanted in world.scenario.open_orders:
        listing = world.listings.by_con_id(wanted.con_id)
        if listing is None:
            continue
        yield Order(
            perm_id=book.new_perm_id(),
            client_id=wanted.client_id,
            order_id=book.next_order_id(wanted.client_id) if wanted.client_id else 0,
            listing=listing,
            action=Action(wanted.action),
            terms=_terms(wanted),
            account=world.scenario.account,
            placed=now,
            works_from=now,
            order_ref=wanted.order_ref,
        )


def _terms(wanted: ScenarioOrder) -> Terms:
    kind = OrderType(wanted.type)
    try:
        tif = TimeInForce(wanted.tif)
    except ValueError:
        raise ConfigError(
            f"open order on {wanted.ticker}: tif = {wanted.tif!r} is not DAY or GTC"
        ) from None
    return Terms(
        quantity=wanted.quantity,
        type=kind,
        limit=wanted.price if kind in LIMITED else None,
        stop=wanted.price if kind in STOPPED else None,
        tif=tif,
    )
