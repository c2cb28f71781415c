"""Keeps what the libraries log off the user's terminal."""

import logging

from adapters.ib.notices import one_line

LOG = logging.getLogger("sellcli.ib")
"""Where this package logs; silent until the application gives it a handler."""

_LIBRARIES = ("ib_async", "eventkit")


class _Relay(logging.Handler):
    """Hands a library's records on as our own, at debug level, one clean line each."""

    def emit(self, record: logging.LogRecord) -> None:
        LOG.debug("%s: %s", record.name, one_line(record.getMessage()))


def quieten() -> None:
    """
    Route the libraries' loggers to ours.

    They call an expected refusal an error; what of it matters to a person is
    raised or returned by this package instead. Safe to call again.
    """
    if not LOG.handlers:
        LOG.addHandler(logging.NullHandler())
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.propagate = False
        if not any(isinstance(handler, _Relay) for handler in logger.handlers):
            logger.addHandler(_Relay())
