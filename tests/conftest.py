"""What holds for every test."""

from hypothesis import settings

# No promise of ours is about milliseconds, and a busy machine must not fail a law.
settings.register_profile("sellcli", deadline=None)
settings.load_profile("sellcli")
