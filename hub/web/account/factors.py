"""One's own second factors: an app with codes, recovery codes, passkeys."""

from __future__ import annotations

import json
from contextlib import suppress

import segno
import wtforms
from flask import jsonify, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response
from wtforms import validators

from hub.actions.passkey import add_options, add_passkey, remove_passkey
from hub.actions.recovery import new_recovery_codes
from hub.actions.second_factor import begin_totp, finish_totp, turn_off_totp
from hub.core.errors import UnknownId
from hub.web.console.frame import console_page
from hub.web.current import session, the_hub, visit
from hub.web.door import Who
from hub.web.forms import Form, attempt, blank, sent_object, typed
from hub.web.pages import see_other
from hub.web.route import route


class FirstCodeForm(Form):
    """The first code of a new app."""

    code = wtforms.StringField(
        "Code of the app",
        [validators.InputRequired("Give the six digits that the app shows.")],
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )


def totp() -> Response:
    """Begin with an app: show its secret."""
    offer = begin_totp(the_hub(), session())
    return _totp_page(blank(FirstCodeForm), offer.secret, offer.uri)


def totp_finish() -> Response:
    """Turn the app on by its first code, and show the recovery codes."""
    form = typed(FirstCodeForm)
    done, codes = attempt(form, lambda: finish_totp(the_hub(), visit(), session(), form.code.data))
    if not done:
        return console_page("account/totp.html", 422, form=form, secret="", picture="")
    return console_page("account/codes.html", codes=codes or ())


def totp_off() -> Response:
    """Turn the app off."""
    turn_off_totp(the_hub(), visit(), session())
    return see_other("account.own", "removed")


def codes() -> Response:
    """Make new recovery codes, and show them once."""
    return console_page("account/codes.html", codes=new_recovery_codes(the_hub(), visit(), session()))


def passkey_begin_add() -> Response:
    """Return what a new passkey begins with."""
    return jsonify(options=json.loads(add_options(the_hub(), session())))


def passkey_add() -> Response:
    """Keep a new passkey."""
    body = sent_object()
    name = str(body.get("name") or "Passkey")
    added = add_passkey(the_hub(), visit(), session(), body.get("answer", ""), name)
    return jsonify(next=url_for("account.own", done="made"), codes=added.codes)


def passkey_remove(passkey_id: str) -> Response:
    """Forget a passkey. One that is not there (any more) is not worth an error: a second click."""
    with suppress(UnknownId):
        remove_passkey(the_hub(), visit(), session(), passkey_id)
        return see_other("account.own", "removed")
    return see_other("account.own")


def _totp_page(form: Form, secret: str, uri: str) -> Response:
    drawn = segno.make(uri, error="m").svg_inline(scale=4, border=2, dark="#000", light="#fff")
    picture = Markup(drawn)  # noqa: S704 - drawn by the library from our own text
    return console_page("account/totp.html", form=form, secret=secret, picture=picture)


ROUTES = (
    route("account", "/account/app", totp, "POST", Who.USER, confirmed=True),
    route("account", "/account/app/finish", totp_finish, "POST", Who.USER, confirmed=True),
    route("account", "/account/app/off", totp_off, "POST", Who.USER, confirmed=True),
    route("account", "/account/codes", codes, "POST", Who.USER, confirmed=True),
    route("account", "/account/passkeys/begin", passkey_begin_add, "POST", Who.USER, confirmed=True, json=True),
    route("account", "/account/passkeys", passkey_add, "POST", Who.USER, confirmed=True, json=True),
    route("account", "/account/passkeys/<passkey_id>/remove", passkey_remove, "POST", Who.USER, confirmed=True),
)
