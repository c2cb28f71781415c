"""What the doctor says of a login, before anybody trusts it."""

import socket
from pathlib import Path

import pytest
from attrs import evolve
from tests.receivers import noting, web_server

from sellcli.examination import examine, on_account
from sellcli.setting_sources import load_settings
from sellcli.settings import Settings


@pytest.mark.parametrize(
    ("port", "wanted", "accounts", "fine", "said"),
    [
        (4002, "", ("DU1",), True, "DU1 (paper)"),
        (4001, "", ("U1",), True, "U1 (live)"),
        (5000, "", ("U1",), True, "U1 (live)"),
        (4002, "U1", ("DU1",), False, "U1 is not among DU1 (paper); see --account"),
        (4002, "", ("DU1", "DU2"), False, "name one with --account"),
        (4001, "", ("DU1",), False, "port 4001 is usually IB Gateway, live account"),
        (7497, "", ("U1",), False, "port 7497 is usually TWS, paper account"),
    ],
)
def test_login_is_held_against_settings_and_port(
    port: int, wanted: str, accounts: tuple[str, ...], fine: bool, said: str
) -> None:
    """Another account than the one meant, or the other kind of it, is found before a sale."""
    found = on_account(evolve(Settings(), port=port, account=wanted), accounts)

    assert found.fine is fine
    assert said in found.text


def test_login_without_the_account_that_sells_is_found() -> None:
    """A watch of it would be refused at its start, at the time of day when it is needed."""
    found = on_account(evolve(Settings(), port=4002, live_account="DU9"), ("DU1",))

    assert (found.fine, found.text) == (
        False,
        "DU9, which [live] names, is not among DU1 (paper); nothing can be sold so: correct "
        "account in [live], or log in to it",
    )
    assert on_account(evolve(Settings(), port=4002, live_account="DU1"), ("DU1",)).fine


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Return flags of a folder without files and a port where nobody listens."""
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return {"port": listener.getsockname()[1], "account": "DU1"}


def on_alerts(
    flags: dict[str, object], environment: dict[str, str] | None = None, *, tried: bool
) -> list[tuple[bool, str]]:
    found = examine(load_settings(flags=flags), environment or {}, try_alerts=tried)
    return [(each.fine, each.text) for each in found if each.check == "alerts"]


def test_ways_of_alerting_are_named_and_nothing_is_sent(
    nowhere: dict[str, object], tmp_path: Path
) -> None:
    """Who only looks gets no alert."""
    command, told = noting(tmp_path)
    [(fine, text)] = on_alerts({**nowhere, "alerts_command": command}, tried=False)

    assert fine
    assert "--try-alerts" in text
    assert told() == []


def test_an_alert_goes_along_each_way_when_asked_to(
    nowhere: dict[str, object], tmp_path: Path
) -> None:
    """Each way by itself: one that fails says why, and the next is tried all the same."""
    command, told = noting(tmp_path)
    with web_server(status=500) as refusing:
        flags = {**nowhere, "alerts_command": command, "alerts_webhook": refusing.address}
        findings = on_alerts(flags, {"SELLCLI_ARM": "live"}, tried=True)

    assert [fine for fine, _ in findings] == [True, False]
    assert [each["cause"] for each in told()] == ["test"]
    assert told()[0]["account"] == "DU1"
    assert len(refusing.posts) == 1
    assert "not delivered: " in findings[1][1]
    assert "T0P5ECRET" not in findings[1][1]


def test_alerts_that_cannot_be_are_a_finding(nowhere: dict[str, object]) -> None:
    """Half a mail server is told, and the rest is looked at all the same."""
    findings = on_alerts({**nowhere, "alerts_mail_to": "a@b.cd"}, tried=False)

    assert findings == [(False, "alerts by mail have no server; set smtp_host in [alerts]")]


@pytest.mark.parametrize("tried", [True, False])
def test_no_way_is_amiss_for_who_wants_to_try_one(nowhere: dict[str, object], tried: bool) -> None:
    """A watch without alerts is as it may be; an alert that is asked for and cannot go is not."""
    [(fine, text)] = on_alerts(nowhere, tried=tried)

    assert fine is not tried
    assert "[alerts]" in text
