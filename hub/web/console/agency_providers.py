"""Providers that must know this installation first: the id and secret of an application, entered once by an owner.

Whoever enters them decides as whose application owners of accounts are asked, so it is for owners.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import request
from werkzeug.wrappers import Response
from wtforms import HiddenField

from hub.actions.provider_settings import (
    ProviderView,
    configure_provider,
    get_provider,
    list_providers,
    redirect_address,
)
from hub.core.errors import HubError, UnknownId
from hub.core.role import Right
from hub.web import forms
from hub.web.console.frame import console_page
from hub.web.console.reach import whole_installation
from hub.web.current import the_hub, visit
from hub.web.door import Who
from hub.web.forms import typed
from hub.web.pages import see_other
from hub.web.route import route

_MARK = "setting-"
_CHANGED = "Somebody else changed these settings meanwhile. They are shown as they are now; enter yours again."


class SettingsForm(forms.Form):
    """The fields of the plugin, each with ``setting-`` before its name; ``version`` is when they were last changed."""

    setting = HiddenField()


def agency_providers() -> Response:
    """Show which providers there are that have settings, and which are set up."""
    whole_installation()
    return console_page("console/settings_providers.html", found=list_providers(the_hub()))


def agency_provider(setup_provider: str) -> Response:
    """Show the settings of one: what is secret only as entered or not."""
    whole_installation()
    return _page(get_provider(the_hub(), setup_provider))


def agency_provider_saved(setup_provider: str) -> Response:
    """Enter them. A secret that is left empty stays as it is."""
    whole_installation()
    typed(SettingsForm)
    found = get_provider(the_hub(), setup_provider)
    if request.form.get("version", "") != str(found.configuration.changed_at):
        return _page(found, problem=_CHANGED, status=409)
    given = _given(found)
    changes = _changes(found, given)
    if changes:
        try:
            configure_provider(the_hub(), visit(), setup_provider, changes)
        except UnknownId:
            raise
        except HubError as error:
            return _page(found, given, problem=error.message, status=422)
    return see_other("console.agency_provider", "saved", setup_provider=setup_provider)


def _given(found: ProviderView) -> dict[str, str]:
    return {one.name: request.form.get(_MARK + one.name, "").strip() for one in found.provider.settings}


def _changes(found: ProviderView, given: Mapping[str, str]) -> dict[str, str]:
    """Return what differs: the usual value is none of one's own, and an empty secret is none at all."""
    known = found.configuration
    changes: dict[str, str] = {}
    for one in found.provider.settings:
        value = given[one.name]
        if one.secret:
            changes |= {one.name: value} if value else {}
        elif value != known.values[one.name]:
            changes[one.name] = "" if value == one.default else value
    return changes


def _page(
    found: ProviderView, given: Mapping[str, str] | None = None, *, problem: str = "", status: int = 200
) -> Response:
    values = dict(found.configuration.values) | {
        one.name: given[one.name] for one in found.provider.settings if given is not None and not one.secret
    }
    settings = the_hub().settings
    is_here = urlsplit(settings.base_url).hostname in ("localhost", "127.0.0.1")
    more = {
        "values": values,
        "problem": problem,
        "address": redirect_address(settings),
        "public": settings.is_https or is_here,
    }
    return console_page("console/settings_provider.html", status, found=found, **more)


_ALL = "/console/agency-providers"
_ONE = f"{_ALL}/<setup_provider>"
_MAY = Right.OWN
ROUTES = (
    route("console", _ALL, agency_providers, "GET", Who.USER, _MAY),
    route("console", _ONE, agency_provider, "GET", Who.USER, _MAY, confirmed=True),
    route("console", _ONE, agency_provider_saved, "POST", Who.USER, _MAY, confirmed=True),
)
