"""Prices in words: the decimal that was quoted, never its float."""

from decimal import Decimal


def quoted(price: float) -> str:
    """Return the price as it was quoted, with at least two decimals: ``250.40``, ``0.0725``."""
    text = f"{Decimal(repr(float(price))):f}"
    whole, _, cents = text.partition(".")
    return f"{whole}.{cents.rstrip('0'):0<2}"


def rounded(value: float) -> str:
    """Return a computed value with four decimals, more where it is below one."""
    digits = 4 if abs(value) >= 1 else 6
    return f"{value:.{digits}f}"
