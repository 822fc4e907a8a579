"""Signing in with a password, a second factor or a passkey; and out."""

from __future__ import annotations

import json

import wtforms
from flask import jsonify, redirect, request, url_for
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response
from wtforms import validators

from hub.actions import sign_in as action
from hub.actions.account import email_hash
from hub.actions.first_run import first_run_needed
from hub.actions.passkey import list_passkeys
from hub.actions.passkey_answer import passkeys_possible
from hub.actions.passkey_sign_in import begin_passkey_sign_in, give_passkey, passkey_sign_in, second_factor_options
from hub.actions.record import record
from hub.actions.recovery import give_recovery_code
from hub.actions.second_factor import give_code
from hub.actions.sessions import find_session
from hub.actions.sessions import sign_out as end_own
from hub.core.security import Kind, Outcome
from hub.web.account.cookies import forget_session, keep_session, let_in, next_step
from hub.web.current import SESSION, cookie, entry, session, the_hub, the_limiter, visit
from hub.web.door import Proof, Rate, Who
from hub.web.forms import Form, attempt, blank, sent_object, typed
from hub.web.pages import local_path, page, see_other
from hub.web.route import route

TRIES = "8/15minute"
"""Wrong passwords for one address from one network: who really owns it may go on from elsewhere."""


class SignInForm(Form):
    """Address and password."""

    email = wtforms.EmailField("E-mail", [validators.InputRequired("Give your e-mail address.")])
    password = wtforms.PasswordField("Password", [validators.InputRequired("Give your password.")])


class CodeForm(Form):
    """A code of the app, or a recovery code."""

    code = wtforms.StringField("Code", [validators.InputRequired("Give the code.")])


def start() -> Response:
    """Lead to the console, to signing in, or to the first owner's page."""
    if first_run_needed(the_hub()):
        return redirect(url_for("account.first_run"), 303)
    return redirect(url_for("console.home"), 303)


def sign_in() -> Response:
    """Show the form, and take it."""
    hub = the_hub()
    if request.method == "GET":
        if first_run_needed(hub):
            return redirect(url_for("account.first_run"), 303)
        found = find_session(hub, cookie(SESSION))
        if found is not None and found.stage == "full":
            return redirect(local_path(request.args.get("next", "") or url_for("console.home")), 303)
        return _sign_in_page(blank(SignInForm))
    form = typed(SignInForm)
    who = ("account", email_hash(hub, form.email.data or "") or "none", entry().network)  # however it is spelled
    if not the_limiter().hit(TRIES, *who):
        record(hub, visit(), Kind.TOO_MANY, Outcome.REFUSED, detail="account")
        raise TooManyRequests("Too many tries for this address. Wait a quarter of an hour, or set a new password.")
    both = {"password": "both"}  # which of them is wrong is not said
    done, signed_in = attempt(form, lambda: action.sign_in(hub, visit(), form.email.data, form.password.data), both)
    if done and signed_in is not None:
        the_limiter().forget(TRIES, *who)
        return let_in(signed_in)
    return _sign_in_page(form, 422)


def second() -> Response:
    """Ask for the second factor, and take a code of the app or a recovery code."""
    form = blank(CodeForm) if request.method == "GET" else typed(CodeForm)
    if request.method == "POST":
        plain = "".join((form.code.data or "").split())
        give = give_code if plain.isdigit() and len(plain) == 6 else give_recovery_code
        done, signed_in = attempt(form, lambda: give(the_hub(), visit(), session(), form.code.data))
        if done and signed_in is not None:
            return let_in(signed_in)
    context = {"form": form, "following": local_path(request.values.get("next", "/"))}
    by_passkey = passkeys_possible(the_hub()) and bool(list_passkeys(the_hub(), session()))
    return page("account/second.html", 200 if request.method == "GET" else 422, by_passkey=by_passkey, **context)


def passkey_begin() -> Response:
    """Return what a sign-in by passkey begins with."""
    begun = begin_passkey_sign_in(the_hub())
    return jsonify(options=json.loads(begun.options), ticket=begun.ticket)


def passkey_enter() -> Response:
    """Take what the passkey signed."""
    body = sent_object()
    signed_in = passkey_sign_in(the_hub(), visit(), str(body.get("ticket", "")), body.get("answer", ""))
    answer = jsonify(next=next_step(signed_in, str(request.args.get("next", ""))))
    keep_session(answer, signed_in)
    return answer


def passkey_second_begin() -> Response:
    """Return what a passkey as the second factor begins with."""
    return jsonify(options=json.loads(second_factor_options(the_hub(), session())))


def passkey_second() -> Response:
    """Take a passkey as the second factor."""
    signed_in = give_passkey(the_hub(), visit(), session(), sent_object().get("answer", ""))
    answer = jsonify(next=next_step(signed_in, str(request.args.get("next", ""))))
    keep_session(answer, signed_in)
    return answer


def sign_out() -> Response:
    """End the session."""
    end_own(the_hub(), visit(), session())
    return forget_session(see_other("account.sign_in", "signed_out"))


def _sign_in_page(form: Form, status: int = 200) -> Response:
    following = local_path(request.values.get("next", "/"))
    return page("account/sign_in.html", status, form=form, following=following, passkeys=passkeys_possible(the_hub()))


_IN = {"rate": Rate.SIGN_IN, "proof": Proof.FORM}
ROUTES = (
    route("account", "/", start, "GET", Who.ANYONE),
    route("account", "/sign-in", sign_in, "GET POST", Who.ANYONE, rate=Rate.SIGN_IN, proof=Proof.FORM),
    route("account", "/sign-in/second", second, "GET POST", Who.HALF),
    route("account", "/sign-in/passkey/begin", passkey_begin, "POST", Who.ANYONE, json=True, **_IN),  # type: ignore[arg-type]
    route("account", "/sign-in/passkey", passkey_enter, "POST", Who.ANYONE, json=True, **_IN),  # type: ignore[arg-type]
    route("account", "/sign-in/second/passkey/begin", passkey_second_begin, "POST", Who.HALF, json=True),
    route("account", "/sign-in/second/passkey", passkey_second, "POST", Who.HALF, json=True),
    route("account", "/sign-out", sign_out, "POST", Who.USER),
)
