"""Recognising a gateway by its first bytes, and what is told of a login that fails."""

import errno
import socket
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.scripted_gateway import packed

from adapters.ib import greeting
from adapters.ib.greeting import machine_zone, server_version
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


def test_stranger_is_told_what_to_check() -> None:
    """The usual cause is a wrong port."""
    with pytest.raises(InvalidValue) as refusal:
        server_version(b"HTTP/1.1 400 Bad Request")

    assert str(refusal.value) == (
        "what listens there does not speak the TWS API; check --host and --port, "
        "or see 'sellcli doctor'"
    )


def test_only_an_impossible_length_is_not_waited_for() -> None:
    """Up to 4096 bytes may still come; of more, no greeting is made."""
    assert server_version((4096).to_bytes(4, "big")) is None
    with pytest.raises(InvalidValue, match="does not speak the TWS API"):
        server_version((4097).to_bytes(4, "big"))


@pytest.mark.parametrize("version", [76, 156, 179, 201])
def test_versions_we_cannot_read_are_refused(version: int) -> None:
    """Neither an ancient gateway nor one that ignores what we offered is talked to."""
    with pytest.raises(InvalidValue) as refusal:
        server_version(packed((version, WORDS)))

    assert str(refusal.value) == (
        f"server version {version} is not one of 157 to 178; install a current TWS or IB Gateway"
    )


@pytest.mark.parametrize(
    ("clock", "zone"),
    [
        ("20250415 19:38:30 British Summer Time", "Europe/London"),
        ("20250415 19:38:30 EST", "America/New_York"),
        ("20250415 19:38:30 Central European Standard Time", "Europe/Warsaw"),
        ("20250415 19:38:30", None),
        ("20250415 19:38:30 heure d\u2019\u00e9t\u00e9", None),
        ("", None),
    ],
)
def test_zone_of_the_machine_stands_behind_its_clock(clock: str, zone: str | None) -> None:
    """In the words of that machine, whatever letters they have; some name none."""
    assert machine_zone(packed((178, clock))) == zone


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            socket.gaierror(-2, "Name or service not known"),
            "host 'ibgw' is not known; check --host",
        ),
        (UnicodeError("label too long"), "host 'ibgw' is not known; check --host"),
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
            "connection refused; start TWS or IB Gateway and enable its API",
        ),
        (
            ConnectionRefusedError("[WinError 1225] The remote computer refused"),
            "connection refused; start TWS or IB Gateway and enable its API",
        ),
        (
            OSError(f"Multiple exceptions: [Errno {errno.ECONNREFUSED}] a, [Errno 99] b"),
            "connection refused; start TWS or IB Gateway and enable its API",
        ),
        (
            OSError(errno.ENETUNREACH, "as the library words it"),
            "network is unreachable; check --host and --port",
        ),
        (OSError("Something ELSE"), "something else; check --host and --port"),
    ],
)
def test_port_that_cannot_be_reached_has_a_cause_and_a_remedy(
    error: OSError | ValueError, line: str
) -> None:
    """In one line, by what the system says."""
    assert greeting.dial_failed(error, "ibgw") == f"{line}, or see 'sellcli doctor'"


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (
            greeting.hung_up(178),
            "the gateway hung up during the login; choose another --client-id",
        ),
        (
            greeting.hung_up(0),
            "the port was opened and closed again; trust this address in the API settings of TWS "
            "or IB Gateway",
        ),
        (
            greeting.silence(reached=False, version=0, seconds=2.5),
            "no connection within 2.5 s; check --host, --port and firewalls",
        ),
        (
            greeting.silence(reached=True, version=0, seconds=20.0),
            "the port is open but said nothing for 20 s; accept the connection in the window of "
            "TWS or IB Gateway, or restart it",
        ),
        (
            greeting.silence(reached=True, version=178, seconds=20.0),
            "logged on, but no account was named within 20 s; wait until TWS or IB Gateway has "
            "logged in",
        ),
    ],
)
def test_login_that_does_not_end_says_how_far_it_came(told: str, line: str) -> None:
    """Each stage has causes of its own, and something to do about them."""
    assert told == f"{line}, or see 'sellcli doctor'"


def test_login_that_is_the_wrong_one_says_which_flag_mends_it() -> None:
    """The number that is taken, or the accounts that there are."""
    assert greeting.client_id_taken(7) == (
        "client id 7 is already in use; end the program that uses it or choose another with "
        "--client-id"
    )
    assert greeting.account_missing("DU3", ["DU1", "DU2"]) == (
        "account 'DU3' is not in this login, which has DU1, DU2; check --account"
    )


def test_greeting_is_taken_as_it_comes() -> None:
    """Byte by byte, and what follows it is none of its business."""
    talk = LoginTalk()
    for byte in packed((178, WORDS)):
        assert (talk.version, talk.zone) == (0, None)
        talk.greeted(bytes([byte]))

    talk.greeted(b"HTTP/1.1 400 Bad Request")

    assert (talk.version, talk.zone, talk.refusal) == (178, "Europe/London", None)


def test_what_follows_the_greeting_is_not_kept() -> None:
    """A line stands for weeks, and all that comes over it passes here."""
    talk = LoginTalk()
    talk.greeted(packed((178, WORDS)))

    tracemalloc.start()
    talk.greeted(bytes(10**6))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept < 10**5


def test_stranger_ends_the_login() -> None:
    """At its first bytes, and for the reason that they are a stranger's."""
    talk = LoginTalk()

    talk.greeted(b"SSH-2.0-OpenSSH_9.6")

    assert talk.version == 0
    assert talk.refused.is_set()
    assert talk.refusal is not None
    assert talk.refusal.startswith("what listens there does not speak the TWS API")


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


def test_last_complaint_is_the_one_that_is_quoted() -> None:
    """It is the nearest to the end of the login."""
    talk = LoginTalk()
    talk.early += [(502, "Couldn't connect to TWS"), (504, "Not connected")]

    assert talk.said() == " (the gateway said: 504 Not connected)"
