"""Checks on the position: never short, never more than is held and free."""

from sellcore.selling.facts import Facts, Held
from sellcore.selling.limits import OtherOrders
from sellcore.selling.other_orders import BY_HAND
from sellcore.selling.verdict import Check


def is_long(facts: Held) -> Check:
    """Check that shares are held; a short position is never touched."""
    return Check(
        "long",
        facts.held > 0,
        f"{facts.held.normalize():f} shares held",
        "there is nothing to sell",
    )


def is_as_decided(facts: Facts) -> Check:
    """Check that the position is as it was decided on, but for what our cancels let fill."""
    expected = facts.record.held - facts.cancelled_sold
    same = facts.held == expected
    # What an order that was asked to go has sold may be told behind the position.
    asked = facts.cancelled_sold > 0 or bool(facts.record.asked_to_go)
    return Check(
        "position",
        same,
        f"{facts.held.normalize():f} shares held, {expected.normalize():f} expected",
        "it was changed elsewhere meanwhile; the next bar decides anew",
        for_now=asked and not same,
    )


def shows_the_last_sale(facts: Facts) -> Check:
    """Check that the position is not told as it was before it was last sold, by anybody."""
    last, told = facts.hidden_sale, ""
    if last is not None:
        told = f", as before {last.filled.normalize():f} of them were sold"
    elif facts.unshown:
        told = f", as before trades sold {facts.unshown.normalize():f} of them"
    return Check(
        "last sale",
        not told,
        f"{facts.held.normalize():f} shares held{told}",
        "the broker does not show that sale yet; if you have bought them back, sell them by hand",
        for_now=True,
    )


def is_whole(facts: Held) -> Check:
    """Check that at least one whole share is free to be sold."""
    return Check(
        "quantity",
        facts.quantity >= 1,
        f"{facts.quantity} of {facts.held.normalize():f} shares can be sold",
        "other orders sell the rest; cancel them or leave it to them",
    )


def is_within_position(facts: Facts) -> Check:
    """Check that it sells no more than is held and not being sold already."""
    free = facts.held - facts.selling
    return Check(
        "within position",
        0 <= facts.quantity <= free and facts.quantity <= facts.record.held,
        f"selling {facts.quantity} of {free.normalize():f} that are free",
        "look at the open orders on it",
    )


def others_are_accounted_for(facts: Facts) -> Check:
    """Check that each order that has worked on it still does, or its end is told."""
    lost = ", ".join(map(str, facts.vanished))
    return Check(
        "missing orders",
        not facts.vanished,
        f"worked on it and are in no list now: {lost}" if lost else "none",
        "the broker's lists are read again",
        for_now=True,
    )


def others_leave_it_alone(facts: Facts) -> Check:
    """Check that no other order works on it that cannot, or must not, be cancelled."""
    policy = facts.policy
    standing = facts.foreign
    if policy.other_orders is OtherOrders.DENY:
        standing += facts.to_cancel
    way_out = "cancel them where they were entered, or let them sell it"
    if any(order.client_id == BY_HAND for order in facts.foreign):
        way_out += "; with --client-id 0 those entered by hand are cancelled first"
    listed = ", ".join(f"{order} (client {order.client_id})" for order in standing)
    return Check(
        "other orders",
        not standing,
        f"works on it: {listed}" if standing else "none that must be left alone",
        way_out,
        for_now=False,
    )
