"""One mail handed to a server: over a socket of the guard, within one deadline, as plain data back (RFC 5321).

It is a request like any other: the method `MAIL` to ``smtp://host:port`` or ``smtps://host:port``. The envelope is in
the headers ``Mail-From`` and ``Mail-To`` (addresses, divided by commas), the message is the body, 7-bit and whole.
Without ``Mail-To`` nothing is sent: the server is only asked to let the account in, and whether it takes mails of
``Mail-From``, where one is named: some servers say only then that they want an account.

Over ``smtp`` the line is encrypted by STARTTLS (RFC 3207) before anything else is said. ``Mail-Tls: none`` does
without, and only for an origin that the operator listed. The server's word becomes a status: 200 taken, 401 not let in,
429 not now, 422 refused; ``Smtp-Code`` and ``Smtp-Status`` (RFC 3463) say more.
"""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import ssl
import time
from contextlib import suppress
from typing import Any

from hub.core.declared import Target
from hub.vault.border import Answer, Failure, Outcome, Pairs, Result
from hub.vault.guard import Closed, Guard

_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")  # printable ASCII without blanks and angle brackets (RFC 5321, 4.1.2)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
_MOST_REPLIES = 64_000
"""Bytes that a server may say in one conversation."""
_LONGEST_TEXT = 500
_NOT_LET_IN = frozenset({530, 534, 535, 538})  # RFC 4954, section 6


class Smtp:
    """Hands mails over. ``tls`` checks certificates and makes sockets with a deadline."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext) -> None:
        self._guard = guard
        self._tls = tls

    def exchange(self, target: Target, headers: Pairs, body: bytes, seconds: float) -> Result:
        """Hand a mail over and return the server's word. Never raises.

        A `Failure` that was not ``sent`` means that the server cannot have taken the mail. From the moment at which the
        final dot is out until the server answers, nobody knows.
        """
        given = {name.lower(): value for name, value in headers}
        sender, recipients = given.get("mail-from", ""), [one for one in given.get("mail-to", "").split(",") if one]
        if any(not _ADDRESS.fullmatch(one) for one in (*recipients, *filter(None, [sender]))):
            return Failure(Outcome.REFUSED, "envelope")
        if not body.isascii() or b"\0" in body:
            return Failure(Outcome.REFUSED, "body")
        bare = given.get("mail-tls", "") == "none"
        if bare and not self._guard.lists(target):
            return Failure(Outcome.REFUSED, "scheme")
        talk = _Talk(target, self._tls, seconds)
        try:
            talk.begin(self._guard, bare=bare)
            talk.sign_in(given.get("authorization", ""))
            said = talk.hand_over(sender, recipients, body) if recipients else talk.try_sender(sender)
            talk.leave()
            return _answer(said)
        except _Said as no:
            return _answer(no)
        except Exception as error:
            return talk.failure(error)
        finally:
            talk.close()


class _Said(Exception):
    """What the server said: also raised, where it is a no."""

    def __init__(self, code: int, text: bytes, *, at_the_door: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.text = text.decode("ascii", "replace")
        self.at_the_door = at_the_door


class _Broken(Exception):
    """The conversation cannot go on; the argument is the failure."""


class _Client(smtplib.SMTP):
    """The library's half of the conversation, on a socket that is there already; what it reads is counted."""

    def __init__(self, sock: socket.socket, host: str) -> None:
        name = str(sock.getsockname()[0])
        super().__init__(local_hostname=f"[IPv6:{name}]" if ":" in name else f"[{name}]")  # RFC 5321, 4.1.3
        self.sock = sock
        self._host = host  # the name for which the certificate is checked
        self._read = 0

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Counted(self.sock.makefile("rb"), self)
        return super().getreply()

    def count(self, size: int) -> None:
        self._read += size
        if self._read > _MOST_REPLIES:
            raise _Broken(Failure(Outcome.REFUSED, "too_large"))

    def wrap(self, tls: ssl.SSLContext, seconds: float) -> None:
        """Encrypt the line. What was read before and not understood yet is forgotten (CVE-2011-0411)."""
        assert self.sock is not None
        self.sock.settimeout(seconds)
        self.sock = tls.wrap_socket(self.sock, server_hostname=self._host)
        self.sock.settimeout(seconds)
        self.file = self.ehlo_resp = self.helo_resp = None
        self.esmtp_features, self.does_esmtp = {}, False


class _Counted:
    def __init__(self, file: Any, client: _Client) -> None:
        self._file, self._client = file, client
        self.close = file.close

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._file.readline(limit)
        self._client.count(len(line))
        return line


class _Talk:
    """One conversation with a server, up to its deadline."""

    def __init__(self, target: Target, tls: ssl.SSLContext, seconds: float) -> None:
        self._target = target
        self._tls = tls
        self._until = time.monotonic() + seconds
        self._client: _Client | None = None
        self._dialled = False
        self._dot_is_out = False

    def begin(self, guard: Guard, *, bare: bool) -> None:
        """Dial, greet, and encrypt the line."""
        sock = guard.reach(self._target, self._left())
        self._dialled = True
        client = self._client = _Client(sock, self._target.host)
        sock.settimeout(self._left())
        if self._target.scheme == "smtps":
            client.wrap(self._tls, self._left())
        self._expect(client.getreply(), 220)
        self._greet()
        if self._target.scheme == "smtp" and not bare:
            if not client.has_extn("starttls") or client.docmd("STARTTLS")[0] != 220:
                raise _Broken(Failure(Outcome.TLS, "starttls"))
            client.wrap(self._tls, self._left())
            self._greet()

    def sign_in(self, authorization: str) -> None:
        """Sign in by PLAIN, or by LOGIN where the server knows no other (RFC 4954, RFC 4616)."""
        kind, _, pair = authorization.partition(" ")
        if kind != "Basic":
            return
        username, _, password = base64.b64decode(pair).partition(b":")
        offered = self._the_client.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:
            plain = base64.b64encode(b"\0%s\0%s" % (username, password)).decode()
            self._let_in(self._the_client.docmd("AUTH", f"PLAIN {plain}"), 235)
        elif "LOGIN" in offered:
            self._let_in(self._the_client.docmd("AUTH", "LOGIN"), 334)
            self._let_in(self._the_client.docmd(base64.b64encode(username).decode()), 334)
            self._let_in(self._the_client.docmd(base64.b64encode(password).decode()), 235)
        else:
            raise _Broken(Failure(Outcome.REFUSED, "auth"))

    def hand_over(self, sender: str, recipients: list[str], body: bytes) -> _Said:
        """Say the envelope and the message. If one recipient is refused nobody gets it."""
        self.say(f"MAIL FROM:<{sender}>")
        for one in recipients:
            self.say(f"RCPT TO:<{one}>")
        self._expect(self._the_client.docmd("DATA"), 354)
        self._the_client.send(_as_data(body))
        self._dot_is_out = True
        said = self._expect(self._the_client.getreply(), 250)
        self._dot_is_out = False
        return said

    def try_sender(self, sender: str) -> _Said:
        """Begin a mail of this sender, and take it back."""
        if sender:
            self.say(f"MAIL FROM:<{sender}>")
        return self.say("RSET")

    def say(self, command: str) -> _Said:
        """Say a line to which the server must agree."""
        return self._expect(self._the_client.docmd(command), 250, 251)

    def leave(self) -> None:
        """Say goodbye without waiting for an answer: what the server took stays taken."""
        with suppress(Exception):
            self._the_client.putcmd("QUIT")

    def failure(self, error: Exception) -> Failure:
        """Return what an exception means."""
        late = time.monotonic() >= self._until or isinstance(error, TimeoutError)
        if isinstance(error, Closed):
            return Failure(Outcome.REFUSED, error.reason)
        if isinstance(error, _Broken) and not self._dot_is_out:
            found = error.args[0]
            assert isinstance(found, Failure)
            return found
        if isinstance(error, ssl.SSLError) and not late and not self._dot_is_out:
            unproven = isinstance(error, ssl.SSLCertVerificationError)
            return Failure(Outcome.TLS, "certificate" if unproven else "handshake")
        if late:
            return Failure(Outcome.TIMEOUT, "deadline" if self._dialled else "connect", sent=self._dot_is_out)
        if not self._dialled:
            return Failure(Outcome.UNREACHABLE, "connect")
        return Failure(Outcome.UNKNOWN if self._dot_is_out else Outcome.BROKEN, "cut", sent=self._dot_is_out)

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()

    @property
    def _the_client(self) -> _Client:
        assert self._client is not None
        return self._client

    def _greet(self) -> None:
        self._expect(self._the_client.ehlo(), 250)

    def _let_in(self, reply: tuple[int, bytes], code: int) -> None:
        self._expect(reply, code, at_the_door=True)

    def _expect(self, reply: tuple[int, bytes], *codes: int, at_the_door: bool = False) -> _Said:
        said = _Said(*reply, at_the_door=at_the_door)
        if said.code not in codes:
            if not 400 <= said.code < 600:
                raise _Broken(Failure(Outcome.BROKEN, "reply"))
            raise said
        return said

    def _left(self) -> float:
        return max(self._until - time.monotonic(), 0.001)


def _answer(said: _Said) -> Answer:
    if said.code < 400:
        status, reason = 200, "Taken"
    elif said.code < 500:
        status, reason = 429, "Not now"
    elif said.at_the_door or said.code in _NOT_LET_IN:
        status, reason = 401, "Not let in"
    else:
        status, reason = 422, "Refused"
    enhanced = _ENHANCED.match(said.text)
    headers = (("Smtp-Code", str(said.code)), ("Smtp-Status", enhanced[1] if enhanced else ""))
    return Answer(status, reason, 11, headers, said.text[:_LONGEST_TEXT].encode())


def _as_data(body: bytes) -> bytes:
    """Return a message as it goes after DATA: lines end in CR LF and nothing else does (RFC 5321, 2.3.8, 4.5.2).

    A line that another program could take for the final dot would let a text begin a second mail.
    """
    lines = re.split(rb"\r\n|\r|\n", body)
    if lines[-1] == b"":
        lines.pop()
    return b"".join(b"." * line.startswith(b".") + line + b"\r\n" for line in lines) + b".\r\n"
