"""Recognising a gateway by its first bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.scripted_gateway import packed

from adapters.ib.greeting import server_version
from adapters.ib.login_talk import LoginTalk
from sellcore.errors import InvalidValue

WORDS = "20250415 19:38:30 British Summer Time"


@pytest.mark.parametrize("version", [157, 163, 173, 178])
def test_greeting_names_the_version(version: int) -> None:
    """Zone names in words, and what follows in the same segment, do no harm."""
    assert server_version(packed((version, WORDS)) + packed((15, 1, "DU1"))) == version


@given(cut=st.integers(0, len(packed((178, WORDS))) - 1))
def test_incomplete_greeting_is_waited_for(cut: int) -> None:
    """A greeting may come byte by byte."""
    assert server_version(packed((178, WORDS))[:cut]) is None


@pytest.mark.parametrize(
    "stranger",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
        b"220 smtp.example.org ESMTP\r\n",
        packed(("178",)),
        packed((178, WORDS, "more")),
        packed(("v178", WORDS)),
        packed(("", WORDS)),
        packed(("²", WORDS)),
        b"\0\0\0\0",
    ],
)
def test_other_protocols_are_no_gateway(stranger: bytes) -> None:
    """A web server, a shell or a mail server is told from a gateway at once."""
    with pytest.raises(InvalidValue, match="does not speak the TWS API"):
        server_version(stranger)


@pytest.mark.parametrize("version", [76, 156, 179, 201])
def test_versions_we_cannot_read_are_refused(version: int) -> None:
    """Neither an ancient gateway nor one that ignores what we offered is talked to."""
    with pytest.raises(InvalidValue, match=f"server version {version} is not one of 157 to 178"):
        server_version(packed((version, WORDS)))


def test_first_reason_against_a_login_is_the_one_that_is_told() -> None:
    """That the line goes then is only what comes of it."""
    talk = LoginTalk()

    talk.refuse("client id 1 is already in use")
    talk.refuse("the gateway hung up during the login")

    assert talk.refusal == "client id 1 is already in use"
    assert talk.refused.is_set()


def test_complaint_that_is_quoted_is_no_report_about_a_data_farm() -> None:
    """Those come with every login, and behind whatever went wrong."""
    talk = LoginTalk()
    assert talk.said() == ""
    talk.early += [(2104, "Market data farm connection is OK:usfarm")]
    assert talk.said() == ""

    talk.early += [(502, "Couldn't connect to TWS"), (2106, "HMDS data farm connection is OK")]

    assert talk.said() == " (the gateway said: 502 Couldn't connect to TWS)"
