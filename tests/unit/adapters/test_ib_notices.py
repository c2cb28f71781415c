"""The meaning of error codes, and how untrusted texts are quoted."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.ib.notices import LONGEST_TEXT, history_cause, one_line
from adapters.ib.order_news import OrderNews
from sellcore.ports.order_entry import Reply, Word
from sellcore.request import Cause

SERVICE = "Historical Market Data Service error message:"


@pytest.mark.parametrize(
    ("code", "text", "cause"),
    [
        (162, SERVICE + "Historical data request pacing violation", Cause.PACING),
        (162, SERVICE + "HMDS query returned no data: AAPL@SMART Trades", Cause.NO_DATA),
        (162, SERVICE + "API historical data query cancelled: 5", Cause.TIMEOUT),
        (162, SERVICE + "No market data permissions for NYSE STK", Cause.REFUSED),
        (162, SERVICE + "HMDS server disconnect occurred", Cause.DISCONNECTED),
        (165, "Historical Market Data Service query message:no items retrieved", Cause.NO_DATA),
        (165, "query message:HMDS server disconnect occurred. Attempting reconnection", None),
        (162, SERVICE + "Historical Data Request Pacing Violation", Cause.PACING),
        (162, SERVICE + "HMDS query returned No Data: AAPL@SMART Trades", Cause.NO_DATA),
        (162, SERVICE + "API historical data query CANCELLED: 5", Cause.TIMEOUT),
        (162, SERVICE + "Disconnected from the HMDS server", Cause.DISCONNECTED),
        (100, "Max rate of messages per second has been exceeded", Cause.PACING),
        (420, "Invalid Real-time Query:Historical data request pacing violation", Cause.PACING),
        (366, "No historical data query found for ticker id:5", Cause.TIMEOUT),
        (200, "No security definition has been found for the request", Cause.REFUSED),
        (321, "Error validating request.-'bN' : cause - bad duration", Cause.REFUSED),
        (322, "Error processing request", Cause.REFUSED),
        (354, "Requested market data is not subscribed", Cause.REFUSED),
        (10197, "No market data during competing live session", Cause.REFUSED),
        (10187, "Failed to request historical ticks", Cause.REFUSED),
        (504, "Not connected", Cause.DISCONNECTED),
        (1100, "Connectivity between IBKR and Trader Workstation is lost", Cause.DISCONNECTED),
        (1300, "Socket port has been reset", Cause.DISCONNECTED),
        (2110, "Connectivity between TWS and server is broken", Cause.DISCONNECTED),
        (2106, "HMDS data farm connection is OK:ushmds", None),
        (10167, "Displaying delayed market data", None),
        (99999, "something new", Cause.REFUSED),
    ],
)
def test_a_failed_request_for_bars_has_one_cause(code: int, text: str, cause: Cause | None) -> None:
    """One code means several things: its text decides, and a remark ends nothing."""
    assert history_cause(code, text) is cause


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\r\n and\ttabs", "two lines and tabs"),
        ("bell\a esc\x1b[31m red", "bell esc [31m red"),
        ("right\u202eto left", "right to left"),
        ("\0\0", ""),
    ],
)
def test_texts_of_the_broker_are_one_plain_line(told: str, shown: str) -> None:
    """Nothing that a terminal would act on survives."""
    assert one_line(told) == shown


@given(st.text(max_size=2000))
@example("x" * 2000)
@example("a b " * 500)
def test_any_text_is_short_and_printable(told: str) -> None:
    """Length and characters are bounded whatever is sent, and cleaning twice adds nothing."""
    shown = one_line(told)
    assert len(shown) <= LONGEST_TEXT
    assert shown.isprintable()
    assert one_line(shown) == shown.strip()


REFUSED = (
    *(103, 106, 107, 109, 110, 133, 163, 200, 201, 203, 320, 321, 322, 382, 383, 387, 388, 391),
    *(392, 426, 434, 435, 436, 505, 511, 512, 579, 10242, 10243, 10247, 10252),
)
ALIVE = (
    *(104, 105, 135, 161, 202, 329, 399, 404, 463, 1100, 2102, 2109, 2137, 2148),
    *(10147, 10148, 10149, 10197, 10241, 10253, 10268, 10349, 99999),
)
"""The order works, waits, was cancelled or has filled: the broker's lists know which."""


@pytest.mark.parametrize(
    ("code", "word"),
    [*((code, Word.REFUSAL) for code in REFUSED), *((code, Word.REMARK) for code in ALIVE)],
)
def test_only_a_refusal_says_that_an_order_was_not_taken(code: int, word: Word) -> None:
    """What merely sounds final would have an order for rejected that is slow to be listed."""
    news = OrderNews(7)

    assert news.error(41, code, "so it says")

    assert news.take(0.0) == (Reply(41, word, "so it says", code),)
