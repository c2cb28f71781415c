"""Sessions of stock exchanges, from tables that ship with the package."""

from adapters.calendar.session_table import SessionTable

__all__ = ["SessionTable"]
