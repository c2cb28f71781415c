"""The use cases: they gather what a decision needs, and carry out what it says."""
