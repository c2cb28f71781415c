"""Numbers and times as the report writes them: a true minus, grouped thousands, UTC."""

from sellcore.instant import from_epoch

NONE = "\N{EN DASH}"
"""Stands where a figure has no value."""


def amount(value: float | None) -> str:
    """Return an amount in the account's currency, or a count: 1234.5 is ``1,234``."""
    return _number(value, ",.0f")


def cents(value: float | None) -> str:
    """Return an amount with its cents: ``1,234.50``."""
    return _number(value, ",.2f")


def signed_cents(value: float | None) -> str:
    """Return an amount with its cents and its sign: ``+1,234.50``."""
    return _number(value, "+,.2f")


def ratio(value: float | None) -> str:
    """Return a ratio with two digits."""
    return _number(value, ",.2f")


def percent(value: float | None) -> str:
    """Return a part as a percentage: 0.1234 is ``12.3 %``."""
    return _percentage(value, ",.1f")


def fine_percent(value: float | None) -> str:
    """Return a small part as a percentage: 0.01234 is ``1.23 %``."""
    return _percentage(value, ",.2f")


def signed_percent(value: float | None) -> str:
    """Return a part as a percentage with its sign: ``+12.3 %``."""
    return _percentage(value, "+,.1f")


def price(value: float) -> str:
    """Return the price of a fill, with four digits, more below one."""
    return _number(value, ",.4f" if abs(value) >= 1 else ",.6f")


def shares(value: float) -> str:
    """Return a number of shares: whole, or with the digits that a fraction has."""
    return _number(value, ",.10g")


def moment(time: int) -> str:
    """Return an instant in UTC: ``2020-03-02 14:30``."""
    return f"{from_epoch(time):%Y-%m-%d %H:%M}"


def _percentage(value: float | None, form: str) -> str:
    return NONE if value is None else f"{_number(value * 100, form)}\N{NO-BREAK SPACE}%"


def _number(value: float | None, form: str) -> str:
    """Return the number with a true minus, and no sign before what is rounded to nothing."""
    if value is None:
        return NONE
    text = format(value, form)
    if not any(digit in text for digit in "123456789"):
        text = text.lstrip("+-")
    return text.replace("-", "\N{MINUS SIGN}")
