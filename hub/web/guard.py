"""The guard: every request passes here, and the table of doors decides. What is not in the table stops the start."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from flask import Flask, Response, g, redirect, request, url_for
from werkzeug.exceptions import BadRequest, Forbidden, NotFound, TooManyRequests, Unauthorized, UnsupportedMediaType
from werkzeug.wrappers import Response as AnyResponse

from hub.actions.record import record
from hub.actions.replay import Seal
from hub.core.errors import HubError, Unavailable
from hub.core.security import Kind, Outcome, Visit
from hub.parts import Hub
from hub.web.current import Entry, is_form_token, the_hub, the_limiter
from hub.web.door import SAFE, Door, Proof, Rate, Who
from hub.web.identify import identify
from hub.web.limits import network_of
from hub.web.offsite.outcome import administrator_answered, administrator_page, gone_page
from hub.web.refusals import to_confirmation

GUESSES = "30/5minute"
"""Links and keys that do not exist, from one network."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_log = logging.getLogger(__name__)


def guard_doors(app: Flask, table: Iterable[Door]) -> None:
    """Put the guard before every route. Raises HubError that names each route without a row, and each row in vain."""
    doors = {one.endpoint: one for one in table}
    _check(app, doors)

    @app.before_request
    def enter() -> AnyResponse | None:
        door = doors.get(request.endpoint or "", _NOWHERE)
        visit = Visit(address=request.remote_addr or "", device=request.user_agent.string, route=door.endpoint)
        g.entry = Entry(door, visit, network_of(visit.address))
        if door.endpoint not in _HEALTH:  # a probe asks by address, and these pages hold no link
            _check_host(the_hub())
            _check_seal(app)
        if request.endpoint is None:  # there is no such page; routing says so after this
            _count(Rate.PUBLIC, "network", g.entry.network)
            return None
        if not all(str(value).isprintable() for value in (request.view_args or {}).values()):
            raise NotFound  # no id and no secret has signs that some databases do not even take
        if request.method not in SAFE:
            _check_origin(door)
        return _admit(door)


def _admit(door: Door) -> AnyResponse | None:
    if door.who not in (Who.USER, Who.KEY):
        _count(door.rate, "network", g.entry.network)
    found = identify(g.entry)
    if found is None:
        if door.who in (Who.USER, Who.HALF):
            return _to_sign_in(door)
        if not the_limiter().hit(GUESSES, "guesses", g.entry.network):
            raise _too_many()
        if door.who is Who.KEY:
            _refuse(Kind.KEY_USED, "unknown")
            raise _no_key()
        if door.who is Who.RETURN and administrator_answered():
            return administrator_page()
        if door.who is Who.RETURN:
            _refuse(Kind.BAD_LINK, "return")
            return gone_page()
        _refuse(Kind.BAD_LINK, "unknown")
        raise NotFound("This link does not work any more. Ask whoever sent it to you for a new one.")
    if door.who is Who.ANYONE and door.proof is Proof.FORM and not found.secret:
        g.new_visit = secrets.token_urlsafe(24)  # what the form of somebody who is not signed in is bound to
        found = replace(found, secret=g.new_visit)
    g.entry = found
    if door.who in (Who.USER, Who.KEY):
        _count(door.rate, door.who, found.visit.actor_id)
        _check_rights(found)
    if request.method not in SAFE and door.proof is Proof.FORM:
        _check_form()
    if door.confirmed and found.session is not None and not found.session.is_confirmed(the_hub().clock()):
        return to_confirmation()
    return None


def _check_host(hub: Hub) -> None:
    settings = hub.settings
    name = (urlsplit(f"//{request.host}").hostname or "").rstrip(".")
    known = {urlsplit(settings.base_url).hostname, *settings.trusted_hosts}
    if name not in known and (settings.public_url or name not in _LOOPBACK):
        _refuse(Kind.BAD_HOST, "host")
        raise BadRequest("The hub does not answer under this name.")


def _check_seal(app: Flask) -> None:
    """Refuse everything on data that were put back from a backup until they are in order."""
    seal: Seal = app.extensions.setdefault("seal", Seal(the_hub()))
    if reason := seal.reason():
        raise Unavailable(reason, code="restored")


def _check_origin(door: Door) -> None:
    """Refuse what a page of another site sends; browsers say so by themselves (Fetch Metadata, RFC 6454)."""
    if door.who is Who.KEY:
        return
    site, origin = request.headers.get("Sec-Fetch-Site", ""), request.headers.get("Origin", "")
    ours = {the_hub().settings.base_url, f"{request.scheme}://{request.host}"}
    if site in ("cross-site", "same-site") or (origin and origin.lower() not in ours):
        _refuse(Kind.CROSS_SITE, "origin")
        raise Forbidden("This was sent from another site, so it was not done. Open the page here and try again.")
    if not request.content_length or door.who is Who.PROVIDER:
        return
    if request.mimetype not in _FORMS and not (request.is_json and door.json):
        raise UnsupportedMediaType("Send this as the form does.")


def _check_rights(found: Entry) -> None:
    """Refuse what role, scope or business do not allow. Another business answers like one that does not exist."""
    business = (request.view_args or {}).get("business_id")
    holder = found.session.user if found.session is not None else found.key
    assert holder is not None
    if business is not None and not holder.may_enter(business):
        _refuse(Kind.NOT_ALLOWED, "business")
        raise NotFound
    right = found.door.right
    if right is not None and right not in holder.rights:
        _refuse(Kind.NOT_ALLOWED, str(right), within=business or "")
        if found.key is not None:
            raise Forbidden(f"This key does not have the scope {right!s}; make one that has it in the console.")
        raise Forbidden("Your role does not allow this; ask an owner or administrator of the agency.")


def _check_form() -> None:
    given = request.form.get("token", "") or request.headers.get("X-Form-Token", "")
    if not is_form_token(given):
        _refuse(Kind.CROSS_SITE, "token")
        raise Forbidden(
            "This form is too old, or was not ours. Nothing was done. Go back, load the page anew, try again."
        )


def _count(rate: Rate, *who: str) -> None:
    if not the_limiter().hit(rate, g.entry.door.rate.name, *who):
        _refuse(Kind.TOO_MANY, str(rate))
        raise _too_many()


def _refuse(kind: Kind, detail: str, *, within: str = "") -> None:
    """Write down one refusal; the answer does not wait for a store that cannot be written."""
    try:
        record(the_hub(), g.entry.visit, kind, Outcome.REFUSED, detail=detail, within=within)
    except HubError as error:
        _log.warning("a refusal could not be written down: %s", error.code)


def _to_sign_in(door: Door) -> AnyResponse:
    if request.method in SAFE and door.who is Who.USER:
        return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")), 303)
    return redirect(url_for("account.sign_in"), 303)


def _too_many() -> TooManyRequests:
    return TooManyRequests("That was too much at once. Wait a minute, then try again.", retry_after=60)


def _no_key() -> Exception:
    challenge = Response(headers={"WWW-Authenticate": "Bearer"}).www_authenticate
    return Unauthorized("Give a valid API key: Authorization: Bearer fd_…", www_authenticate=challenge)


def _check(app: Flask, doors: dict[str, Door]) -> None:
    problems = []
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        found.setdefault(rule.endpoint, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    for endpoint, methods in sorted(found.items()):
        if endpoint not in doors:
            problems.append(f"route {endpoint!r} has no row")
        elif doors[endpoint].methods != methods:
            problems.append(f"route {endpoint!r} answers {sorted(methods)}, its row says otherwise")
    problems += [f"row {endpoint!r} is of no route" for endpoint in sorted(set(doors) - set(found))]
    if problems:
        raise HubError(f"Every route has its row in the table of doors: {'; '.join(problems)}.", code="doors")


_HEALTH = frozenset({"health.live", "health.ready"})
_NOWHERE = Door("nowhere", frozenset(), Who.ANYONE)
