"""Send a mail: write it, seal it, hand it to the server once, and note how that ended.

A mail that the server may have taken is never repeated by itself: nobody can ask the server. The row says ``handed``
before the server is called, so that after a crash it is known which mails those are. All others are safe to repeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import sqlalchemy as sa

from hub.actions.ask import ask_provider
from hub.actions.effect import Effect, OutcomeUnknown, Repeat, Work
from hub.actions.health import note_health, reason_of
from hub.actions.letters import write_letter
from hub.actions.mail import EFFECT, message_id, open_message, seal_message
from hub.actions.mail_sender import HOOK, Sender, find_sender
from hub.actions.notify import notify_returned
from hub.actions.record import record
from hub.core.contact_proof import LIFE
from hub.core.errors import HubError, InputError, NeedsReconnect, Refused, Retry, UnknownId
from hub.core.mail import MailKind
from hub.core.mail_message import as_read, compose, readdressed, recipient_of
from hub.core.message import Message
from hub.core.purpose import Purpose
from hub.core.security import Kind, Outcome, Visit
from hub.parts import Hub
from hub.store import mail as store
from hub.store.crash import CrashPoint, crash_point
from hub.vault.token_watch import TokenWatch

_RECONNECT_WAIT = 600.0
"""Seconds after which a mail is tried again whose server does not let the hub in."""

_OVER = frozenset({store.SENT, store.KEPT, store.BOUNCED, store.OVERTAKEN})
_CHANGED = frozenset({"disconnected", "purpose"})  # the connection was changed meanwhile: choose anew
_MISTAKE = "plugin_error"


@dataclass(frozen=True, slots=True)
class _Ready:
    """A mail that can be handed over: the bytes and where they go."""

    raw: bytes
    recipient: str


def _send(hub: Hub, work: Work) -> None:
    business_id, mail_id = work.business_id, work.payload["mail_id"]
    with hub.database.reading() as conn:
        mail = store.find_mail(conn, business_id, mail_id)
        if mail.state in _OVER:
            return
        sender = find_sender(hub, conn, business_id)
    ready = _written(hub, work, mail, sender)
    if ready is None:
        _note(hub, mail, store.OVERTAKEN, message=None)
        return
    _look(hub, mail, ready)
    with hub.database.writing() as conn:
        sealed = seal_message(hub, conn, business_id, mail.person_id, mail_id, ready.raw)
        state = store.HANDED if sender.connection_id else store.KEPT
        ended = {} if sender.connection_id else {"ended_at": hub.clock()}
        known = {"message": sealed, "message_id": message_id(hub, mail_id), "state": state, "problem": ""}
        store.change_mail(conn, business_id, mail_id, **known, **ended, **_source(work))
    if sender.connection_id:
        _hand_over(hub, mail, sender, ready)


def _written(hub: Hub, work: Work, mail: sa.Row[Any], sender: Sender) -> _Ready | None:
    """Return the mail as bytes; None when there is nothing to say any more. Raises Refused for a bad address."""
    try:
        with hub.database.reading() as conn:
            if mail.kind == MailKind.BOOKING_CODE and mail.made_at + LIFE <= hub.clock():
                return None
            if "about" not in work.payload:
                raw = open_message(hub, conn, mail)
                if sender.connection_id:  # perhaps another one than when it was written
                    raw = readdressed(raw, sender.mailbox, hub.clock())
                return _Ready(raw, recipient_of(raw))
            letter = write_letter(hub, conn, mail, work.payload["about"], sender)
        if letter is None:
            return None
        return _Ready(compose(letter, message_id(hub, mail.id), hub.clock()), letter.to.address)
    except UnknownId:
        return None  # its booking or its person was erased
    except InputError:
        pass
    _note(hub, mail, store.REFUSED, problem="address", **_source(work))
    raise Refused("address", "Mail servers do not take this address.")


def _look(hub: Hub, mail: sa.Row[Any], ready: _Ready) -> None:
    """Raise Refused for a mail that holds a live token of a connection: it is neither sent nor kept."""
    if not TokenWatch(hub.database, hub.keyring).holds(as_read(ready.raw)):
        return
    record(hub, Visit(), Kind.LEAK_STOPPED, Outcome.REFUSED, about=mail.id, within=mail.business_id, detail="mail")
    _note(hub, mail, store.REFUSED, problem="token")
    raise Refused("token", "The mail held the token of an account, so it was not sent. See hub doctor.")


def _hand_over(hub: Hub, mail: sa.Row[Any], sender: Sender, ready: _Ready) -> None:
    """Hand a mail over, once, and note how it ended."""
    message = Message(sender.mailbox.address, (ready.recipient,), ready.raw, message_id(hub, mail.id))
    where = sender.business_id, sender.connection_id
    crash_point(CrashPoint.MAIL_BEFORE_HANDING)
    try:
        ask_provider(hub, *where, Purpose.SEND_MESSAGE, HOOK, message=message)
    except NeedsReconnect as error:
        _note(hub, mail, store.WAITING, problem=error.code)
        with hub.database.writing() as conn:
            note_health(conn, *where, "needs_reconnect", reason_of(error), hub.clock())
        raise Retry("The mail server does not let the hub in.", after=_RECONNECT_WAIT, code=error.code) from None
    except Retry as error:
        _note(hub, mail, store.UNKNOWN if error.sent else store.WAITING, problem=error.code)
        if error.sent:
            raise OutcomeUnknown from None
        raise
    except Refused as error:
        _refuse(hub, mail, error)
    except HubError as error:
        _note(hub, mail, store.WAITING, problem=error.code)
        raise
    crash_point(CrashPoint.MAIL_AFTER_HANDING)
    with hub.database.writing() as conn:
        values = {"state": store.SENT, "message": None, "problem": "", "ended_at": hub.clock()}
        store.change_mail(conn, mail.business_id, mail.id, **values)
        note_health(conn, *where, "ok", "", hub.clock())


def _refuse(hub: Hub, mail: sa.Row[Any], error: Refused) -> NoReturn:
    """Note a no, and raise what it means for the outbox row."""
    if error.reason == _MISTAKE:  # in the plugin, before or after the server took it
        _note(hub, mail, store.UNKNOWN, problem=error.reason)
        raise OutcomeUnknown from None
    if error.reason in _CHANGED:
        _note(hub, mail, store.WAITING, problem=error.reason)
        raise Retry("The connection was changed meanwhile.", after=1.0, code=error.reason) from None
    _note(hub, mail, store.REFUSED, problem=error.reason)
    raise error


def _was_sent(hub: Hub, work: Work) -> bool:
    """Answer whether an earlier attempt ended it. Raises OutcomeUnknown if it stopped while the server had the mail."""
    with hub.database.reading() as conn:
        mail = store.find_mail(conn, work.business_id, work.payload["mail_id"])
    if mail.state == store.HANDED:
        _note(hub, mail, store.UNKNOWN, problem="worker_died")
        raise OutcomeUnknown
    return mail.state in _OVER  # one that is unknown already is tried again because a person said so


def _gave_up(hub: Hub, work: Work) -> None:
    with hub.database.reading() as conn:
        mail = store.find_mail(conn, work.business_id, work.payload["mail_id"])
    if mail.state == store.WAITING:
        _note(hub, mail, store.FAILED, problem=mail.problem, **_source(work))


def _source(work: Work) -> dict[str, Any]:
    """Return what a planned mail is written from, to be kept with it: its outbox row is deleted after some days."""
    return {"about": work.payload["about"]} if "about" in work.payload else {}


def _note(hub: Hub, mail: sa.Row[Any], state: str, *, problem: str = "", **values: Any) -> None:
    ended = {} if state == store.WAITING else {"ended_at": hub.clock()}
    with hub.database.writing() as conn:
        store.change_mail(conn, mail.business_id, mail.id, state=state, problem=problem, **ended, **values)
        if state == store.REFUSED:
            notify_returned(conn, mail, "refused", hub.clock())


SEND_MAIL = Effect(EFFECT, Repeat.ASK, _send, ask=_was_sent, gave_up=_gave_up)
