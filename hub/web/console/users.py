"""Console users: who may sign in and do what, invited, changed, dismissed, helped."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.wrappers import Response
from wtforms import RadioField, StringField
from wtforms.validators import DataRequired, Length

from hub.actions.account_mail import LinkKind, link_url
from hub.actions.invite import Invitation, invite, list_invitations, withdraw_invitation
from hub.actions.try_mail import sends_mail
from hub.actions.users import (
    UserEntry,
    change_user,
    dismiss_user,
    find_user,
    list_users,
    remove_second_factor,
)
from hub.core.role import Right, Role
from hub.web.console.edit import EditForm, NewForm, create, edit, new_once, version
from hub.web.console.fields import choices
from hub.web.console.frame import console_page
from hub.web.console.reach import ReachForm, access, business_names, offered, reach_words, stored_access
from hub.web.current import session, the_hub, visit
from hub.web.door import Rate, Who
from hub.web.forms import blank, typed
from hub.web.pages import see_other
from hub.web.route import route

GIVE = "Please fill this in."
ROLES = {
    Role.OWNER: "Owner: everything, everywhere; makes other owners and connects the agency's mail server",
    Role.ADMIN: "Admin: everything but what concerns owners",
    Role.AGENT: "Agent: books, moves and cancels, and connects accounts",
    Role.VIEWER: "Viewer: sees bookings, and changes nothing",
    Role.AUDITOR: "Auditor: reads the security events, and sees no bookings",
}
"""What each role may do, in words."""


class InviteForm(NewForm, ReachForm):
    """Whom to invite, as what, and where."""

    email = StringField("E-mail", [DataRequired(GIVE), Length(max=254)])
    role = RadioField("Role")


class UserForm(EditForm, ReachForm):
    """What somebody may do, and where."""

    role = RadioField("Role")


def users() -> Response:
    """Show who may sign in, and who was invited."""
    dismissed = request.args.get("dismissed") == "1"
    by, names = session().user, business_names()
    found = list_users(the_hub(), by, dismissed=dismissed)
    invited = list_invitations(the_hub(), by)
    return console_page(
        "console/users.html",
        users=found,
        invitations=invited,
        reach={one.id: reach_words(one, names) for one in found} | {one.id: reach_words(one, names) for one in invited},
        dismissed=dismissed,
    )


def user_invite() -> Response:
    """Invite somebody; where no mail server is connected their link is shown once."""
    if request.method != "POST":
        form = blank(InviteForm, once=new_once(), reach="some", role=Role.AGENT)
        return console_page("console/user_invite.html", form=offered(_roles(form)), mailed=sends_mail(the_hub()))
    form = offered(_roles(typed(InviteForm)))
    made = create(
        form,
        lambda: invite(the_hub(), visit(), session().user, form.email.data or "", form.role.data or "", **access(form)),
    )
    if made is None:
        return console_page("console/user_invite.html", 422, form=form, mailed=sends_mail(the_hub()))
    if sends_mail(the_hub()):
        return see_other("console.users", "invited")
    return _link_page(made)


def user_withdraw(invitation_id: str) -> Response:
    """Let an invitation end."""
    withdraw_invitation(the_hub(), visit(), session().user, invitation_id)
    return see_other("console.users", "withdrawn")


def user(user_id: str) -> Response:
    """Show one, and change what they may do."""
    found = find_user(the_hub(), session().user, user_id)
    if request.method != "POST":
        return _one(found, _form(blank(UserForm, **_stored(found)), found))
    form = _form(typed(UserForm), found)
    done = edit(
        form,
        lambda: change_user(
            the_hub(), visit(), session().user, user_id, version=version(), role=form.role.data or "", **access(form)
        ),
        lambda: _stored(find_user(the_hub(), session().user, user_id)),
        prepare=lambda one: _form(one, found),
    )
    if done:
        return see_other("console.user", "saved", user_id=user_id)
    fresh = find_user(the_hub(), session().user, user_id)
    return _one(fresh, form, 422, looked_at=fresh.version if form.clash else version())


def user_dismiss(user_id: str) -> Response:
    """End every way in that somebody has."""
    dismiss_user(the_hub(), visit(), session().user, user_id)
    return see_other("console.users", "dismissed")


def user_factor(user_id: str) -> Response:
    """Turn off the second step of somebody who lost it."""
    remove_second_factor(the_hub(), visit(), user_id, session().user)
    return see_other("console.user", "removed", user_id=user_id)


def _one(found: UserEntry, form: UserForm, status: int = 200, looked_at: int | None = None) -> Response:
    return console_page(
        "console/user.html",
        status,
        user=found,
        form=form,
        version=found.version if looked_at is None else looked_at,
        reach=reach_words(found, business_names()),
        role=ROLES[found.role],
        blocked=_why_not(found),
        sees_events=Right.AUDIT in session().user.rights,
    )


def _why_not(found: UserEntry) -> str:
    """Return why one may not change somebody, empty if one may."""
    by = session().user
    if found.dismissed_at is not None:
        return "They were dismissed, and cannot sign in. To let them back in, invite their address again."
    if found.id != by.id:
        return "" if by.role.may_manage(found.role) else "Only an owner changes or dismisses an owner."
    owners = [one for one in list_users(the_hub(), by) if one.role is Role.OWNER]
    if found.role is Role.OWNER and len(owners) == 1:
        return (
            "You are the last owner. Somebody must always be able to do everything, so an owner cannot go before "
            "there is another one: make somebody else an owner first."
        )
    return "Nobody changes their own rights, or dismisses themselves. Somebody else who manages users can."


def _form(form: UserForm, found: UserEntry) -> UserForm:
    _roles(form)
    return offered(form, found.businesses if session().user.everywhere else ())


def _roles(form: Any) -> Any:
    """Give a form the roles that one may give."""
    mine = session().user.role
    form.role.choices = choices(*((str(role), text) for role, text in ROLES.items() if mine.may_manage(role)))
    return form


def _stored(found: UserEntry) -> dict[str, Any]:
    return {"role": str(found.role), **stored_access(found)}


def _link_page(made: Invitation) -> Response:
    url = link_url(the_hub(), LinkKind.INVITATION, made.token)
    return console_page("console/user_invited.html", invitation=made, url=url)


_ONE = "/console/users/<user_id>"
_MANAGE = Right.MANAGE_USERS
ROUTES = (
    route("console", "/console/users", users, "GET", Who.USER, _MANAGE),
    route(
        "console",
        "/console/users/invite",
        user_invite,
        "GET POST",
        Who.USER,
        _MANAGE,
        rate=Rate.OUTWARD,
        confirmed=True,
    ),
    route("console", "/console/users/invitations/<invitation_id>/withdraw", user_withdraw, "POST", Who.USER, _MANAGE),
    route("console", _ONE, user, "GET POST", Who.USER, _MANAGE, confirmed=True),
    route("console", f"{_ONE}/dismiss", user_dismiss, "POST", Who.USER, _MANAGE, confirmed=True),
    route("console", f"{_ONE}/factor", user_factor, "POST", Who.USER, _MANAGE, confirmed=True),
)
