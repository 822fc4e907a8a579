"""Real mail servers on loopback: one that keeps to the protocol, and one that follows a script of faults."""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as POLICY
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "hub@agency.test", "correct-horse-battery"


@dataclass
class MailServer:
    """A mail server that is running. ``say`` may answer a step (``RCPT``, ``DATA``) with a line of its own."""

    port: int = 0
    tls: str = ""
    mails: list[Envelope] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    say: Callable[[str, str], str | None] = lambda step, about: None

    @property
    def origin(self) -> str:
        """The origin as settings and grants name it."""
        return f"{'smtps' if self.tls == 'tls' else 'smtp'}://127.0.0.1:{self.port}"

    @property
    def messages(self) -> list[EmailMessage]:
        """What was taken, parsed."""
        return [parsed(mail.content) for mail in self.mails if isinstance(mail.content, bytes)]

    # Hooks of aiosmtpd

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.steps.append("MAIL" + (" over tls" if session.ssl or self.tls == "tls" else ""))
        envelope.mail_from = address
        return self.say("MAIL", address) or "250 2.1.0 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        answer = self.say("RCPT", address) or "250 2.1.5 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.say("DATA", "") or "250 2.0.0 taken as 4711"
        if answer.startswith("2"):
            self.mails.append(envelope)
        return answer


class _Quiet(Controller):
    def factory(self) -> SMTP:
        with warnings.catch_warnings():  # it does not see that the line is encrypted from the beginning
            warnings.simplefilter("ignore", UserWarning)
            return super().factory()


def parsed(raw: bytes) -> EmailMessage:
    """Return a message as its reader's program takes it."""
    found = BytesParser(policy=POLICY).parsebytes(raw)
    assert isinstance(found, EmailMessage)
    return found


@contextmanager
def mail_server(
    context: ssl.SSLContext | None = None,
    *,
    tls: str = "",
    auth: bool = True,
    mechanisms: tuple[str, ...] = (),
    port: int = 0,
    password: str = PASSWORD,
) -> Iterator[MailServer]:
    """Run a server: ``tls`` is ``starttls``, ``tls`` or empty; with ``auth`` only the one user gets in."""
    found = MailServer(port or _free_port(), tls)

    def sign_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), password.encode())
        found.steps.append(f"AUTH {mechanism}")
        return AuthResult(success=right, handled=False)

    options: dict[str, Any] = {"hostname": "127.0.0.1", "port": found.port, "ready_timeout": 20}
    if auth:
        hidden = {"PLAIN", "LOGIN"} - set(mechanisms or ("PLAIN", "LOGIN"))
        options |= {"authenticator": sign_in, "auth_required": True, "auth_exclude_mechanism": hidden}
        options |= {"auth_require_tls": False} if tls != "starttls" else {}
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    elif tls == "tls":
        options |= {"ssl_context": context}
    controller = _Quiet(found, **options)
    controller.start()
    try:
        yield found
    finally:
        controller.stop()


Line = Callable[[socket.socket], None]


@dataclass
class Scripted:
    """A server that answers each command with the next line of its script, and then does what ``at_the_end`` says."""

    origin: str
    heard: list[bytes]


@contextmanager
def scripted(*answers: bytes, at_the_end: Line = lambda sock: None) -> Iterator[Scripted]:
    """Run a server that answers each thing it hears with the next of ``answers``; the first is the greeting.

    After an answer that begins with 354 it hears until the final dot.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    found = Scripted(f"smtp://127.0.0.1:{listener.getsockname()[1]}", [])

    def serve() -> None:
        with suppress(OSError), listener.accept()[0] as sock:
            heard = sock.makefile("rb")
            for answer in answers:
                sock.sendall(answer)
                end = b"\r\n.\r\n" if answer.startswith(b"354") else b""
                line = heard.readline()
                while end and line and not line.endswith(end):
                    line += heard.readline()
                found.heard.append(line)
            at_the_end(sock)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes an accept that waits
        listener.close()
        thread.join(10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])
