"""The meaning of error codes, and how untrusted texts are quoted."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.ib.notices import (
    LINE_EVENTS,
    LONGEST_TEXT,
    NOT_SUBSCRIBED,
    LineEvent,
    history_cause,
    is_about_market_rule,
    is_remark,
    one_line,
    refuses_ticks,
    refuses_unaddressed,
)
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
        (162, SERVICE + "Connectivity is broken", Cause.DISCONNECTED),
        (162, SERVICE + "NO ITEMS RETRIEVED", Cause.NO_DATA),
        (165, "Historical Market Data Service query message:no items retrieved", Cause.NO_DATA),
        (165, "query message:HMDS server disconnect occurred. Attempting reconnection", None),
        (162, SERVICE + "Historical Data Request Pacing Violation", Cause.PACING),
        (162, SERVICE + "HMDS query returned No Data: AAPL@SMART Trades", Cause.NO_DATA),
        (162, SERVICE + "API historical data query CANCELLED: 5", Cause.TIMEOUT),
        (162, SERVICE + "Disconnected from the HMDS server", Cause.DISCONNECTED),
        (165, "query message:no data was found", Cause.NO_DATA),
        (165, "Historical data request pacing violation", Cause.PACING),
        (165, "query cancelled", None),
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
        (1100, "Connectivity between IBKR and TWS has been lost", Cause.DISCONNECTED),
        (1300, "Socket port has been reset", Cause.DISCONNECTED),
        (2110, "Connectivity between TWS and server is broken", Cause.DISCONNECTED),
        (1101, "Connectivity restored - data lost", None),
        (1102, "Connectivity restored - data maintained", None),
        (399, "Order Message: warning", None),
        (2106, "HMDS data farm connection is OK:ushmds", None),
        (10167, "Displaying delayed market data", None),
        (99999, "something new", Cause.REFUSED),
    ],
)
def test_a_failed_request_for_bars_has_one_cause(code: int, text: str, cause: Cause | None) -> None:
    """One code means several things: its text decides, and a remark ends nothing."""
    assert history_cause(code, text) is cause


@pytest.mark.parametrize(
    ("code", "remark"),
    [
        *((code, True) for code in (165, 366, 399, 1101, 1102, 2100, 2104, 2158, 2199, 10167)),
        *((code, False) for code in (162, 200, 321, 326, 1100, 2099, 2200, 10090, 10168, 10197)),
    ],
)
def test_remark_ends_nothing(code: int, remark: bool) -> None:
    """Reports about data farms have the numbers from 2100 to 2199."""
    assert is_remark(code) is remark


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        *((code, True) for code in (200, 321, 354, 10089, 10168, 10186, 10197)),
        *((code, False) for code in (399, 2104, 10090, 10091, 10167)),
    ],
)
def test_ticks_are_refused_by_what_is_neither_a_remark_nor_about_some(
    code: int, refused: bool
) -> None:
    """Delayed ticks, and some of those that were asked for, are ticks."""
    assert refuses_ticks(code) is refused


def test_ticks_that_are_not_subscribed_to_are_so_for_the_day() -> None:
    """No other refusal is."""
    assert sorted(NOT_SUBSCRIBED) == [354, 10089, 10090, 10091, 10168, 10186]


@pytest.mark.parametrize(
    ("code", "refused"), [(319, False), (320, True), (321, True), (322, True), (323, False)]
)
def test_question_without_a_number_is_refused_as_invalid(code: int, refused: bool) -> None:
    """Any other error without a number is about something else."""
    assert refuses_unaddressed(code) is refused


def test_refusal_that_speaks_of_a_market_rule_is_about_one() -> None:
    """However it is spelled: it has no number to tell it by."""
    assert is_about_market_rule("cause - Invalid Market Rule id")
    assert not is_about_market_rule("cause - market data rule")


def test_line_to_the_servers_is_lost_and_restored_by_five_codes() -> None:
    """1101 says that what was subscribed to is gone, too."""
    assert LINE_EVENTS == {
        1100: LineEvent.LOST,
        1300: LineEvent.LOST,
        2110: LineEvent.LOST,
        1101: LineEvent.BACK_WITHOUT_DATA,
        1102: LineEvent.BACK,
    }


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("plain", "plain"),
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 300),
        (" " * 1199 + "seen", "s"),
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
    *(392, 426, 434, 435, 436, 505, 511, 512, 579, *range(10242, 10253)),
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
