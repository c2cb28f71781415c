"""How far our clock is from the broker's."""

from datetime import timedelta

from sellcore.usecases.watch_state import Ports

_NONE = timedelta(0)


def clock_skew(ports: Ports) -> timedelta:
    """
    Return our clock minus the broker's, as far as an answer proves it.

    The broker read its clock at some instant between the question and the answer. One
    that takes long says little, and a gateway that is slow must not make our clock wrong.

    Raises:
        BrokerUnavailable: the broker did not tell the time.
    """
    asked = ports.clock.now()
    told = ports.broker.server_time()
    least, most = sorted((asked - told, ports.clock.now() - told))
    return min(max(_NONE, least), most)
