"""Every rule on every ticker of a universe, whole blocks of bars at once."""
