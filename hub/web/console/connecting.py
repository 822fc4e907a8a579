"""Connecting an account on a page: which providers there are, and the form that a plugin asks for, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request
from wtforms import HiddenField

from hub.actions.off_site import Away
from hub.actions.provider_settings import is_configured, is_stand_in
from hub.core.errors import HubError, PluginBroken, ProviderError, UnknownId
from hub.core.provider import ConnectLevel, Form, Provider, Redirect
from hub.core.trouble import sentence
from hub.parts import Hub
from hub.registry import Status
from hub.vault.keycalls import Connected
from hub.web import forms

_LONGEST = 4000
_MARK = "answer-"


@dataclass(frozen=True, slots=True)
class Offered:
    """A provider to choose: what an account of it is for, and how much may be agreed to.

    Not ``ready`` is one whose plugin still needs settings of the operator; a ``stand_in`` is on this machine, and no
    real account is there.
    """

    name: str
    title: str
    levels: tuple[ConnectLevel, ...]
    has_calendars: bool
    sends_mail: bool
    ready: bool = True
    stand_in: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A field as it stands on the page. What is secret has no value, whatever was typed."""

    name: str
    title: str
    help: str
    secret: bool
    required: bool
    value: str
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next: fields to fill in, an address to go to, or the id of what is connected now.

    ``url`` alone only says where it would lead; with ``away`` the visitor is on the way.
    """

    fields: tuple[Asked, ...] = ()
    problem: str = ""
    url: str = ""
    connected: str = ""
    away: Away | None = None

    @property
    def host(self) -> str:
        """Whose address it is that one goes to."""
        return urlsplit(self.url).netloc


class ConnectForm(forms.Form):
    """What a step brings beside the plugin's own fields, whose names begin with ``answer-``."""

    answer = HiddenField()
    level = HiddenField()
    agreed = HiddenField()


GO = "go"
"""What stands in ``answer`` when somebody goes on to the provider's pages."""


def providers(hub: Hub, *, calendars_only: bool = False) -> tuple[tuple[Offered, ...], tuple[tuple[str, str], ...]]:
    """Return the providers whose accounts can be connected, and (name, reason) of the plugins that do not work."""
    found, broken = [], []
    for record in hub.registry.records:
        if record.status is Status.BROKEN:
            broken.append((record.name, record.reason))
        if record.status is not Status.ON or record.provider is None:
            continue
        one = record.provider
        offered = Offered(
            one.name,
            one.title,
            one.levels,
            hub.registry.offers(one.name, "hub_list_calendars"),
            hub.registry.offers(one.name, "hub_send_message"),
            _is_ready(hub, one),
            _is_stand_in(hub, one),
        )
        if offered.has_calendars or (offered.sends_mail and not calendars_only):
            found.append(offered)
    return tuple(found), tuple(broken)


def _is_ready(hub: Hub, declared: Provider) -> bool:
    try:
        return is_configured(hub, declared)
    except HubError:
        return True  # nobody can tell now; whoever goes on hears why it does not go


def _is_stand_in(hub: Hub, declared: Provider) -> bool:
    try:
        return bool(declared.settings) and is_stand_in(hub, declared.name)
    except HubError:
        return False


def provider(hub: Hub, name: str, *, calendars_only: bool = False) -> Offered:
    """Return a provider by its name. Raises UnknownId for one whose accounts cannot be connected here."""
    for one in providers(hub, calendars_only=calendars_only)[0]:
        if one.name == name:
            return one
    raise UnknownId("provider", name)


def level_of(offered: Offered, name: str) -> str:
    """Return the level that was chosen, the first of the provider's if none of them was."""
    names = [one.name for one in offered.levels]
    return name if name in names else names[0]


def read_answer() -> dict[str, str]:
    """Return what was typed into the plugin's fields, by their own names."""
    given = request.form.items()
    return {name.removeprefix(_MARK): value[:_LONGEST] for name, value in given if name.startswith(_MARK)}


def take_step(
    work: Callable[[Mapping[str, str] | None], Form | Redirect | Away | Connected], answer: Mapping[str, str] | None
) -> Step:
    """Take a step: ``work`` is `hub.actions.off_site.step` with all but the answer.

    What the provider, the plugin or the hub has against it becomes the step's problem, and the fields are asked again:
    then nothing was connected. Raises UnknownId.
    """
    try:
        return _step(work(answer), answer)
    except UnknownId:
        raise
    except HubError as error:
        if answer is None:
            raise
        problem = _why(error)
    again = _step(work(None), answer)
    return Step(again.fields, problem)


def _step(found: Form | Redirect | Away | Connected, answer: Mapping[str, str] | None) -> Step:
    if isinstance(found, Connected):
        return Step(connected=found.connection)
    if isinstance(found, Away):
        return Step(url=found.url, away=found)
    if isinstance(found, Redirect):
        return Step(url=found.url) if found.url.startswith(("https://", "http://")) else Step(problem=_NO_ADDRESS)
    typed = answer or {}
    fields = tuple(
        Asked(
            f"{_MARK}{one.name}",
            one.title,
            one.help,
            one.secret,
            one.required,
            "" if one.secret else typed.get(one.name, one.default),
            one.choices,
        )
        for one in found.fields
    )
    return Step(fields, found.problem)


def _why(error: HubError) -> str:
    if isinstance(error, ProviderError) and not isinstance(error, PluginBroken):
        return f"{sentence(error.code)} Nothing was connected; try again."
    return error.message


_NO_ADDRESS = "The plugin leads to an address that is none. Tell whoever runs this hub."
