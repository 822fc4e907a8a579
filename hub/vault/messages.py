"""What is said over the broker's socket: its calls and its replies as plain data, and back.

A handle travels with its fields. An opaque one that the broker gave out would protect no better, because every process
that reaches the socket may ask for one; what protects is that the broker looks at the epoch, the health and the
purposes of the connection in its own database at each call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from hub.core.account_notice import AccountNoticeKind, Concerned
from hub.core.ended import Ended, EndState, Probe
from hub.core.errors import HubError
from hub.core.provider import Form, Redirect, SettingField
from hub.core.purpose import Purpose
from hub.core.push import Incoming
from hub.vault.border import NOWHERE, Answer, Failure, Handle, Outcome, Pairs, Request, RoundTrip
from hub.vault.keycalls import Connected
from hub.vault.provider_settings import Configuration
from hub.vault.wire import Head, Malformed
from hub.vault.wire_errors import from_error, to_error

_C = TypeVar("_C", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class SendCall:
    """The arguments of `Broker.send`."""

    handle: Handle
    request: Request


@dataclass(frozen=True, slots=True)
class ConnectCall:
    """The arguments of `Broker.connect`."""

    business: str
    provider: str
    level: str
    answer: Mapping[str, str] | None
    connection: str | None
    trip: RoundTrip = NOWHERE


@dataclass(frozen=True, slots=True)
class DisconnectCall:
    """The arguments of `Broker.disconnect`."""

    business: str
    connection: str


@dataclass(frozen=True, slots=True)
class RevokeCall:
    """The arguments of `Broker.revoke`."""

    business: str
    connection: str


@dataclass(frozen=True, slots=True)
class ConfigureCall:
    """The arguments of `Broker.configure`."""

    provider: str
    changes: Mapping[str, str]
    user: str = ""


@dataclass(frozen=True, slots=True)
class ConfigurationCall:
    """The argument of `Broker.configuration`."""

    provider: str


@dataclass(frozen=True, slots=True)
class VerifyCall:
    """The arguments of `Broker.verify`."""

    provider: str
    request: Incoming


Call = SendCall | ConnectCall | DisconnectCall | RevokeCall | ConfigureCall | ConfigurationCall | VerifyCall
Reply = Answer | Failure | Form | Redirect | Connected | Ended | Configuration | tuple[Concerned, ...] | bool | HubError
"""What a method returns, or the error that it raises."""


def from_call(call: Call) -> tuple[Head, bytes]:
    """Return the head and body of a call."""
    match call:
        case SendCall(handle, request):
            about = {"business": handle.business, "connection": handle.connection, "epoch": handle.epoch}
            about |= {"purpose": handle.purpose, "hook": handle.hook, "method": request.method, "url": request.url}
            return {"do": "send", **about, "headers": request.headers, "timeout": request.timeout}, request.body
        case ConnectCall(business, provider, level, answer, connection, trip):
            about = {"business": business, "provider": provider, "level": level, "connection": connection}
            about |= {"answer": None if answer is None else dict(answer)}
            about |= {"redirect_url": trip.redirect_url, "state": trip.state, "keep": dict(trip.keep)}
            return {"do": "connect", **about}, b""
        case DisconnectCall(business, connection):
            return {"do": "disconnect", "business": business, "connection": connection}, b""
        case RevokeCall(business, connection):
            return {"do": "revoke", "business": business, "connection": connection}, b""
        case ConfigureCall(provider, changes, user):
            return {"do": "configure", "provider": provider, "changes": dict(changes), "user": user}, b""
        case ConfigurationCall(provider):
            return {"do": "configuration", "provider": provider}, b""
        case VerifyCall(provider, Incoming(method, query, headers, body)):
            about = {"method": method, "query": dict(query), "headers": dict(headers)}
            return {"do": "verify", "provider": provider, **about}, body


def to_call(head: Head, body: bytes) -> Call:
    """Return the call with that head and body. Raises Malformed."""
    match head:
        case {
            "do": "send",
            "business": str(business),
            "connection": str(connection),
            "epoch": int(epoch),
            "purpose": str(purpose),
            "hook": str(hook),
            "method": str(method),
            "url": str(url),
            "headers": list(headers),
            "timeout": int() | float() | None as timeout,
        }:
            handle = Handle(business, connection, epoch, _choice(Purpose, purpose), hook)
            return SendCall(handle, Request(method, url, _pairs(headers), body, timeout))
        case {
            "do": "connect",
            "business": str(business),
            "provider": str(provider),
            "level": str(level),
            "answer": answer,
            "connection": str() | None as connection,
            "redirect_url": str(redirect_url),
            "state": str(state),
            "keep": keep,
        }:
            given = None if answer is None else _texts(answer)
            trip = RoundTrip(redirect_url, state, _texts(keep))
            return ConnectCall(business, provider, level, given, connection, trip)
        case {"do": "disconnect", "business": str(business), "connection": str(connection)}:
            return DisconnectCall(business, connection)
        case {"do": "revoke", "business": str(business), "connection": str(connection)}:
            return RevokeCall(business, connection)
        case {"do": "configure", "provider": str(provider), "changes": changes, "user": str(user)}:
            return ConfigureCall(provider, _texts(changes), user)
        case {"do": "configuration", "provider": str(provider)}:
            return ConfigurationCall(provider)
        case {"do": "verify", "provider": str(provider), "method": str(method), "query": query, "headers": headers}:
            return VerifyCall(provider, Incoming(method, _texts(query), _texts(headers), body))
    raise Malformed("no call")


def from_reply(reply: Reply) -> tuple[Head, bytes]:
    """Return the head and body of a reply."""
    match reply:
        case bool():
            return {"is": "done", "done": reply}, b""
        case Ended(state, probe, reason):
            return {"is": "ended", "state": state, "probe": probe, "reason": reason}, b""
        case Answer(status, reason, version, headers, body):
            return {"is": "answer", "status": status, "reason": reason, "version": version, "headers": headers}, body
        case Failure(outcome, reason, sent, after):
            return {"is": "failure", "outcome": outcome, "reason": reason, "sent": sent, "after": after}, b""
        case Form(fields, problem):
            asked = [{name: getattr(field, name) for name in SettingField.__slots__} for field in fields]
            return {"is": "form", "fields": asked, "problem": problem}, b""
        case Redirect(url, keep):
            return {"is": "redirect", "url": url, "keep": dict(keep)}, b""
        case Connected(connection, epoch, name, origins):
            about = {"connection": connection, "epoch": epoch, "account_name": name, "origins": origins}
            return {"is": "connected", **about}, b""
        case Configuration(values, given, missing, changed_at):
            about = {"values": dict(values), "given": given, "missing": missing, "changed_at": changed_at}
            return {"is": "configuration", **about}, b""
        case tuple():
            said = [[one.id, one.kind, one.account_hash, one.mark_hash] for one in reply]
            return {"is": "notices", "notices": said}, b""
        case HubError():
            return from_error(reply), b""


def to_reply(head: Head, body: bytes) -> Reply:
    """Return the reply with that head and body. Raises Malformed."""
    match head:
        case {"is": "done", "done": bool(done)}:
            return done
        case {"is": "ended", "state": str(state), "probe": str(probe), "reason": str(reason)}:
            return Ended(_choice(EndState, state), _choice(Probe, probe), reason)
        case {
            "is": "answer",
            "status": int(status),
            "reason": str(reason),
            "version": int(version),
            "headers": list(headers),
        }:
            return Answer(status, reason, version, _pairs(headers), body)
        case {
            "is": "failure",
            "outcome": str(outcome),
            "reason": str(reason),
            "sent": bool(sent),
            "after": int(after),
        }:
            return Failure(_choice(Outcome, outcome), reason, sent, after)
        case {"is": "form", "fields": list(fields), "problem": str(problem)}:
            return Form(tuple(_field(field) for field in fields), problem)
        case {"is": "redirect", "url": str(url), "keep": keep}:
            return Redirect(url, _texts(keep))
        case {
            "is": "connected",
            "connection": str(connection),
            "epoch": int(epoch),
            "account_name": str(name),
            "origins": list(origins),
        }:
            return Connected(connection, epoch, name, tuple(_text(origin) for origin in origins))
        case {
            "is": "configuration",
            "values": values,
            "given": list(given),
            "missing": list(missing),
            "changed_at": int(at),
        }:
            return Configuration(_texts(values), tuple(map(_text, given)), tuple(map(_text, missing)), at)
        case {"is": "notices", "notices": list(said)}:
            return tuple(map(_notice, said))
        case {"is": "error", "error": str(kind), "message": str(message), "code": str(code)}:
            return to_error(kind, message, code, head)
    raise Malformed("no reply")


def _choice(kind: type[_C], value: str) -> _C:
    for one in kind:
        if one == value:
            return one
    raise Malformed("a word that is not on the list")


def _pairs(values: list[Any]) -> Pairs:
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in values):
        raise Malformed("headers that are no pairs")
    return tuple((_text(name), _text(value)) for name, value in values)


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Malformed("no table of texts")
    return {name: _text(one) for name, one in value.items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Malformed("no text")
    return value


def _field(value: object) -> SettingField:
    match value:
        case {
            "name": str(name),
            "title": str(title),
            "help": str(explanation),
            "secret": bool(secret),
            "required": bool(required),
            "default": str(default),
            "choices": list(choices),
        }:
            return SettingField(name, title, explanation, secret, required, default, tuple(map(_way, choices)))
    raise Malformed("no field of a form")


def _way(value: object) -> tuple[str, str]:
    match value:
        case [str(choice), str(title)]:
            return choice, title
    raise Malformed("no choice of a field")


def _notice(value: object) -> Concerned:
    match value:
        case [str(name), str(kind), str(account), str(mark)]:
            return Concerned(name, _choice(AccountNoticeKind, kind), account, mark)
    raise Malformed("no notice")
