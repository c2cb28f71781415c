"""What can happen at one moment, in the order it is taken."""

WITHIN = 0
"""A limit was met within the bar that ends now."""

DECIDE = 1
"""A bar has closed, and is decided."""

AT_CLOSE = 2
"""An order is filled at the close itself."""

AT_OPEN = 3
"""An order is filled at the open of a bar that begins now."""

Moment = tuple[int, int]
"""Seconds since 1970 UTC, and a phase."""
