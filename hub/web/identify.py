"""Who it is that comes: by the cookie of a sign-in, an API key, or the secret in a link."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from hub.actions.access_link import open_access_token
from hub.actions.api_keys import find_key
from hub.actions.customer_link import open_customer_token
from hub.actions.off_site import find_pending
from hub.actions.sessions import find_session
from hub.actions.staff_links import find_staff_link
from hub.core.errors import UnknownId
from hub.web.current import SESSION, VISIT, Entry, cookie, the_hub
from hub.web.door import Who
from hub.web.offsite.leaving import mark_in_browser


def identify(entry: Entry) -> Entry | None:
    """Return the entry with who it is, or None for nobody whom this door is for."""
    return _WAYS[entry.door.who](entry)


def _anyone(entry: Entry) -> Entry | None:
    return replace(entry, secret=cookie(VISIT))


def _half(entry: Entry) -> Entry | None:
    return _signed_in(entry, "half")


def _user(entry: Entry) -> Entry | None:
    return _signed_in(entry, "full")


def _signed_in(entry: Entry, stage: str) -> Entry | None:
    secret = cookie(SESSION)
    session = find_session(the_hub(), secret) if secret else None
    if session is None or session.stage != stage:
        return None
    visit = replace(entry.visit, actor="user", actor_id=session.user.id)
    return replace(entry, visit=visit, session=session, secret=secret)


def _key(entry: Entry) -> Entry | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    key = find_key(the_hub(), secret.strip(), entry.visit) if scheme.lower() == "bearer" else None
    if key is None:
        return None
    return replace(entry, visit=replace(entry.visit, actor="key", actor_id=key.id), key=key)


def _staff(entry: Entry) -> Entry | None:
    link = find_staff_link(the_hub(), (request.view_args or {}).get("token", ""), entry.visit)
    if link is None:
        return None
    return replace(entry, visit=replace(entry.visit, actor="staff", actor_id=link.holder_id), staff=link)


def _customer(entry: Entry) -> Entry | None:
    try:
        found = open_customer_token(the_hub(), (request.view_args or {}).get("token", ""))
    except UnknownId:
        return None
    return replace(entry, visit=replace(entry.visit, actor="customer", actor_id=found[1]), customer=found)


def _approver(entry: Entry) -> Entry | None:
    found = open_access_token(the_hub(), (request.view_args or {}).get("token", ""))
    if found is None:
        return None
    visit = replace(entry.visit, actor=str(found.subject), actor_id=found.subject_id)
    return replace(entry, visit=visit, approver=found)


def _provider(entry: Entry) -> Entry:
    return entry  # who it is stands in what it brings, and that is looked at by the page


def _return(entry: Entry) -> Entry | None:
    """Find who is back from a provider: the browser and the visitor that were sent off, who still may do this.

    A parameter that stands there twice is no answer (RFC 6749, 4.1.2), and what only asks for headers is no return.
    """
    if request.method != "GET" or any(len(values) > 1 for _, values in request.args.lists()):
        return None
    if len(request.query_string) > _LONGEST_RETURN:
        return None
    mark = mark_in_browser(request.args.get("state", ""))
    pending = find_pending(the_hub(), request.args.get("state", ""), mark.secret)
    if pending is None:
        return None
    if pending.actor == "staff":
        link = find_staff_link(the_hub(), mark.token, entry.visit)
        if link is None or (link.id, link.holder_id) != (pending.via, pending.actor_id):
            return None
        visit = replace(entry.visit, actor="staff", actor_id=link.holder_id)
        return replace(entry, visit=visit, staff=link, pending=pending)
    found = _signed_in(entry, "full")
    if found is None or found.session is None or found.session.id != pending.via:
        return None
    user, right = found.session.user, entry.door.right
    if not user.may_enter(pending.intent.business_id) or (right is not None and right not in user.rights):
        return None
    return replace(found, pending=pending)


_LONGEST_RETURN = 16_000
_WAYS = {
    Who.ANYONE: _anyone,
    Who.HALF: _half,
    Who.USER: _user,
    Who.KEY: _key,
    Who.STAFF: _staff,
    Who.CUSTOMER: _customer,
    Who.APPROVER: _approver,
    Who.RETURN: _return,
    Who.PROVIDER: _provider,
}
