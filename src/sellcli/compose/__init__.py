"""The composition root: from settings to wired adapters, which nothing else here imports."""
