"""Coming in for the first time or anew: the first owner, an invitation, a new password. A look changes nothing."""

from __future__ import annotations

import wtforms
from flask import redirect, request, url_for
from werkzeug.exceptions import NotFound, TooManyRequests
from werkzeug.wrappers import Response
from wtforms import validators

from hub.actions.account_mail import LinkKind, find_link
from hub.actions.first_run import first_run_needed, make_owner
from hub.actions.invite import accept_invitation
from hub.actions.record import record
from hub.actions.reset import ask_reset, reset
from hub.core.security import Kind, Outcome
from hub.web.account.cookies import forget_session
from hub.web.console.fields import ZoneField
from hub.web.current import entry, the_hub, the_limiter, visit
from hub.web.door import Proof, Rate, Who
from hub.web.forms import Form, attempt, blank, typed
from hub.web.pages import page, see_other
from hub.web.route import route

MAILS = "5/hour"
"""Reset mails asked for from one network."""
_GONE = "This link does not work any more: it was used, is too old, or was replaced. Ask for a new one."


def new_password(label: str = "Password") -> wtforms.PasswordField:
    """Return a field for a password to be set; the rules are the action's."""
    return wtforms.PasswordField(
        label, [validators.InputRequired("Choose a password.")], render_kw={"autocomplete": "new-password"}
    )


class OwnerForm(Form):
    """The first owner."""

    code = wtforms.StringField("Set-up code", [validators.InputRequired("Give the code that the terminal shows.")])
    agency = wtforms.StringField("Name of the agency", [validators.InputRequired("Name the agency.")])
    name = wtforms.StringField("Your name", [validators.InputRequired("Give your name.")])
    email = wtforms.EmailField("Your e-mail", [validators.InputRequired("Give your e-mail address.")])
    password = new_password()
    zone = ZoneField("Time zone", [validators.InputRequired("Choose a time zone.")])


class InvitationForm(Form):
    """Whoever was invited."""

    name = wtforms.StringField("Your name", [validators.InputRequired("Give your name.")])
    password = new_password()
    zone = ZoneField("Time zone", [validators.InputRequired("Choose a time zone.")])


class AskForm(Form):
    """Whose password is to be set anew."""

    email = wtforms.EmailField("E-mail", [validators.InputRequired("Give your e-mail address.")])


class ResetForm(Form):
    """The new password."""

    password = new_password("New password")


def first_run() -> Response:
    """Make the first owner, who shows by a code that they run the hub."""
    if not first_run_needed(the_hub()):
        return redirect(url_for("account.sign_in"), 303)
    form = blank(OwnerForm, zone="UTC") if request.method == "GET" else typed(OwnerForm)
    if request.method == "POST":
        done, _ = attempt(form, lambda: make_owner(the_hub(), visit(), **form.values))
        if done:
            return see_other("account.sign_in", "welcome")
    return page("account/first_run.html", 200 if request.method == "GET" else 422, form=form)


def invitation(token: str) -> Response:
    """Accept an invitation."""
    link = find_link(the_hub(), token, LinkKind.INVITATION)
    if link is None:
        raise _bad_link()
    form = blank(InvitationForm, zone="UTC") if request.method == "GET" else typed(InvitationForm)
    if request.method == "POST":
        done, _ = attempt(form, lambda: accept_invitation(the_hub(), visit(), token, **form.values))
        if done:
            return see_other("account.sign_in", "welcome")
    return page("account/invitation.html", 200 if request.method == "GET" else 422, form=form, link=link)


def ask() -> Response:
    """Ask for a link for a new password; the answer is the same whoever asks."""
    form = blank(AskForm) if request.method == "GET" else typed(AskForm)
    if request.method == "POST" and form.validate():
        if not the_limiter().hit(MAILS, "reset", entry().network):
            record(the_hub(), visit(), Kind.TOO_MANY, Outcome.REFUSED, detail="reset")
            raise TooManyRequests("Too many were asked for from here. Look into your mail, or wait an hour.")
        done, _ = attempt(form, lambda: ask_reset(the_hub(), visit(), form.email.data))
        if done:
            return page("account/asked.html")
    return page("account/ask.html", 200 if request.method == "GET" else 422, form=form)


def set_anew(token: str) -> Response:
    """Set a new password by the link that was mailed."""
    if find_link(the_hub(), token, LinkKind.RESET) is None:
        raise _bad_link()
    form = blank(ResetForm) if request.method == "GET" else typed(ResetForm)
    if request.method == "POST":
        done, _ = attempt(form, lambda: reset(the_hub(), visit(), token, form.password.data))
        if done:
            return forget_session(see_other("account.sign_in", "reset"))
    return page("account/reset.html", 200 if request.method == "GET" else 422, form=form)


def _bad_link() -> NotFound:
    record(the_hub(), visit(), Kind.BAD_LINK, Outcome.REFUSED, detail="one_time")
    return NotFound(_GONE)


ROUTES = (
    route("account", "/first-run", first_run, "GET POST", Who.ANYONE, rate=Rate.SIGN_IN, proof=Proof.FORM),
    route("account", "/invitation/<token>", invitation, "GET POST", Who.ANYONE, rate=Rate.SIGN_IN, proof=Proof.FORM),
    route("account", "/reset", ask, "GET POST", Who.ANYONE, rate=Rate.SIGN_IN, proof=Proof.FORM),
    route("account", "/reset/<token>", set_anew, "GET POST", Who.ANYONE, rate=Rate.SIGN_IN, proof=Proof.FORM),
)
