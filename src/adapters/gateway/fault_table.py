"""What each fault does and which parameters it takes; ``--help-faults`` prints this."""

from collections.abc import Mapping

from attrs import frozen

from adapters.gateway.faults import FaultKind as K
from adapters.gateway.faults import Form, Parameter

_REQUESTS = Parameter("requests", Form.NAMES)
_CLIENT = Parameter("client_id", Form.NUMBER, -1)


@frozen
class FaultHelp:
    """
    One line of the table.

    Attributes:
        text: What happens.
        parameters: Besides at, until and ticker.
        once: It happens at its instant and is over; otherwise it lasts until ``until``.
    """

    text: str
    parameters: tuple[Parameter, ...] = ()
    once: bool = False


def _once(text: str, *parameters: Parameter) -> FaultHelp:
    return FaultHelp(text, parameters, once=True)


def _lasts(text: str, *parameters: Parameter) -> FaultHelp:
    return FaultHelp(text, parameters)


HELP: Mapping[K, FaultHelp] = {
    K.DROP_SOCKET: _once("closes the sockets of all clients, or of client_id", _CLIENT),
    K.REFUSE_CONNECTIONS: _lasts("closes the listening port; clients that are in stay in"),
    K.SILENT_SOCKET: _lasts("new connections are accepted and nothing is ever said on them"),
    K.HALF_OPEN: _lasts("the sockets stay open, nothing is read or said on them any more"),
    K.CLIENT_ID_TAKEN: _lasts(
        "a connect with this client_id (-1: any) draws 326 and is closed", _CLIENT
    ),
    K.FRAGMENTED: _lasts("everything is sent byte by byte"),
    K.RESTART: _once("the gateway restarts: sockets close, orders not transmitted are lost"),
    K.ID_ROLLBACK: _once("restarts, and order ids that were never accepted are handed out again"),
    K.LOST_1100: _lasts(
        "1100; what is asked meanwhile hangs, or fails with answers = 'fail'; orders wait. "
        "1102 at until, unless restored_1101 or restored_1102 came before",
        Parameter("answers", Form.TEXT, "hang"),
    ),
    K.RESTORED_1101: _once("ends lost_1100 with 1101: data lost, every subscription is gone"),
    K.RESTORED_1102: _once("ends lost_1100 with 1102: data maintained"),
    K.FARM_DOWN: _lasts(
        "2103 and 2105; live bars end with 10182 and do not come back, history draws 162; "
        "2104 and 2106 at until"
    ),
    K.SLOW_ANSWERS: _lasts(
        "answers come so many seconds late on the wall clock",
        Parameter("seconds", Form.NUMBER, 5),
        _REQUESTS,
    ),
    K.MISSING_ANSWERS: _lasts("no answer at all; requests left out: to any of them", _REQUESTS),
    K.MISSING_END: _lasts("answers without the message that ends them", _REQUESTS),
    K.GARBLED_ANSWERS: _lasts(
        "what is told of positions, orders, executions, history or the time cannot be read",
        _REQUESTS,
    ),
    K.PACING_ERRORS: _lasts(
        "every n-th history request (default: each) draws the pacing 162",
        Parameter("every", Form.NUMBER, 1),
    ),
    K.MISSING_BARS: _lasts(
        "intraday bars starting in [from, to) are left out; default: the hour before at",
        Parameter("from", Form.INSTANT),
        Parameter("to", Form.INSTANT),
    ),
    K.REVISED_BARS: _lasts(
        "for so many seconds after its end a bar's close is so many ticks off, then true",
        Parameter("seconds", Form.NUMBER, 60),
        Parameter("ticks", Form.NUMBER, 5),
    ),
    K.LATE_BARS: _lasts(
        "a bar is left out until so many seconds after its end",
        Parameter("seconds", Form.NUMBER, 90),
    ),
    K.FROZEN_BARS: _lasts("history stands still as it was at at"),
    K.SPLIT: _once(
        "from here on all history and all prices are times old/new, volumes and positions "
        "times new/old; 4:1 means four new shares for one old",
        Parameter("ratio", Form.RATIO),
    ),
    K.CLOCK_SKEW: _lasts(
        "the time that clients are told is off by so many seconds",
        Parameter("seconds", Form.NUMBER, 120),
    ),
    K.WINDOWS_ZONE_NAMES: _lasts("zones are written as Windows calls them"),
    K.AMBIGUOUS_SYMBOL: _lasts("the symbol without a contract id means two contracts"),
    K.READ_ONLY: _lasts("the API is read-only: orders draw 321"),
    K.SET_POSITION: _once(
        "a trade by hand elsewhere: the ticker's position becomes quantity",
        Parameter("quantity", Form.NUMBER, 0),
    ),
    K.SILENT_ORDERS: _lasts(
        "no answer to an order; accepted says whether it works all the same",
        Parameter("accepted", Form.FLAG, default=True),
    ),
    K.SKIP_STATUS: _lasts("orderStatus messages are left out"),
    K.DUPLICATE_STATUS: _lasts("every orderStatus comes twice"),
    K.EXEC_BEFORE_OPEN: _lasts("execDetails come before the first openOrder"),
    K.PARTIAL_FILLS: _lasts(
        "orders fill in so many parts, one as time moves on", Parameter("parts", Form.NUMBER, 2)
    ),
    K.LATE_COMMISSION: _lasts(
        "commissionReport comes so many simulated seconds late",
        Parameter("seconds", Form.NUMBER, 60),
    ),
    K.EXEC_CORRECTION: _lasts("each execution is followed by its correction"),
    K.FILL_ON_CANCEL: _lasts("an order that is being cancelled fills instead"),
    K.REJECT_ORDERS: _lasts(
        "orders draw 201",
        Parameter("reason", Form.TEXT, "Order rejected - reason:Rejected by the scenario"),
    ),
    K.HOLD_399: _lasts("orders draw 399 and wait for the next open"),
    K.HALTED: _lasts(
        "trading in the ticker is halted: no order fills, prices stand still, and the ticks say so "
        "by this value: 1 halted, 2 by volatility; history is not touched",
        Parameter("value", Form.NUMBER, 1),
    ),
    K.NO_SUBSCRIPTION: _lasts(
        "market data is not subscribed to: asking for ticks draws this error; history is served",
        Parameter("code", Form.NUMBER, 354),
    ),
    K.TIF_10349: _lasts("orders draw 10349 (tif set from a preset) and live on"),
    K.CANCEL_10147: _lasts("cancelling draws 10147 and changes nothing"),
    K.CANCEL_10148: _lasts("cancelling draws 10148 and changes nothing"),
    K.WARN_2137: _lasts("a closing sell draws the cross-side warning 2137 and goes on"),
}


def help_rows() -> list[tuple[str, str, str]]:
    """Return (kind, parameters with their defaults, what happens) for every fault."""
    return [
        (str(kind), ", ".join(_shown(p) for p in entry.parameters), entry.text)
        for kind, entry in HELP.items()
    ]


def _shown(parameter: Parameter) -> str:
    if parameter.default is None:
        return f"{parameter.name} ({parameter.form.value})"
    default = str(parameter.default)
    return f"{parameter.name} = {default.lower() if parameter.form is Form.FLAG else default}"
