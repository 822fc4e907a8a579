"""What is said over the broker's socket: its calls and its replies, as plain JSON and back.

A handle travels with its fields. Opaque ones that the broker gives out would be no safer while any process that
reaches the socket may ask for one: what protects is that the broker looks at connection, epoch, health and purpose in
its own database at each call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.core import errors
from hub.core.errors import HubError
from hub.core.provider import Form, Redirect, SettingField
from hub.core.purpose import Purpose
from hub.vault.border import Answer, Failure, Handle, Outcome, Pairs, Request
from hub.vault.keycalls import Connected
from hub.vault.wire import Head, Malformed


@dataclass(frozen=True, slots=True)
class SendCall:
    """`Broker.send`."""

    handle: Handle
    request: Request


@dataclass(frozen=True, slots=True)
class ConnectCall:
    """`Broker.connect`."""

    business: str
    provider: str
    level: str
    answer: Mapping[str, str] | None
    connection: str | None
    redirect_url: str


@dataclass(frozen=True, slots=True)
class DisconnectCall:
    """`Broker.disconnect`."""

    business: str
    connection: str


@dataclass(frozen=True, slots=True)
class RevokeCall:
    """`Broker.revoke`."""

    business: str
    connection: str


Call = SendCall | ConnectCall | DisconnectCall | RevokeCall
Reply = Answer | Failure | Form | Redirect | Connected | bool | HubError


def call_to_frame(call: Call) -> tuple[Head, bytes]:
    """Return a call as head and body."""
    match call:
        case SendCall(handle, request):
            return {"call": "send", "handle": _from_handle(handle), "request": _from_request(request)}, request.body
        case ConnectCall():
            about = {"level": call.level, "connection": call.connection, "redirect_url": call.redirect_url}
            answer = None if call.answer is None else dict(call.answer)
            return {"call": "connect", **_whose(call), "provider": call.provider, "answer": answer, **about}, b""
        case DisconnectCall():
            return {"call": "disconnect", **_whose(call), "connection": call.connection}, b""
        case RevokeCall():
            return {"call": "revoke", **_whose(call), "connection": call.connection}, b""


def call_from_frame(head: Head, body: bytes) -> Call:
    """Return the call in a frame. Raises Malformed."""
    match head:
        case {"call": "send", "handle": handle, "request": request}:
            return SendCall(_to_handle(handle), _to_request(request, body))
        case {
            "call": "connect",
            "business": str(business),
            "provider": str(provider),
            "level": str(level),
            "answer": answer,
            "connection": str() | None as connection,
            "redirect_url": str(url),
        }:
            given = None if answer is None else _to_texts(answer)
            return ConnectCall(business, provider, level, given, connection, url)
        case {"call": "disconnect", "business": str(business), "connection": str(connection)}:
            return DisconnectCall(business, connection)
        case {"call": "revoke", "business": str(business), "connection": str(connection)}:
            return RevokeCall(business, connection)
    raise Malformed("no call")


def reply_to_frame(reply: Reply) -> tuple[Head, bytes]:
    """Return a reply as head and body."""
    match reply:
        case bool():
            return {"reply": "done", "done": reply}, b""
        case Answer(status, reason, version, headers, body):
            line = {"status": status, "reason": reason, "version": version}
            return {"reply": "answer", **line, "headers": headers}, body
        case Failure(outcome, reason, sent):
            return {"reply": "failure", "outcome": outcome, "reason": reason, "sent": sent}, b""
        case Form(fields, problem):
            return {"reply": "form", "fields": [_from_field(field) for field in fields], "problem": problem}, b""
        case Redirect(url, keep):
            return {"reply": "redirect", "url": url, "keep": dict(keep)}, b""
        case Connected(connection, epoch, name, origins):
            made = {"connection": connection, "epoch": epoch, "account_name": name, "origins": origins}
            return {"reply": "connected", **made}, b""
        case HubError():
            return {"reply": "error", **_from_error(reply)}, b""


def reply_from_frame(head: Head, body: bytes) -> Reply:
    """Return the reply in a frame. Raises Malformed."""
    match head:
        case {"reply": "done", "done": bool(done)}:
            return done
        case {"reply": "answer", "status": int(status), "reason": str(reason), "version": int(version), **more}:
            return Answer(status, reason, version, _to_pairs(more.get("headers")), body)
        case {"reply": "failure", "outcome": str(outcome), "reason": str(reason), "sent": bool(sent)}:
            return Failure(_to_outcome(outcome), reason, sent)
        case {"reply": "form", "fields": list(fields), "problem": str(problem)}:
            return Form(tuple(_to_field(field) for field in fields), problem)
        case {"reply": "redirect", "url": str(url), "keep": keep}:
            return Redirect(url, _to_texts(keep))
        case {"reply": "connected", "connection": str(connection), "epoch": int(epoch), "account_name": str(name), **m}:
            return Connected(connection, epoch, name, _to_list(m.get("origins")))
        case {"reply": "error", "error": str(kind), "message": str(message), "code": str(code)}:
            return _to_error(kind, message, code, head)
    raise Malformed("no reply")
