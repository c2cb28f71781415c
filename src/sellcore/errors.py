"""
Every exception this product raises on purpose.

    SellError
    ├── InvalidValue            a value that cannot be what it claims to be
    ├── ConfigError             a setting, a file of the user's, a flag
    │   └── NotInstalled        what was asked for needs a package that is not there
    ├── Denied                  refused by us, with all reasons
    ├── StorageError            a durable write or read failed
    │   └── AnotherRuns         another process has what only one may use
    ├── IllegalMove             an intent cannot pass from that state to that one
    ├── Disagreement            two ways to the same decision differ: a fault of ours
    ├── CalendarError           no sessions are known for that exchange and day
    ├── ClockGone               the simulated time that is kept elsewhere cannot be had
    ├── NotDelivered            an alert did not get through on one of its ways
    └── BrokerError
        ├── BrokerUnavailable   the broker cannot be asked; asking again later is safe
        └── SendUnclear         an order may have been sent or not; never send it again

Expected outcomes (Hold, Abstain, NoBars) are values, not exceptions. Messages
are lower case and hold the value met, what was expected, and what to do next.
"""


class SellError(Exception):
    """The root: anything a user can be told in one line."""


class InvalidValue(SellError, ValueError):
    """A value that cannot be what it claims to be."""


class ConfigError(SellError):
    """A setting, a flag or a file of the user's is not usable as it is."""


class NotInstalled(ConfigError, ImportError):
    """What was asked for needs a package of an extra; the message says which, and how to get it."""


class Denied(SellError):
    """We refuse to act; the message carries every reason."""


class StorageError(SellError):
    """A durable read or write failed; what was to be stored is not stored."""


class AnotherRuns(StorageError):
    """Another process has what only one may use; the message says which, as far as is known."""


class IllegalMove(SellError):
    """An intent cannot pass from the state it is in to the one wanted."""


class Disagreement(SellError):
    """Two of our own ways to the same decision came to different ones; trust neither."""


class CalendarError(SellError):
    """No sessions are known for that exchange and day."""


class ClockGone(SellError):
    """
    Simulated time that another process keeps cannot be had any more.

    Not a BrokerError: those are tried again later, and later is a word for clocks.
    """


class NotDelivered(SellError):
    """An alert did not get through on one of its ways; the message holds no secret."""


class BrokerError(SellError):
    """The broker's side of a conversation failed."""


class BrokerUnavailable(BrokerError):
    """The broker cannot be asked now; nothing was sent, asking later is safe."""


class SendUnclear(BrokerError):
    """The line went while an order was written: it may be at the broker or not."""
