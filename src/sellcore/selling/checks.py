"""
The safety checks: one pure function each, all of them run, all answers kept.

A check that fails for now is waited for while the bar may still be decided; one
that fails for good denies at once. Either way the answer says what to do next.
"""

from collections.abc import Callable, Iterable

from sellcore.selling import limit_checks, market_checks, position_checks, run_checks
from sellcore.selling.facts import Facts
from sellcore.selling.verdict import Check, Verdict

CHECKS: tuple[Callable[[Facts], Check], ...] = (
    run_checks.mode_agrees,
    run_checks.is_armed,
    run_checks.is_not_halted,
    run_checks.line_stands,
    run_checks.is_reconciled,
    run_checks.clock_agrees,
    market_checks.market_is_open,
    market_checks.is_in_time,
    market_checks.bars_are_fresh,
    market_checks.average_has_converged,
    market_checks.is_not_suspended,
    position_checks.is_long,
    position_checks.is_as_decided,
    position_checks.shows_the_last_sale,
    position_checks.is_whole,
    position_checks.is_within_position,
    limit_checks.order_is_small_enough,
    limit_checks.day_is_small_enough,
    limit_checks.limit_can_be_set,
    position_checks.others_leave_it_alone,
    position_checks.others_are_accounted_for,
    limit_checks.broker_takes_it,
)
"""All checks, in the order they are shown."""


def judge(facts: Facts, checks: Iterable[Callable[[Facts], Check]] = CHECKS) -> Verdict:
    """Run every check, whatever the others say."""
    return Verdict(tuple(check(facts) for check in checks))
