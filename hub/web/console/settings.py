"""Settings: the agency's name and zone, what the installation was told, and how safe it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import request
from pydantic import SecretStr
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from hub.actions.agency import change_agency, get_agency
from hub.actions.try_mail import sends_mail
from hub.actions.users import list_users
from hub.core.role import Right, Role
from hub.settings import PREFIX, Settings
from hub.web.console.edit import EditForm, edit, version
from hub.web.console.fields import ZoneField
from hub.web.console.frame import console_page
from hub.web.console.reach import whole_installation
from hub.web.console.safety import safety
from hub.web.current import session, the_hub, visit
from hub.web.door import Who
from hub.web.forms import blank, typed
from hub.web.pages import see_other
from hub.web.route import route

GIVE = "Please fill this in."


class AgencyForm(EditForm):
    """What the agency says of itself."""

    name = StringField("Name", [DataRequired(GIVE), Length(max=200)])
    zone = ZoneField(validators=[DataRequired(GIVE)])


@dataclass(frozen=True, slots=True)
class Row:
    """A setting: its name in the environment, the value in words, its help. ``chosen``: it is not the usual one."""

    name: str
    value: str
    help: str
    chosen: bool


def settings() -> Response:
    """Show the agency, the installation's settings, and what is to be said about its security."""
    whole_installation()
    hub = the_hub()
    owners = [one for one in list_users(hub, session().user) if one.role is Role.OWNER]
    bare = [one.name for one in owners if not one.second_factor]
    return console_page(
        "console/settings.html",
        agency=get_agency(hub),
        sends=sends_mail(hub),
        rows=setting_rows(hub.settings),
        says=safety(hub.settings, bare),
        owns=Right.OWN in session().user.rights,
    )


def agency() -> Response:
    """Change the agency's name and zone."""
    whole_installation()
    if request.method != "POST":
        found = get_agency(the_hub())
        form = blank(AgencyForm, name=found.name, zone=found.zone)
        return console_page("console/settings_agency.html", form=form, version=found.version)
    form = typed(AgencyForm)
    done = edit(
        form,
        lambda: change_agency(
            the_hub(), visit(), version=version(), name=form.name.data or "", zone=form.zone.data or ""
        ),
        lambda: {"name": get_agency(the_hub()).name, "zone": get_agency(the_hub()).zone},
    )
    if done:
        return see_other("console.settings", "saved")
    looked_at = get_agency(the_hub()).version if form.clash else version()
    return console_page("console/settings_agency.html", 422, form=form, version=looked_at)


def setting_rows(given: Settings) -> list[Row]:
    """Return every setting as people may see it: of a secret only whether it is set."""
    return [
        Row(
            f"{PREFIX}{name.upper()}",
            _value(getattr(given, name)),
            field.description or "",
            getattr(given, name) != field.default,
        )
        for name, field in Settings.model_fields.items()
    ]


def _value(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else "not set"
    if isinstance(value, Path):
        return "" if value == Path("") else str(value)
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


ROUTES = (
    route("console", "/console/settings", settings, "GET", Who.USER, Right.OPERATE),
    route("console", "/console/agency", agency, "GET POST", Who.USER, Right.OPERATE),
)
