"""What an order would do to the account, worked out without placing it. Pure."""

from decimal import Decimal

from adapters.gateway.account_values import margins
from adapters.gateway.holdings import Totals, commission_for
from adapters.gateway.order_messages import Margins
from adapters.gateway.orders import Order


def effect(order: Order, account: Totals, position: Decimal, price: Decimal) -> Margins:
    """
    Return the margins and the equity before and after the order, and what it would cost.

    Args:
        order: As it would be placed.
        account: The account in figures before it.
        position: Shares held of the same contract, negative when short.
        price: The price it would trade at.
    """
    after = position + order.terms.quantity * order.action.sign
    gross = account.gross_value + (abs(after) - abs(position)) * price
    cost = commission_for(order.terms.quantity, price)
    before_order, after_order = margins(account.gross_value), margins(gross)
    return Margins(
        initial=(before_order[0], after_order[0]),
        maintenance=(before_order[1], after_order[1]),
        equity=(account.net_liquidation, account.net_liquidation - cost),
        commission=cost,
    )
