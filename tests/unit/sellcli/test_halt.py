"""``sellcli halt``, ``resume`` and what ``config`` shows of secrets, as a user has them."""

import json

import pytest
from click.testing import CliRunner

from sellcli.app import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command where there are no files of anybody's; it must end well."""
    monkeypatch.chdir(tmp_path)

    def invoke(*words, **environment):
        done = CliRunner().invoke(app, words, env=environment, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done

    return invoke


def test_halt_says_what_it_did_and_when_it_takes_effect(run, tmp_path):
    """With the file's whole path: a halt in the wrong directory halts nobody."""
    done = run("halt", "earnings", "tonight")

    assert (tmp_path / "state" / "halt").read_text() == "earnings tonight\n"
    assert done.stdout.startswith("halted: earnings tonight\n")
    assert f"{tmp_path / 'state' / 'halt'} is there" in done.stdout
    assert "sends nothing from its next cycle on, within a minute" in done.stdout
    assert "'sellcli resume' ends the halt" in done.stdout
    assert "does your sellcli run in this directory?" in done.stderr


def test_halt_twice_keeps_the_reason_unless_there_is_a_new_one(run):
    """Idempotent, also in a panic."""
    run("halt", "one")
    again = run("halt")
    same = run("halt", "one")
    anew = run("halt", "two")

    assert again.stdout.startswith("was halted already: one\n")
    assert same.stdout.startswith("was halted already: one\n")
    assert anew.stdout.startswith("halted anew: two\n")
    assert again.stderr == ""


def test_halt_without_a_reason_is_one(run):
    """There may be no time for words."""
    assert run("halt").stdout.startswith("halted: no reason was given\n")


def test_resume_says_what_it_did_and_when_it_takes_effect(run, tmp_path):
    """And what it was halted for; a second one has nothing to do."""
    run("halt", "earnings")
    done = run("resume")
    again = run("resume")

    assert not (tmp_path / "state" / "halt").exists()
    assert done.stdout.startswith("resumed; it was halted: earnings\n")
    assert "may send again from its next cycle on, within a minute" in done.stdout
    assert again.stdout == f"was not halted: no {tmp_path / 'state' / 'halt'} is there\n"


def test_resume_where_nothing_is_makes_nothing(run, tmp_path):
    """Looking leaves no trace."""
    run("resume")

    assert list(tmp_path.iterdir()) == []


def test_json_documents(run, tmp_path):
    """The same for programs."""
    path = str(tmp_path / "s" / "halt")
    flags = ("--json", "--state-dir", "s")

    assert json.loads(run("halt", "a\nb", *flags).stdout) == {
        "halted": True,
        "reason": "a b",
        "before": None,
        "file": path,
    }
    assert json.loads(run("resume", *flags).stdout) == {
        "halted": False,
        "reason": None,
        "before": "a b",
        "file": path,
    }


def test_config_says_of_secrets_only_whether_they_are_set(run):
    """In both forms; an empty variable is none."""
    given = {"SELLCLI_SMTP_PASSWORD": "T0P5ECRET", "SELLCLI_SMTP_USER": ""}
    text = run("config", **given).stdout
    document = json.loads(run("config", "--json", **given).stdout)

    assert "T0P5ECRET" not in f"{text}{document}"
    rows = {line.split("  ")[0]: line for line in text.splitlines()}
    assert "  set  " in rows["SELLCLI_SMTP_PASSWORD"]
    assert "  not set  " in rows["SELLCLI_SMTP_USER"]
    assert document["SELLCLI_SMTP_PASSWORD"]["value"] == "set"
    assert document["SELLCLI_SMTP_USER"]["value"] == "not set"
    assert document["SELLCLI_WEBHOOK_TOKEN"]["value"] == "not set"


def test_config_shows_only_the_host_of_a_webhook(run):
    """Chat services put a secret into the address."""
    given = {"SELLCLI_ALERTS_WEBHOOK": "https://example.com/T0P5ECRET"}
    text = run("config", **given).stdout
    document = json.loads(run("config", "--json", **given).stdout)

    assert "T0P5ECRET" not in f"{text}{document}"
    assert document["alerts.webhook"]["value"] == "https://example.com/..."
