"""Each way of alerting by itself: what goes out, what is refused, and what no line ever holds."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
from datetime import UTC, datetime
from inspect import signature
from time import monotonic, sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.receivers import mail_server, noting, script, web_server

from adapters.alerts.command import CommandChannel
from adapters.alerts.message import as_json, cause_of, headline, is_this_machine, one_line
from adapters.alerts.smtp import MailServer, Security, SmtpChannel
from adapters.alerts.terminal import TerminalChannel
from adapters.alerts.webhook import WebhookChannel
from sellcore.errors import ConfigError, NotDelivered
from sellcore.ports.alerts import Cause, Notice

NOON = datetime(2022, 5, 20, 12, tzinfo=UTC)
SECRET = "T0P5ECRET"  # noqa: S105 - no secret of anybody's
HOSTILE = f"sold\r\nBcc: thief@example.com\r\n\r\n.\r\nQUIT\x00\x1b]0;x\x07\u202eabc{'x' * 9000}"


def a_notice(text="sold 100 at 250.40", cause=Cause.FILLED, **facts):
    return Notice(NOON, cause, "DU0000001", text, facts)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """Reach this machine's own servers, wherever the tests run."""
    monkeypatch.setenv("no_proxy", "*")


def why(channel, notice=None):
    """Return why a channel does not deliver; no secret is in it, nor in the channel."""
    with pytest.raises(NotDelivered) as refusal:
        channel.deliver(notice or a_notice())
    line = str(refusal.value)
    assert line.isprintable()
    assert SECRET not in f"{line}{refusal.value!r}{channel!r}{channel.name}"
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None
    return line


class TestMessage:
    def test_json_form_is_that_of_the_manual(self):
        """Programs of other people read it."""
        text = as_json(a_notice(ticker="NASDAQ:MSFT", quantity=100, price=250.4, limit=None))

        assert json.loads(text) == {
            "time": "2022-05-20T12:00:00Z",
            "cause": "filled",
            "account": "DU0000001",
            "text": "sold 100 at 250.40",
            "facts": {"ticker": "NASDAQ:MSFT", "quantity": 100, "price": 250.4, "limit": None},
        }

    @given(st.text(), st.dictionaries(st.text(), st.text() | st.floats() | st.integers()))
    def test_every_form_is_one_clean_line(self, text, facts):
        """Whatever the broker says: one line, and numbers that JSON knows."""
        notice = Notice(NOON, Cause.REJECTED, text, text, facts)
        found = json.loads(as_json(notice), parse_constant=pytest.fail)

        assert as_json(notice).isascii()
        assert "\n" not in as_json(notice)
        assert headline(notice).isprintable()
        assert found["text"].isprintable()
        assert found["account"].isprintable()
        for name, value in found["facts"].items():
            assert name.isprintable()
            assert not isinstance(value, str) or value.isprintable()

    def test_what_is_long_is_cut(self):
        """A text message is not a book."""
        assert len(as_json(a_notice("x" * 10**6, note="y" * 10**6))) < 2000
        assert one_line("x" * 501) == "x" * 500
        assert one_line(" " * 1999 + "seen") == "s"

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
    def test_number_that_does_not_exist_is_null(self, number):
        """JSON knows none of these."""
        assert json.loads(as_json(a_notice(price=number)))["facts"] == {"price": None}

    @pytest.mark.parametrize(
        ("error", "line"),
        [
            (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "no encrypted line could be agreed on"),
            (TimeoutError("timed out"), "no answer within 2.5 s"),
            (socket.gaierror(-2, SECRET), "its name is not known"),
            (PermissionError(13, "Permission\ndenied"), "permission denied"),
            (ConnectionResetError(SECRET), "connectionreseterror"),
        ],
    )
    def test_cause_is_told_in_words_of_the_system(self, error, line):
        """What an exception was given may be a secret."""
        assert cause_of(error, 2.5) == line

    def test_certificate_that_is_not_trusted_says_why(self):
        """In the words of whoever looked at it."""
        error = ssl.SSLCertVerificationError(1, SECRET)
        error.verify_message = "self-signed\ncertificate"

        assert cause_of(error, 1) == "its certificate is not trusted: self-signed certificate"

    @pytest.mark.parametrize(
        ("host", "here"),
        [
            ("localhost", True),
            ("127.0.0.1", True),
            ("::1", True),
            ("127.0.0.1.example.com", False),
            ("localhostX", False),
            ("", False),
        ],
    )
    def test_only_three_names_are_this_machine(self, host, here):
        """To it, and to no other, a secret may go in the clear."""
        assert is_this_machine(host) is here


class TestTerminal:
    @pytest.mark.parametrize(("bell", "front"), [(True, "\a"), (False, "")])
    def test_a_bell_and_one_line(self, bell, front):
        """The bell is optional; no text can ring it."""
        lines = []
        TerminalChannel(lines.append, bell=bell).deliver(a_notice("a\ab\x1b[2J\nc"))

        assert lines == [f"{front}sellcli: filled: a b [2J c\n"]

    def test_a_terminal_that_is_gone_is_a_failure(self):
        """A closed stream is not the end of the program."""

        def closed(text):
            raise ValueError("I/O operation on closed file.")

        assert why(TerminalChannel(closed)) == "it was closed"
        assert TerminalChannel(closed).name == "the terminal"

    def test_terminal_that_hung_up_is_a_failure(self):
        """With what the system says of it."""

        def hung_up(text):
            raise OSError(5, "Input/output error")

        assert why(TerminalChannel(hung_up)) == "input/output error; the terminal is gone"

    def test_bell_rings_unless_it_is_turned_off(self):
        """Whoever sits elsewhere in the room is to look."""
        lines = []
        TerminalChannel(lines.append).deliver(a_notice("a"))

        assert lines == ["\asellcli: filled: a\n"]


class TestCommand:
    def test_the_notice_comes_on_standard_input(self, tmp_path):
        """One JSON object, one line."""
        words, kept = noting(tmp_path)
        CommandChannel(words).deliver(a_notice())

        (row,) = kept()
        assert row == json.loads(as_json(a_notice()))

    def test_one_text_is_cut_as_a_shell_would_and_run_by_none(self, tmp_path):
        """Quotes hold words together; nothing in it means more than itself."""
        words = script(tmp_path, f"open({str(tmp_path / 'args')!r}, 'w').write(repr(sys.argv[1:]))")
        text = f"{words[0]} {words[1]} 'a b' $HOME ; rm *"
        CommandChannel(text).deliver(a_notice("`touch x`; $(touch y)"))

        assert (tmp_path / "args").read_text() == "['a b', '$HOME', ';', 'rm', '*']"
        assert {path.name for path in tmp_path.iterdir()} == {"args", "receive.py"}

    @pytest.mark.parametrize("words", ["", "  ", "'open", [], [""]])
    def test_no_program_is_refused_at_once(self, words):
        """Not in the night when the first alert comes."""
        with pytest.raises(ConfigError) as refusal:
            CommandChannel(words)

        assert str(refusal.value) == (
            "the command for alerts names no program; mend command in [alerts]"
        )

    def test_exit_code_is_the_receipt(self, tmp_path):
        """Anything but 0 is a failure; what the command printed is nobody's to show."""
        channel = CommandChannel(
            [*script(tmp_path, f"sys.stderr.write('{SECRET}'); sys.exit(7)"), SECRET]
        )

        assert why(channel) == "it ended with exit code 7; run it by hand"

    def test_nothing_of_it_reaches_the_screen(self, tmp_path, capfd):
        """What a run prints is for programs, too: a line of another's would break it."""
        says = "sys.stdin.read(); print('hello'); sys.stderr.write('world')"
        CommandChannel(script(tmp_path, says)).deliver(a_notice())

        assert tuple(capfd.readouterr()) == ("", "")

    @pytest.mark.parametrize("code", [1, 2, 255])
    def test_no_exit_code_but_nought_is_one(self, tmp_path, code):
        """Whatever a command means by it."""
        channel = CommandChannel(script(tmp_path, f"sys.exit({code})"))

        assert why(channel) == f"it ended with exit code {code}; run it by hand"

    @pytest.mark.parametrize("signal", [1, 9])
    def test_end_by_a_signal_is_a_failure(self, tmp_path, signal):
        """Out of memory looks like this."""
        usual = "import os, signal; signal.signal(1, signal.SIG_DFL)"  # below nohup, it is not
        channel = CommandChannel(script(tmp_path, f"{usual}; os.kill(os.getpid(), {signal})"))

        assert why(channel) == f"it was ended by signal {signal}"

    @pytest.mark.parametrize("error", [ProcessLookupError, PermissionError])
    def test_what_takes_too_long_is_ended_though_its_group_may_not_be(
        self, tmp_path, monkeypatch, error
    ):
        """It has put itself into another one, say."""

        def refuse(group, signal):
            raise error

        monkeypatch.setattr(os, "killpg", refuse)
        channel = CommandChannel(script(tmp_path, "import time; time.sleep(30)"), seconds=0.2)
        began = monotonic()

        assert why(channel) == "it ran for more than 0.2 s"
        assert monotonic() - began < 15

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (["/gone/away", SECRET], "no such file or directory"),
            (["/", SECRET], "permission denied"),
            (["a\0b"], "an argument cannot be passed on"),
        ],
    )
    def test_what_cannot_be_run_is_a_failure(self, words, reason):
        """The reason is the system's, and the arguments stay ours."""
        assert why(CommandChannel(words)) == f"it cannot be run: {reason}"

    def test_it_is_named_by_its_program_alone(self):
        """Its folder is long, and its arguments may be secrets."""
        assert CommandChannel(["/opt/some where/notify\n", SECRET]).name == "the command notify"

    def test_it_has_a_session_of_its_own(self, tmp_path):
        """Ctrl-C in our terminal does not end it half way."""
        code = f"import os; open({str(tmp_path / 'sid')!r}, 'w').write(str(os.getsid(0)))"
        CommandChannel(script(tmp_path, code)).deliver(a_notice())

        assert int((tmp_path / "sid").read_text()) != os.getsid(0)

    def test_it_gets_this_process_s_environment_where_none_is_given(self, tmp_path, monkeypatch):
        """As any command that is started from here."""
        monkeypatch.setenv("MINE", "m")
        code = f"import os; open({str(tmp_path / 'env')!r}, 'w').write(os.environ['MINE'])"
        CommandChannel(script(tmp_path, code)).deliver(a_notice())

        assert (tmp_path / "env").read_text() == "m"

    def test_what_takes_too_long_is_ended_with_all_it_started(self, tmp_path):
        """A hanging command holds nobody up, and leaves nothing behind."""
        alive = tmp_path / "alive"
        child = f"import time; time.sleep(2); open({str(alive)!r}, 'w')"
        code = f"import subprocess; subprocess.run([sys.executable, '-c', {child!r}])"
        began = monotonic()

        assert why(CommandChannel(script(tmp_path, code), seconds=0.5)) == (
            "it ran for more than 0.5 s"
        )
        assert monotonic() - began < 2
        sleep(2.2)
        assert not alive.exists()

    def test_what_does_not_read_its_input_is_fine(self):
        """A notification without details is one."""
        CommandChannel(["true"]).deliver(a_notice())

    def test_it_gets_the_environment_that_it_is_given(self, tmp_path):
        """Secrets of other ways can be kept back."""
        code = f"import os; open({str(tmp_path / 'env')!r}, 'w').write(repr(dict(os.environ)))"
        CommandChannel(script(tmp_path, code), environment={"KEPT": "1"}).deliver(a_notice())

        found = (tmp_path / "env").read_text()
        assert "'KEPT': '1'" in found
        assert "PATH" not in found


def a_server(server, security=Security.NONE, **login):
    return MailServer("127.0.0.1", server.port, security, **login)


def mail_to(server, **more):
    return SmtpChannel(server, "sellcli@example.com", ["larry@example.com", "b@c.de"], **more)


class TestMail:
    def test_mail_says_what_happened(self):
        """The subject is enough on a phone; the facts stand below."""
        with mail_server() as server:
            mail_to(a_server(server)).deliver(a_notice(ticker="NASDAQ:MSFT", limit=None, filled=0))

        ((sender, recipients, mail),) = server.mails
        assert sender == "sellcli@example.com"
        assert recipients == ["larry@example.com", "b@c.de"]
        assert mail["Subject"] == "sellcli: filled: sold 100 at 250.40"
        assert mail["From"] == "sellcli@example.com"
        assert mail["To"] == "larry@example.com, b@c.de"
        assert mail["Date"].datetime == NOON
        assert mail.get_content().splitlines() == [
            "sold 100 at 250.40",
            "",
            "cause: filled",
            "time: 2022-05-20T12:00:00Z",
            "account: DU0000001",
            "ticker: NASDAQ:MSFT",
            "filled: 0",
        ]

    @pytest.mark.parametrize("security", [Security.NONE, Security.TLS])
    def test_server_is_greeted_by_an_address(self, security, certificate, monkeypatch):
        """The name of this machine would be asked of a name server, and waited for."""
        monkeypatch.setattr(socket, "getfqdn", lambda name="": "asked.example.com")
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trust.load_cert_chain(*certificate)
        with mail_server(trust=trust, at_once=security is Security.TLS) as server:
            ours = ssl.create_default_context(cafile=certificate[0])
            mail_to(a_server(server, security), trust=ours).deliver(a_notice())

        assert server.said[0].upper() == "EHLO [127.0.0.1]"

    def test_mail_is_plain_ascii_and_has_a_number_of_the_sender(self):
        """Any server takes it, whatever the letters."""
        with mail_server() as server:
            mail_to(a_server(server)).deliver(a_notice("déjà vu €"))

        ((_, _, mail),) = server.mails
        assert mail["Content-Transfer-Encoding"] == "quoted-printable"
        assert re.fullmatch(r"<[0-9a-f]{20,}@example\.com>", mail["Message-ID"])

    def test_nothing_in_a_text_becomes_a_header_or_a_command(self):
        """Line breaks and dots of the broker's are only text."""
        with mail_server() as server:
            notice = Notice(NOON, Cause.REJECTED, HOSTILE, HOSTILE, {HOSTILE: HOSTILE})
            mail_to(a_server(server)).deliver(notice)

        ((_, recipients, mail),) = server.mails
        assert recipients == ["larry@example.com", "b@c.de"]
        assert set(mail.keys()) == {
            "Subject",
            "From",
            "To",
            "Date",
            "Message-ID",
            "Content-Type",
            "Content-Transfer-Encoding",
            "MIME-Version",
        }
        assert "Bcc" not in mail
        assert len(mail["Subject"]) <= 155  # where it is folded a space is added
        assert [line.upper() for line in server.said].count("QUIT") == 1

    def test_the_same_notice_is_the_same_mail(self):
        """A mail that had to be sent twice can be told from two mails."""
        with mail_server() as server:
            for text in ("a", "a", "b"):
                mail_to(a_server(server)).deliver(a_notice(text))

        first, again, other = (mail["Message-ID"] for *_, mail in server.mails)
        assert first == again != other

    @pytest.mark.parametrize(
        "address", ["", "larry", "a@b.c\nBcc: x@y.z", "a@b.c, d@e.f", "<a@b.c>", "a @b.c", '"@b']
    )
    def test_what_is_no_address_is_refused_at_once(self, address):
        """Neither sender nor recipient can smuggle a line in."""
        server = MailServer("localhost", 25, Security.NONE)
        for sender, recipient in ((address, "a@b.cd"), ("a@b.cd", address)):
            with pytest.raises(ConfigError) as refusal:
                SmtpChannel(server, sender, [recipient])
            assert str(refusal.value) == (
                f"{address!r} is not a mail address; mend mail_from or mail_to in [alerts]"
            )

    def test_nobody_to_send_to_is_refused_at_once(self):
        """A mail for nobody tells nobody."""
        with pytest.raises(ConfigError) as refusal:
            SmtpChannel(MailServer("localhost", 25, Security.NONE), "a@b.cd", [])

        assert str(refusal.value) == (
            "alerts by mail have nobody to go to; set mail_to in [alerts]"
        )

    def test_password_in_the_clear_is_refused_at_once(self):
        """Only this machine itself may be told a password without encryption."""
        for login in (("larry", SECRET), ("", SECRET), ("larry", "")):
            with pytest.raises(ConfigError) as refusal:
                mail_to(MailServer("mail.example.com", 25, Security.NONE, *login))
            assert str(refusal.value) == (
                "the mail password would cross the network to mail.example.com in the clear; "
                "set smtp_tls in [alerts] to 'starttls' or 'tls'"
            )
        mail_to(MailServer("mail.example.com", 25, Security.NONE))
        mail_to(MailServer("mail.example.com", 25, Security.TLS, "larry", SECRET))

    def test_login_is_made_where_there_is_one(self):
        """User and password as the server wants them, and shown by no repr."""
        with mail_server(offers=("AUTH PLAIN LOGIN",)) as server:
            there = a_server(server, user="larry", password=SECRET)
            mail_to(there).deliver(a_notice())

        assert any(line.startswith("AUTH ") for line in server.said)
        assert len(server.mails) == 1
        assert SECRET not in repr(there)
        assert "larry" not in repr(there)

    @pytest.mark.parametrize(
        ("offers", "answers", "line"),
        [
            ((), {"RCPT": "550 who"}, "the server takes mail for none of the addresses"),
            ((), {"MAIL": "550 no"}, "the server says no (code 550)"),
            ((), {"DATA": f"554 {SECRET}"}, "the server says no (code 554)"),
            ((), {"greeting": "554 closed"}, "the server says no (code 554)"),
            (
                ("AUTH PLAIN",),
                {"AUTH": f"535 {SECRET}"},
                "the server refuses the login (code 535); check SELLCLI_SMTP_USER and "
                "SELLCLI_SMTP_PASSWORD",
            ),
            ((), {}, "the server offers no login; unset SELLCLI_SMTP_USER"),
            (("AUTH NEW",), {}, "the server cannot be used: SMTPException"),
        ],
    )
    def test_refusals_are_told_in_our_own_words(self, offers, answers, line):
        """A server may repeat what it was told; we do not."""
        login = {} if answers and not offers else {"user": "larry", "password": SECRET}
        with mail_server(offers=offers, answers=answers) as server:
            assert why(mail_to(a_server(server, **login))) == line
        assert server.mails == []

    @pytest.mark.parametrize("half", [{"user": "larry"}, {"password": SECRET}])
    def test_half_a_login_is_no_mail_without_one(self, half):
        """A variable was forgotten: that is found out, whatever the server would take."""
        with mail_server() as server:
            assert "the server offers no login" in why(mail_to(a_server(server, **half)))
        assert server.mails == []

    def test_address_that_is_refused_beside_another_is_a_failure(self):
        """The other one has it; whoever was to be told may not know."""
        answers = {"RCPT TO:<I@J.KL>": "550 who"}  # each Python writes it another way
        with mail_server(answers=answers) as server:
            channel = SmtpChannel(a_server(server), "a@b.cd", ["e@f.gh", "i@j.kl"])
            assert why(channel) == "the server takes it, but not for 1 of the addresses"

        ((_, recipients, _),) = server.mails
        assert recipients == ["e@f.gh"]

    def test_password_that_smtp_cannot_carry_is_a_failure(self):
        """The library would repeat it in what it raises."""
        with mail_server(offers=("AUTH PLAIN",)) as server:
            channel = mail_to(a_server(server, user="larry", password=f"ü{SECRET}"))
            assert why(channel) == "the mail user or password has letters it cannot have"

    def test_server_that_is_silent_or_not_there_is_a_failure(self):
        """Both end within the time limit."""
        with mail_server(silent=True) as server:
            channel = mail_to(a_server(server), seconds=0.2)
            assert "silent" in why(channel) or "no answer" in why(channel)
        assert why(mail_to(a_server(server))) == "connection refused"
        assert why(mail_to(MailServer("no.such.host.invalid", 25, Security.NONE))) == (
            "its name is not known"
        )

    def test_server_that_begins_no_encryption_is_a_failure(self):
        """Its port is open, and that is all."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            there = MailServer("127.0.0.1", listener.getsockname()[1], Security.TLS)
            assert why(mail_to(there, seconds=0.2)) == "no answer within 0.2 s"

    def test_encryption_never_falls_back_to_none(self):
        """A server that offers no STARTTLS gets neither password nor mail."""
        with mail_server(offers=("AUTH PLAIN",)) as server:
            channel = mail_to(a_server(server, Security.STARTTLS, user="larry", password=SECRET))
            assert why(channel) == "the server offers no STARTTLS; nothing was sent"

        assert {line.partition(" ")[0].upper() for line in server.said} == {"EHLO"}

    def test_line_in_the_clear_is_no_tls(self):
        """A wrong port is told as what it is."""
        with mail_server() as server:
            assert why(mail_to(a_server(server, Security.TLS))) == (
                "no encrypted line could be agreed on"
            )

    @pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
    def test_encrypted_line_with_a_certificate_that_is_trusted(self, security, certificate):
        """The login comes after the encryption, and a stranger's certificate is refused."""
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trust.load_cert_chain(*certificate)
        how = {"trust": trust, "offers": ("STARTTLS", "AUTH PLAIN")}
        with mail_server(at_once=security is Security.TLS, **how) as server:
            there = a_server(server, security, user="larry", password=SECRET)
            mail_to(there, trust=ssl.create_default_context(cafile=certificate[0])).deliver(
                a_notice()
            )
            assert why(mail_to(there)).startswith("its certificate is not trusted: ")

        assert len(server.mails) == 1
        words = [line.partition(" ")[0] for line in server.said]
        if security is Security.STARTTLS:
            assert words.index("STARTTLS") < words.index("AUTH")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return a certificate for this machine and its key, made on the spot."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("makes its certificate with openssl, which is not here")
    folder = tmp_path_factory.mktemp("certificate")
    paths = folder / "certificate.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    written = ["-out", str(paths[0]), "-keyout", str(paths[1])]
    new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run(
        [openssl, *new, *subject, *written],
        check=True,
        capture_output=True,
    )
    return tuple(map(os.fspath, paths))


class TestWebhook:
    def test_notice_is_posted_as_json(self):
        """With its type, and with no token where there is none."""
        with web_server() as server:
            WebhookChannel(server.address).deliver(a_notice())
            assert WebhookChannel(server.address).name == "the webhook at 127.0.0.1"

        ((path, headers, body),) = server.posts
        assert headers["User-Agent"] == "sellcli"
        assert path == f"/hooks/{SECRET}"
        assert headers["Content-Type"] == "application/json"
        assert "Authorization" not in headers
        assert json.loads(body) == json.loads(as_json(a_notice()))

    def test_token_goes_along_as_a_bearer(self):
        """In its header, and nowhere else."""
        with web_server() as server:
            WebhookChannel(server.address, SECRET).deliver(a_notice())

        ((_, headers, body),) = server.posts
        assert headers["Authorization"] == f"Bearer {SECRET}"
        assert SECRET not in body.decode()

    @pytest.mark.parametrize(
        ("status", "hint"),
        [
            (300, "; name the address it leads to"),
            (301, "; name the address it leads to"),
            (302, "; name the address it leads to"),
            (307, "; name the address it leads to"),
            (399, "; name the address it leads to"),
            (400, ""),
            (401, "; check SELLCLI_WEBHOOK_TOKEN"),
            (403, "; check SELLCLI_WEBHOOK_TOKEN"),
            (404, ""),
            (429, ""),
            (500, ""),
            (503, ""),
        ],
    )
    def test_any_other_status_is_a_failure(self, status, hint):
        """The number is told, and neither the address nor the answer."""
        with web_server(status=status) as server:
            line = why(WebhookChannel(server.address, SECRET))

        assert line == f"it answers with status {status}{hint}"

    def test_it_goes_nowhere_else(self):
        """A redirect would take the token to a stranger and lose the notice."""
        with web_server() as stranger, web_server(status=302) as server:
            server.headers["Location"] = stranger.address
            assert "name the address it leads to" in why(WebhookChannel(server.address, SECRET))

        assert stranger.posts == []

    def test_server_that_is_silent_or_not_there_is_a_failure(self):
        """Both end within the time limit."""
        with web_server(silent=True) as server:
            assert why(WebhookChannel(server.address, seconds=0.2)) == "no answer within 0.2 s"
        assert why(WebhookChannel(server.address)) == "connection refused"
        assert why(WebhookChannel(f"https://no.such.host.invalid/{SECRET}")) == (
            "its name is not known"
        )

    def test_proxy_that_cannot_be_used_is_a_failure(self, monkeypatch):
        """Whatever the library makes of it, the notice did not arrive."""
        monkeypatch.delenv("no_proxy")
        monkeypatch.setenv("http_proxy", "strange://127.0.0.1:1")

        assert why(WebhookChannel(f"http://example.com/{SECRET}")) == "it cannot be reached"

    def test_what_is_no_web_server_is_a_failure(self):
        """A mail server's greeting is no answer."""
        with mail_server() as server:
            line = why(WebhookChannel(f"http://127.0.0.1:{server.port}/{SECRET}"))

        assert line == "what answers is no web server: BadStatusLine"

    @pytest.mark.parametrize("token", [f"{SECRET}\r\nX: y", f"{SECRET}€"])
    def test_token_that_no_header_can_hold_is_a_failure(self, token):
        """The library would repeat it in what it raises."""
        with web_server() as server:
            assert why(WebhookChannel(server.address, token)) == (
                "the token or the address has letters it cannot have"
            )

        assert server.posts == []

    @pytest.mark.parametrize(
        "address",
        ["", "example.com/x", "file:///etc/passwd", "ftp://a.b/c", "https:///x", "http://["],
    )
    def test_what_is_no_web_address_is_refused_at_once(self, address):
        """Nothing but http and https is ever opened."""
        with pytest.raises(ConfigError) as refusal:
            WebhookChannel(address)

        assert str(refusal.value) == (
            "webhook in [alerts] does not begin with https:// or http:// and a host"
        )

    def test_token_in_the_clear_is_refused_at_once(self):
        """Only this machine itself may be told a token without encryption."""
        with pytest.raises(ConfigError) as refusal:
            WebhookChannel(f"http://example.com/{SECRET}", SECRET)
        assert str(refusal.value) == (
            "the token would cross the network to example.com in the clear; "
            "begin webhook in [alerts] with https://"
        )
        WebhookChannel("http://example.com/")
        WebhookChannel("https://example.com/", SECRET)


@pytest.mark.parametrize("way", [CommandChannel, WebhookChannel, SmtpChannel])
def test_no_way_waits_long_for_who_stays_silent(way):
    """All alerts go through one thread: what hangs here holds up the others."""
    assert 1 <= signature(way).parameters["seconds"].default <= 30
