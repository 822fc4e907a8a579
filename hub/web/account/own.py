"""One's own account: name, password, and where one is signed in."""

from __future__ import annotations

import json
from contextlib import suppress

import wtforms
from flask import jsonify, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response
from wtforms import validators

from hub.actions.passkey import list_passkeys
from hub.actions.passkey_answer import passkeys_possible
from hub.actions.passkey_sign_in import confirm_by_passkey, confirm_options
from hub.actions.password import change_password
from hub.actions.recovery import codes_left
from hub.actions.sessions import end_all_sessions, end_session, list_sessions
from hub.actions.sign_in import confirm as confirm_action
from hub.actions.users import change_own, find_user
from hub.core.errors import UnknownId
from hub.web.account.arrive import new_password
from hub.web.account.cookies import keep_session
from hub.web.console.fields import ZoneField
from hub.web.console.frame import console_page
from hub.web.current import THEME, keep_cookie, session, the_hub, visit
from hub.web.door import Rate, Who
from hub.web.forms import Form, attempt, blank, sent_object, typed
from hub.web.pages import local_path, see_other
from hub.web.route import route


class OwnForm(Form):
    """Name and zone."""

    name = wtforms.StringField("Name", [validators.InputRequired("Give your name.")])
    zone = ZoneField("Time zone", [validators.InputRequired("Choose a time zone.")])


class PasswordForm(Form):
    """The password there is, and a new one."""

    current = wtforms.PasswordField(
        "Present password",
        [validators.InputRequired("Give your present password.")],
        render_kw={"autocomplete": "current-password"},
    )
    password = new_password("New password")


class ConfirmForm(Form):
    """The password, once more."""

    password = wtforms.PasswordField(
        "Password",
        [validators.InputRequired("Give your password.")],
        render_kw={"autocomplete": "current-password"},
    )


def own() -> Response:
    """Show the account, and change name and zone."""
    user = session().user
    form = blank(OwnForm, name=user.name, zone=user.zone) if request.method == "GET" else typed(OwnForm)
    if request.method == "POST":
        version = request.form.get("version", 0, int)
        done, _ = attempt(form, lambda: change_own(the_hub(), visit(), session(), version=version, **form.values))
        if done:
            return see_other("account.own", "saved")
    return _own_page(form, blank(PasswordForm), 200 if request.method == "GET" else 422)


def password() -> Response:
    """Change the password; every other sign-in ends."""
    form = typed(PasswordForm)
    new = form.password.data
    done, signed_in = attempt(form, lambda: change_password(the_hub(), visit(), session(), form.current.data, new))
    if not done or signed_in is None:
        user = session().user
        return _own_page(blank(OwnForm, name=user.name, zone=user.zone), form, 422)
    answer = see_other("account.own", "changed")
    keep_session(answer, signed_in)
    return answer


def end_sign_in(session_id: str) -> Response:
    """End one of one's own sign-ins. One that is not there (any more) is not worth an error: a second click."""
    with suppress(UnknownId):
        end_session(the_hub(), visit(), session(), session_id)
        return see_other("account.own", "ended")
    return see_other("account.own")


def end_others() -> Response:
    """End all of one's own sign-ins but this one."""
    end_all_sessions(the_hub(), visit(), session())
    return see_other("account.own", "ended")


def confirm() -> Response:
    """Ask for the password before something sensitive."""
    form = blank(ConfirmForm) if request.method == "GET" else typed(ConfirmForm)
    following = local_path(request.values.get("next", "") or url_for("account.own"))
    if request.method == "POST":
        done, _ = attempt(form, lambda: confirm_action(the_hub(), visit(), session(), form.password.data))
        if done:
            return redirect(following, 303)
    by_passkey = bool(list_passkeys(the_hub(), session())) and passkeys_possible(the_hub())
    known = {"form": form, "following": following, "by_passkey": by_passkey}
    return console_page("account/confirm.html", 200 if request.method == "GET" else 422, **known)


def passkey_confirm_begin() -> Response:
    """Return what a passkey in place of the password begins with."""
    return jsonify(options=json.loads(confirm_options(the_hub(), session())))


def passkey_confirm() -> Response:
    """Take a passkey in place of the password."""
    confirm_by_passkey(the_hub(), visit(), session(), sent_object().get("answer", ""))
    return jsonify(next=local_path(request.args.get("next", "") or url_for("account.own")))


def theme() -> Response:
    """Choose light, dark, or what the device prefers."""
    chosen = request.form.get("theme", "")
    answer = redirect(local_path(request.form.get("next", "/")), 303)
    keep_cookie(answer, THEME, chosen if chosen in ("light", "dark") else "", 365 * 86_400)
    return answer


def _own_page(form: Form, passwords: Form, status: int) -> Response:
    hub, found = the_hub(), session()
    return console_page(
        "account/own.html",
        status,
        form=form,
        passwords=passwords,
        me=find_user(hub, found.user, found.user.id),
        devices=list_sessions(hub, found),
        passkeys=list_passkeys(hub, found),
        can_passkeys=passkeys_possible(hub),
        codes=codes_left(hub, found),
    )


ROUTES = (
    route("account", "/account", own, "GET POST", Who.USER),
    route("account", "/account/password", password, "POST", Who.USER, rate=Rate.SIGN_IN),
    route("account", "/account/sign-ins/<session_id>/end", end_sign_in, "POST", Who.USER),
    route("account", "/account/sign-ins/end", end_others, "POST", Who.USER),
    route("account", "/account/confirm", confirm, "GET POST", Who.USER, rate=Rate.SIGN_IN),
    route(
        "account",
        "/account/confirm/passkey/begin",
        passkey_confirm_begin,
        "POST",
        Who.USER,
        rate=Rate.SIGN_IN,
        json=True,
    ),
    route("account", "/account/confirm/passkey", passkey_confirm, "POST", Who.USER, rate=Rate.SIGN_IN, json=True),
    route("account", "/account/theme", theme, "POST", Who.USER),
)
