"""Access to what is masked: asked for, decided on by a second person, used, and seen by everybody of the agency."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, Optional

from hub.actions.access_ask import ask_access
from hub.actions.access_counts import Figure, counts
from hub.actions.access_decide import tell_now
from hub.actions.access_list import GrantView, get_access, list_access
from hub.actions.access_view import Revealed, view_object
from hub.actions.connections import get_connection
from hub.actions.mail import find_mail_view
from hub.core.access import LONGEST_HOURS, AccessReason, AccessState, Delay, K, Named, ObjectKind, Subject
from hub.core.errors import InputError, StateError
from hub.core.role import Right
from hub.web.console.deciding import WORDS, decide, read_answer
from hub.web.console.fields import choices
from hub.web.console.frame import business_page
from hub.web.current import session, the_hub, visit
from hub.web.door import Who
from hub.web.forms import Form, attempt, blank, typed
from hub.web.pages import see_other
from hub.web.route import route


class AskForm(Form):
    """What is asked for: the object is in a hidden field, as it was named by the page that one came from."""

    object = HiddenField(validators=[DataRequired()])
    reason = RadioField("Why", [DataRequired("Choose a reason.")], choices=choices(*WORDS["reasons"].items()))
    reference = StringField("Number of the incident or legal matter", [Optional()])
    hours = SelectField(
        "For how long",
        [DataRequired()],
        choices=choices(*((str(n), "1 hour" if n == 1 else f"{n} hours") for n in range(1, LONGEST_HOURS + 1))),
    )
    delay = SelectField(
        "When the person is told of a look",
        [Optional()],
        choices=choices(("", "At once"), *((str(one), f"Later: {WORDS['delays'][one]}") for one in Delay)),
    )


class LookForm(Form):
    """Which object is looked at."""

    object = HiddenField(validators=[DataRequired()])


def access(business_id: str) -> Response:
    """Show who asked to see what, and the figures that need no asking."""
    after = request.args.get("after", "")
    try:
        found, following = list_access(the_hub(), business_id, cursor=after)
    except InputError:
        return see_other("console.access", business_id=business_id)
    figures = {one: counts(the_hub(), [business_id], one) for one in Figure}
    known: dict[str, Any] = {"grants": found, "next": following, "after": after, "figures": figures, "k": K}
    return business_page("console/access.html", business_id, words=WORDS, **known)


def access_new(business_id: str) -> Response:
    """Show the form for one object."""
    form = blank(AskForm, object=request.args.get("object", ""), hours="1", reason=AccessReason.SUPPORT)
    return _form_page(business_id, form)


def access_asked(business_id: str) -> Response:
    """Ask."""
    form = typed(AskForm)
    named, reference = [_object(form.object.data)], form.reference.data or ""

    def ask() -> str:
        hours, delay = int(form.hours.data), form.delay.data or ""
        where = the_hub(), visit(), business_id
        return ask_access(*where, named, form.reason.data, hours=hours, reference=reference, delay=delay)

    done, grant_id = attempt(form, ask)
    if not done:
        return _form_page(business_id, form, 422)
    return see_other("console.access_one", "asked", business_id=business_id, grant_id=grant_id)


def access_one(business_id: str, grant_id: str) -> Response:
    """Show one request, and what the visitor may do with it."""
    return _one(business_id, grant_id)


def access_answer(business_id: str, grant_id: str) -> Response:
    """Agree, refuse or end. Whether one may is for the action: an account's owner may be anybody."""
    try:
        decide(business_id, grant_id, read_answer())
    except StateError as error:
        return _one(business_id, grant_id, 409, problem=error.message)
    return see_other("console.access_one", "answered", business_id=business_id, grant_id=grant_id)


def access_look(business_id: str, grant_id: str) -> Response:
    """Show a named object, this once: the page is not kept anywhere."""
    wanted = _object(typed(LookForm).object.data)
    try:
        shown = view_object(the_hub(), visit(), business_id, grant_id, wanted)
    except StateError as error:
        return _one(business_id, grant_id, 409, problem=error.message)
    return _one(business_id, grant_id, shown=shown)


def access_tell(business_id: str, grant_id: str) -> Response:
    """Tell the person of the looks that were kept back."""
    tell_now(the_hub(), visit(), business_id, grant_id)
    return see_other("console.access_one", "told", business_id=business_id, grant_id=grant_id)


def _one(
    business_id: str, grant_id: str, status: int = 200, *, problem: str = "", shown: Revealed | None = None
) -> Response:
    grant = get_access(the_hub(), business_id, grant_id)
    user = session().user
    mine, second = grant.user_id == user.id, Right.MANAGE_USERS in user.rights
    owner = grant.reason is AccessReason.SUPPORT and _is_owner(grant, business_id, user.id)
    return business_page(
        "console/access_one.html",
        business_id,
        status,
        grant=grant,
        words=WORDS,
        problem=problem,
        shown=shown,
        may_look=mine and grant.state is AccessState.APPROVED,
        may_answer=not mine
        and grant.state is AccessState.ASKED
        and (owner or (second and grant.reason is not AccessReason.SUPPORT)),
        may_end=(mine or second or owner) and grant.state in (AccessState.ASKED, AccessState.APPROVED),
        may_tell=second and bool(grant.delay) and grant.lifted_at is None,
        key=lambda one: f"{one.kind}:{one.id}",
    )


def _is_owner(grant: GrantView, business_id: str, user_id: str) -> bool:
    """Tell whether the account is one that this user connected: then they see it in full."""
    accounts = [one.object.id for one in grant.objects if one.object.kind is ObjectKind.CONNECTION]
    return all(one.subject is Subject.USER for one in grant.objects) and all(
        not get_connection(the_hub(), business_id, one, user_id=user_id).masked for one in accounts
    )


def _form_page(business_id: str, form: AskForm, status: int = 200) -> Response:
    one = _object(form.object.data)
    account = get_connection(the_hub(), business_id, one.id) if one.kind is ObjectKind.CONNECTION else None
    mail = find_mail_view(the_hub(), business_id, one.id) if one.kind is ObjectKind.MAIL else None
    return business_page(
        "console/access_new.html", business_id, status, form=form, account=account, mail=mail, words=WORDS
    )


def _object(text: str | None) -> Named:
    kind, _, object_id = (text or "").partition(":")
    if kind not in tuple(ObjectKind):
        raise NotFound
    return Named(ObjectKind(kind), object_id)


_ALL = "/console/<business_id>/access"
_ONE = f"{_ALL}/<grant_id>"
ROUTES = (
    route("console", _ALL, access, "GET", Who.USER, Right.VIEW),
    route("console", f"{_ALL}/new", access_new, "GET", Who.USER, Right.BOOK),
    route("console", f"{_ALL}/new", access_asked, "POST", Who.USER, Right.BOOK),
    route("console", _ONE, access_one, "GET", Who.USER, Right.VIEW),
    route("console", f"{_ONE}/answer", access_answer, "POST", Who.USER, Right.VIEW),
    route("console", f"{_ONE}/look", access_look, "POST", Who.USER, Right.BOOK),
    route("console", f"{_ONE}/tell", access_tell, "POST", Who.USER, Right.MANAGE_USERS),
)
