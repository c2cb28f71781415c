"""Which ways of alerting the settings ask for."""

import json
import os
from base64 import b64decode
from datetime import UTC, datetime

import pytest
from tests.receivers import mail_server, script

from sellcli.compose.alerts import alerts, channels
from sellcli.setting_sources import load_settings
from sellcore.errors import ConfigError
from sellcore.ports.alerts import Cause, Notice

SECRET = "T0P5ECRET"  # noqa: S105 - no secret of anybody's
NOTICE = Notice(datetime(2022, 5, 20, tzinfo=UTC), Cause.HALTED, "DU0000001", "halted", {})
MAIL = {
    "alerts_smtp_host": "mail.example.com",
    "alerts_mail_from": "a@b.cd",
    "alerts_mail_to": "e@f.gh,i@j.kl",
}
SECRETS = {
    "SELLCLI_SMTP_USER": "larry",
    "SELLCLI_SMTP_PASSWORD": SECRET,
    "SELLCLI_WEBHOOK_TOKEN": SECRET,
    "SELLCLI_ARM": SECRET,
}


def names(environment=None, write=None, **flags):
    return [c.name for c in channels(load_settings(flags=flags), environment or {}, write)]


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path, monkeypatch):
    """Run where there are no files of anybody's."""
    monkeypatch.chdir(tmp_path)


def test_nothing_is_set_up_by_itself():
    """A terminal, where there is one, and no more."""
    assert names() == []
    assert names(write=print) == ["the terminal"]


def test_every_way_that_is_set_is_there():
    """The nearest to the person first, the slowest last."""
    flags = {
        "alerts_command": f"/bin/notify {SECRET}",
        "alerts_webhook": f"https://example.com/{SECRET}",
        **MAIL,
    }

    assert names(SECRETS, print, **flags) == [
        "the terminal",
        "the command notify",
        "the webhook at example.com",
        "mail over mail.example.com",
    ]


@pytest.mark.parametrize(("bell", "front"), [("yes", "\a"), ("no", "")])
def test_bell_is_as_it_is_set(bell, front):
    """Open-plan offices."""
    lines = []
    (terminal,) = channels(load_settings(flags={"alerts_bell": bell}), {}, lines.append)
    terminal.deliver(NOTICE)
    assert lines[0].startswith(f"{front}sellcli")


@pytest.mark.parametrize("missing", ["alerts_smtp_host", "alerts_mail_from", "alerts_mail_to"])
def test_half_a_mail_setup_is_refused_at_once(missing):
    """Not in the night when the first alert comes."""
    flags = {name: value for name, value in MAIL.items() if name != missing}
    if missing == "alerts_smtp_host":
        said = "alerts by mail have no server; set smtp_host in [alerts]"
    else:
        said = "alerts by mail lack an address; set mail_from and mail_to in [alerts]"
    with pytest.raises(ConfigError) as refusal:
        names(**flags)
    assert str(refusal.value) == said


@pytest.mark.parametrize(
    "flags",
    [
        {**MAIL, "alerts_smtp_tls": "none"},
        {"alerts_webhook": f"http://example.com/{SECRET}"},
    ],
)
def test_secret_that_would_travel_in_the_clear_is_refused_at_once(flags):
    """And the refusal does not hold it."""
    assert len(names(**flags)) == 1
    with pytest.raises(ConfigError, match="in the clear") as refusal:
        names(SECRETS, **flags)
    assert SECRET not in str(refusal.value)


def test_last_alert_is_told_before_the_program_ends(tmp_path):
    """A sale at the very end is worth a few seconds of waiting."""
    out = tmp_path / "told"
    words = script(tmp_path, f"import time; time.sleep(0.2); open({str(out)!r}, 'w').close()")

    with alerts(load_settings(flags={"alerts_command": words}), dict(os.environ), None) as fan:
        fan.send(NOTICE)

    assert out.exists()
    assert fan.failures() == ()


def test_mail_goes_to_everybody_who_is_named():
    """By the server that is set, from the address that is set."""
    with mail_server() as server:
        flags = {
            **MAIL,
            "alerts_smtp_host": "127.0.0.1",
            "alerts_smtp_port": str(server.port),
            "alerts_smtp_tls": "none",
        }
        (channel,) = channels(load_settings(flags=flags), {}, None)
        channel.deliver(NOTICE)

    ((sender, recipients, mail),) = server.mails
    assert (sender, recipients) == ("a@b.cd", ["e@f.gh", "i@j.kl"])
    assert mail["To"] == "e@f.gh, i@j.kl"


def test_mail_server_is_logged_in_to_with_what_the_environment_holds():
    """User and password, each by its own variable."""
    with mail_server(offers=("AUTH PLAIN",)) as server:
        flags = {
            **MAIL,
            "alerts_smtp_host": "127.0.0.1",
            "alerts_smtp_port": str(server.port),
            "alerts_smtp_tls": "none",
        }
        (channel,) = channels(load_settings(flags=flags), SECRETS, None)
        channel.deliver(NOTICE)

    (login,) = (line for line in server.said if line.startswith("AUTH PLAIN "))
    assert b64decode(login.split()[2]) == f"\0larry\0{SECRET}".encode()


def test_command_gets_the_environment_without_the_secrets(tmp_path):
    """Of the other ways, and of arming; the rest is its own business."""
    out = tmp_path / "env.json"
    words = script(
        tmp_path, f"import json, os; json.dump(dict(os.environ), open({str(out)!r}, 'w'))"
    )
    settings = load_settings(flags={"alerts_command": words})
    environment = {**os.environ, **SECRETS, "SELLCLI_STATE_DIR": "s", "MINE": "m"}
    with alerts(settings, environment, None) as fan:
        fan.send(NOTICE)
        fan.close(30)

    found = json.loads(out.read_text())
    assert fan.failures() == ()
    assert found["MINE"] == "m"
    assert found["SELLCLI_STATE_DIR"] == "s"
    assert SECRET not in found.values()
    assert "SELLCLI_SMTP_USER" not in found
