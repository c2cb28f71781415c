"""Who gets alerts in tests: a mail server and a web server on this machine, and a command."""

import json
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from attrs import define, field


@define
class MailServer:
    """
    As much of a mail server as a client that sends alerts meets.

    Attributes:
        offers: What EHLO is answered with.
        answers: By a command, or by its first word, what is said instead of yes.
        trust: Its certificate; needed for TLS and STARTTLS.
        at_once: Encrypted from the first byte.
        silent: It accepts and says nothing.
        mails: What it was given, each as (sender, recipients, mail).
        said: Every line of its clients, in the clear or not.
    """

    offers: tuple[str, ...] = ()
    answers: dict[str, str] = field(factory=dict)
    trust: ssl.SSLContext | None = None
    at_once: bool = False
    silent: bool = False
    mails: list[tuple[str, list[str], EmailMessage]] = field(factory=list)
    said: list[str] = field(factory=list)
    port: int = 0

    def serve(self, listener: socket.socket) -> None:
        """Serve one client after the other until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with suppress(OSError), client:
                    client.settimeout(10)
                    self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        if self.silent:
            client.recv(1)
            return
        if self.at_once:
            assert self.trust
            client = self.trust.wrap_socket(client, server_side=True)
        with client:
            self._talk(client, "220 here")

    def _talk(self, client: socket.socket, greeting: str | None) -> None:
        sender, recipients = "", []
        lines = client.makefile("rb")
        with lines:
            if greeting:
                self._say(client, self.answers.get("greeting", greeting))
            for raw in lines:
                line = raw.decode(errors="replace").rstrip("\r\n")
                self.said.append(line)
                word = line.partition(" ")[0].upper()
                if answer := self.answers.get(line.upper()) or self.answers.get(word):
                    self._say(client, answer)
                elif word == "EHLO":
                    said = ["here", *self.offers]
                    for offer in said[:-1]:
                        self._say(client, f"250-{offer}")
                    self._say(client, f"250 {said[-1]}")
                elif word == "STARTTLS":
                    self._say(client, "220 go on")
                    assert self.trust
                    with self.trust.wrap_socket(client, server_side=True) as secured:
                        self._talk(secured, None)
                    return
                elif word == "AUTH":
                    self._say(client, "235 welcome")
                elif word == "MAIL":
                    sender = line.partition(":")[2].partition(">")[0].strip("<")
                    self._say(client, "250 fine")
                elif word == "RCPT":
                    recipients.append(line.partition(":")[2].partition(">")[0].strip("<"))
                    self._say(client, "250 fine")
                elif word == "DATA":
                    self._say(client, "354 go on")
                    body = b"".join(iter(lines.readline, b".\r\n"))
                    mail = message_from_bytes(body, policy=policy.default)
                    assert isinstance(mail, EmailMessage)
                    self.mails.append((sender, list(recipients), mail))
                    self._say(client, "250 taken on")
                elif word == "QUIT":
                    self._say(client, "221 farewell")
                    return
                else:
                    self._say(client, "250 fine")

    @staticmethod
    def _say(client: socket.socket, line: str) -> None:
        client.sendall(f"{line}\r\n".encode())


@contextmanager
def mail_server(**how: object) -> Iterator[MailServer]:
    """Run a mail server on a free port of this machine."""
    server = MailServer(**how)  # type: ignore[arg-type]  # the caller names its attributes
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@define
class WebServer:
    """
    A web server that takes what is posted.

    Attributes:
        status: What it answers with.
        headers: Sent along.
        silent: It accepts and says nothing until it is ended.
        posts: What it was given, each as (path, headers, body).
    """

    status: int = 204
    headers: dict[str, str] = field(factory=dict)
    silent: bool = False
    posts: list[tuple[str, dict[str, str], bytes]] = field(factory=list)
    port: int = 0
    over: threading.Event = field(factory=threading.Event)

    @property
    def address(self) -> str:
        """Where to post to."""
        return f"http://127.0.0.1:{self.port}/hooks/T0P5ECRET"


@contextmanager
def web_server(**how: object) -> Iterator[WebServer]:
    """Run a web server on a free port of this machine."""
    server = WebServer(**how)  # type: ignore[arg-type]  # the caller names its attributes

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            server.posts.append((self.path, dict(self.headers), self.rfile.read(length)))
            self._answer()

        def do_GET(self) -> None:
            server.posts.append((f"GET {self.path}", dict(self.headers), b""))
            self._answer()

        def _answer(self) -> None:
            if server.silent:
                server.over.wait(10)
                return
            self.send_response(server.status)
            for name, value in server.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        server.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.over.set()
        listener.shutdown()
    thread.join(10)


def script(folder: Path, code: str, name: str = "receive.py") -> list[str]:
    """Return a command that runs Python code, which finds its input in ``given``."""
    path = folder / name
    path.write_text(f"import sys\ngiven = sys.stdin.read()\n{code}\n", encoding="utf-8")
    return [sys.executable, str(path)]


def noting(folder: Path) -> tuple[list[str], Callable[[], list[dict[str, object]]]]:
    """Return a command that keeps what it is given, and how to read that."""
    kept = folder / "kept.jsonl"
    command = script(folder, f"open({str(kept)!r}, 'a').write(given)")

    def read() -> list[dict[str, object]]:
        return [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []

    return command, read
