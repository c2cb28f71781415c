"""Assignments: which ticker follows which rule."""

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

from sellcore.instrument import parse_ticker
from sellcore.rule import MovingAverageRule


@frozen
class Assignment:
    """
    One ticker follows one rule.

    Attributes:
        ticker: ``EXCHANGE:SYMBOL``; read in any case, kept in upper case.
        rule: The average that sells it.

    Raises:
        InvalidValue: the ticker is not EXCHANGE:SYMBOL.
    """

    ticker: str = field(converter=parse_ticker)
    rule: MovingAverageRule

    def __str__(self) -> str:
        return f"{self.ticker} follows {self.rule}"


def _read_only(rules: Mapping[str, MovingAverageRule]) -> Mapping[str, MovingAverageRule]:
    return MappingProxyType(dict(rules))


def _read_only_texts(texts: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(texts))


@frozen
class Assignments:
    """
    All assignments, as they were stored.

    Attributes:
        rules: The rule of each ticker, in stored order; read-only.
        problems: One line for each entry that cannot be used. Its ticker is
            absent from ``rules``, or stands there through another entry.
        unclear: Tickers that an entry speaks of but that have no rule, each with
            its problem. They want their owner's hand, not a default.
    """

    rules: Mapping[str, MovingAverageRule] = field(factory=dict, converter=_read_only)
    problems: tuple[str, ...] = ()
    unclear: Mapping[str, str] = field(factory=dict, converter=_read_only_texts)
