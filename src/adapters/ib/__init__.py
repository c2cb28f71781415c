"""Interactive Brokers over ib_async; only this package knows what that library hides."""
