"""What is asked of a backtest or a sweep, looked at before a bar is."""

from collections.abc import Iterable

from sellcore.backtest.actions import Action
from sellcore.backtest.assumptions import Assumptions
from sellcore.errors import InvalidValue
from sellcore.kinds import check_made_as
from sellcore.rule import MovingAverageRule


def assumed(assumptions: Assumptions | None) -> Assumptions:
    """Return the assumptions, those of ``Assumptions()`` where there are none."""
    if assumptions is None:
        return Assumptions()
    check_made_as("assumptions", assumptions, Assumptions)
    return assumptions


def a_rule(rule: object) -> MovingAverageRule:
    """Return a rule, and refuse what is none."""
    if not isinstance(rule, MovingAverageRule):
        raise InvalidValue(f"{rule!r} is no rule; sellcore.rule.parse_rule reads one from text")
    return rule


def rules_of(rules: object) -> tuple[MovingAverageRule, ...]:
    """Return rules, and refuse a single one: it is no list."""
    if isinstance(rules, str | MovingAverageRule) or not isinstance(rules, Iterable):
        shown = rules if isinstance(rules, MovingAverageRule) else repr(rules)
        raise InvalidValue(f"rules {shown} are no list of rules; give [parse_rule('SMA,50,D')]")
    return tuple(a_rule(rule) for rule in rules)


def listed(actions: object) -> tuple[Action, ...]:
    """Return corporate actions, and refuse what are none."""
    given = tuple(actions) if isinstance(actions, Iterable) else ()
    told = tuple(each for each in given if isinstance(each, Action))
    if not isinstance(actions, Iterable) or len(told) < len(given):
        shown = actions if isinstance(actions, Action) else repr(actions)
        raise InvalidValue(f"actions {shown} are no list of Action; parse_actions reads one")
    return told
