"""Checks on size: the order, the day, and a broker that does not take it."""

from sellcore.order_type import OrderType
from sellcore.quoting import rounded
from sellcore.selling.facts import Facts, OrderSize
from sellcore.selling.verdict import Check


def order_is_small_enough(facts: OrderSize) -> Check:
    """Check that the order has no more shares, and is worth no more, than was allowed."""
    policy = facts.policy
    small = (
        facts.quantity <= policy.max_shares_per_order and facts.value <= policy.max_value_per_order
    )
    return Check(
        "order size",
        small,
        f"{facts.quantity} shares worth {rounded(facts.value)}, at most "
        f"{policy.max_shares_per_order} worth {rounded(policy.max_value_per_order)}",
        "raise max_shares_per_order or max_value_per_order under [live], or sell it by hand",
    )


def day_is_small_enough(facts: OrderSize) -> Check:
    """Check that this order keeps the day within what was allowed."""
    policy, orders = facts.policy, facts.orders_today + 1
    value = facts.value_today + facts.value
    small = orders <= policy.max_orders_per_day and value <= policy.max_value_per_day
    return Check(
        "day's total",
        small,
        f"order {orders} of the day, {rounded(value)} in all; at most "
        f"{policy.max_orders_per_day} and {rounded(policy.max_value_per_day)}",
        "raise max_orders_per_day or max_value_per_day under [live], or sell it by hand",
    )


def limit_can_be_set(facts: Facts) -> Check:
    """Check that a limit order has a price; that is known before any other order goes for it."""
    wanted = (
        "at the market" if facts.policy.order_type is OrderType.MARKET else "a limit can be set"
    )
    return Check(
        "limit price",
        facts.no_limit is None,
        facts.no_limit or wanted,
        'set order_type = "MKT" under [live], or sell it by hand',
    )


def broker_takes_it(facts: Facts) -> Check:
    """Check that orders for it have not just been rejected, or lost, again and again."""
    limit = facts.policy.reject_limit
    return Check(
        "failed sends",
        facts.failed_sends < limit,
        f"orders for it rejected or lost {facts.failed_sends} times in a row, at most {limit - 1}",
        "read the broker's words (sellcli why), mend the cause, then sell it by hand once",
    )
