"""What every way of alerting promises."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from attrs import frozen
from tests.receivers import mail_server, noting, script, web_server

from adapters.alerts.command import CommandChannel
from adapters.alerts.fan_out import FanOut
from adapters.alerts.memory_alerts import MemoryAlerts
from adapters.alerts.smtp import MailServer, Security, SmtpChannel
from adapters.alerts.terminal import TerminalChannel
from adapters.alerts.webhook import WebhookChannel
from sellcore.ports.alerts import Alerts, Cause, Notice

NOON = datetime(2022, 5, 20, 12, tzinfo=UTC)
TEXTS = ("order 7 for NASDAQ:MSFT is unknown; look in TWS", "sold 100 at 250.40", "déjà vu €")


def a_notice(text: str = TEXTS[0], cause: Cause = Cause.UNKNOWN, minutes: int = 0) -> Notice:
    facts = {"ticker": "NASDAQ:MSFT", "quantity": 100, "price": 250.4, "limit": None}
    return Notice(NOON + timedelta(minutes=minutes), cause, "DU0000001", text, facts)


@frozen
class Way:
    """
    One way of alerting.

    Attributes:
        alerts: The port.
        told: What a person has been told by now: the texts.
        finish: Wait until all that was sent has been tried.
    """

    alerts: Alerts
    told: Callable[[], list[str]]
    finish: Callable[[], None]


def over(*channels) -> FanOut:
    return FanOut(channels, pauses=(0.01, 0.01))


@contextmanager
def in_memory(folder: Path, works: bool) -> Iterator[Way]:
    alerts = MemoryAlerts()
    alerts.failing = "" if works else "it is to fail"
    yield Way(alerts, lambda: [n.text for n in alerts.sent] if works else [], lambda: None)


@contextmanager
def by_command(folder: Path, works: bool) -> Iterator[Way]:
    words, kept = noting(folder)
    fan = over(CommandChannel(words if works else script(folder, "sys.exit(3)")))
    yield Way(fan, lambda: [str(row["text"]) for row in kept()], lambda: fan.close(30))


@contextmanager
def by_mail(folder: Path, works: bool) -> Iterator[Way]:
    answers = {} if works else {"DATA": "554 5.7.1 not from you"}
    with mail_server(answers=answers) as server:
        there = MailServer("127.0.0.1", server.port, Security.NONE)
        fan = over(SmtpChannel(there, "sellcli@example.com", ["larry@example.com"]))

        def told() -> list[str]:
            return [mail.get_content().splitlines()[0] for _, _, mail in server.mails]

        yield Way(fan, told, lambda: fan.close(30))


@contextmanager
def by_webhook(folder: Path, works: bool) -> Iterator[Way]:
    with web_server(status=200 if works else 500) as server:
        fan = over(WebhookChannel(server.address))

        def told() -> list[str]:
            return [json.loads(body)["text"] for _, _, body in server.posts] if works else []

        yield Way(fan, told, lambda: fan.close(30))


@contextmanager
def by_terminal(folder: Path, works: bool) -> Iterator[Way]:
    lines: list[str] = []

    def broken(text: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    fan = over(TerminalChannel(lines.append if works else broken))

    def told() -> list[str]:
        return [re.sub(r"^\asellcli: [a-z ]+: |\n$", "", line) for line in lines]

    yield Way(fan, told, lambda: fan.close(30))


WAYS = [in_memory, by_command, by_mail, by_webhook, by_terminal]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """Reach this machine's own servers, wherever the tests run."""
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture(params=WAYS)
def works(request, tmp_path):
    with request.param(tmp_path, True) as way:
        yield way


@pytest.fixture(params=WAYS)
def fails(request, tmp_path):
    with request.param(tmp_path, False) as way:
        yield way


class TestAlerts:
    def test_all_that_is_sent_arrives_once_and_in_order(self, works):
        """A person reads what happened as it happened."""
        for minute, text in enumerate(TEXTS):
            works.alerts.send(a_notice(text, minutes=minute))
        works.finish()

        assert works.told() == list(TEXTS)
        assert works.alerts.failures() == ()

    def test_nothing_sent_is_no_failure(self, works):
        """Silence is not an error."""
        works.finish()

        assert works.told() == []
        assert works.alerts.failures() == ()

    def test_each_notice_that_fails_is_one_clean_line(self, fails):
        """Whoever sends is told afterwards, and is never interrupted."""
        fails.alerts.send(a_notice(cause=Cause.PROTECTION_GONE))
        fails.alerts.send(a_notice(cause=Cause.FILLED, minutes=1))
        fails.finish()

        first, second = fails.alerts.failures()
        assert fails.told() == []
        assert "'protection gone'" in first
        assert "'filled'" in second
        assert all(line.isprintable() for line in (first, second))

    def test_a_failure_is_told_once(self, fails):
        """The next call is about what came after."""
        fails.alerts.send(a_notice())
        fails.finish()

        assert len(fails.alerts.failures()) == 1
        assert fails.alerts.failures() == ()

    def test_hostile_texts_stop_nothing(self, works):
        """A broker's text may hold anything; the notice after it arrives as well."""
        works.alerts.send(a_notice("\x00\x1b[31m\r\nBcc: x@y.z\ud800\u202e" + "x" * 100_000))
        works.alerts.send(a_notice(TEXTS[1]))
        works.finish()

        assert len(works.told()) == 2
        assert works.told()[1] == TEXTS[1]
        assert works.alerts.failures() == ()


def test_one_way_that_fails_keeps_no_other_from_telling(tmp_path):
    """All ways at once, half of them broken: the others deliver everything."""
    with ExitStack() as stack:
        web = stack.enter_context(web_server())
        lines: list[str] = []
        words, kept = noting(tmp_path)
        fan = over(
            SmtpChannel(MailServer("127.0.0.1", 1, Security.NONE), "a@b.cd", ["e@f.gh"]),
            TerminalChannel(lines.append, bell=False),
            CommandChannel([str(tmp_path / "gone")]),
            CommandChannel(words),
            WebhookChannel(web.address),
        )
        for minute in range(3):
            fan.send(a_notice(minutes=minute))
        fan.close(30)

        assert (len(lines), len(kept()), len(web.posts)) == (3, 3, 3)
        assert len(fan.failures()) == 6


def test_sending_waits_for_nobody(tmp_path):
    """A receiver that hangs costs the seller no time, and is given up at the end."""
    hang = threading.Event()

    class Hanging:
        name = "a hanging way"

        def deliver(self, notice: Notice) -> None:
            hang.wait(30)

    fan = over(Hanging())
    began = monotonic()
    for minute in range(100):
        fan.send(a_notice(minutes=minute))
    sent = monotonic()
    fan.close(0.1)
    closed = monotonic()
    lines = fan.failures()
    hang.set()

    assert sent - began < 1
    assert closed - sent < 5
    assert len(lines) == 100
    assert all("the program ended first" in line for line in lines)
