"""How pages are made: from a template, with what every page knows; and how one leads to the next."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Flask, g, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from hub.web import words
from hub.web.assets import asset, icon
from hub.web.current import THEME, cookie, entry, form_token, the_hub

DONE = {
    "saved": "Saved.",
    "made": "Added.",
    "removed": "Removed.",
    "dismissed": "Dismissed. Every way in that they had has ended.",
    "tested": "The mail is in the outbox. Load this page anew in a moment to see how it went.",
    "on": "Switched on.",
    "off": "Switched off. What is booked stays.",
    "invited": "The invitation is on its way.",
    "withdrawn": "Withdrawn.",
    "refused": "Nothing was connected. Your no is noted.",
    "goes_on": "Your no is noted. What was agreed to before goes on until its end; disconnect to stop it now.",
    "theirs": "Its staff member agreed, so only they can agree again, at their own link. They get a mail in time.",
    "own_link": "A link of your own is on its way to your address. It shows the names.",
    "agreed_again": "Agreed. The account is used on without a break.",
    "stopped": "Withdrawn. No appointment is written into this account any more; those that are written stay.",
    "connected": "Connected. Choose the calendars to check, and the one to write to.",
    "renewed": "Connected again. Its calendars stay as they were chosen.",
    "tried": "The provider was asked. What came of it stands below.",
    "disconnected": "Disconnected. No call is made with this account any more.",
    "works": "The account answers.",
    "booked": "Booked.",
    "moved": "Moved.",
    "cancelled": "Cancelled.",
    "agreed": "Confirmed.",
    "noted": "Noted.",
    "rewritten": "It is being written into the calendar again. Load this page anew in a moment.",
    "mailed": "Handed to the outbox: it goes out in a moment. Load this page anew to see how it went.",
    "replayed": "It will be tried again.",
    "asked": "Asked. Nothing is shown until somebody agrees.",
    "answered": "Your answer is noted.",
    "told": "The person is told.",
    "ended": "Ended.",
    "sent": "Sent.",
    "signed_out": "You are signed out.",
    "reset": "Your password is changed. Sign in with the new one.",
    "changed": "Your password is changed; other devices are signed out.",
    "welcome": "Your account is made. Sign in with it.",
    "over": "That sign-in has ended. Sign in again.",
    "confirmed": "Thank you. Go on where you were.",
}
"""What a page may say about what was just done: the address holds the word, never the sentence."""
_LONGEST = 2000


def prepare_pages(app: Flask) -> None:
    """Give the templates their filters, and what every page knows."""
    for name in (
        "tone",
        "words",
        "day",
        "short_day",
        "iso",
        "span",
        "to_the_ms",
        "ms_span",
        "ago",
        "zone_name",
        "offset",
        "device",
    ):
        app.add_template_filter(getattr(words, name), name)
    for name in ("clock", "closing", "day_minute", "moment", "until"):
        app.add_template_filter(_by_business(getattr(words, name)), name)
    app.add_template_filter(lambda number: words.phone(number, g.get("region", "")), "phone")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(asset=asset, icon=icon, form_token=form_token)

    @app.context_processor
    def known() -> dict[str, Any]:
        found = entry() if "entry" in g else None
        theme = cookie(THEME)
        return {
            "nonce": found.nonce if found else "",
            "session": found.session if found else None,
            "done": DONE.get(request.args.get("done", "")),
            "theme": theme if theme in ("light", "dark") else "",
            "now": the_hub().clock(),
            "embedded": _is_embedded(),
        }


def _is_embedded() -> bool:
    with suppress(HTTPException):  # what was sent is too large to be read: the page says so
        return request.values.get("embed") == "1"
    return False


def _by_business(spell: Callable[..., str]) -> Callable[[int, str], str]:
    """Let a filter write times as the business of the page does, also within macros, which do not see its name."""
    return lambda instant, zone: spell(instant, zone, g.get("habit", ""))


def page(template: str, status: int = 200, **context: Any) -> Response:
    """Return a page. Its ``business``, if there is one, says how times and telephone numbers are written."""
    business = context.get("business")
    g.habit, g.region = (business.zone, business.region) if business else ("", "")
    return make_response(render_template(template, **context), status)


def see_other(endpoint: str, done: str = "", **values: Any) -> Response:
    """Lead on to a page after something was done, so that loading anew does not do it again (RFC 9110, 15.4.4)."""
    shown = {**values, "done": done} if done else values
    return redirect(url_for(endpoint, **shown), 303)


def local_path(address: str) -> str:
    """Return an address on this host as given, or the start page: links never lead elsewhere."""
    plain = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if plain and address.isprintable() and len(address) <= _LONGEST else "/"
