"""The providers whose plugins ask the operator for settings, and entering them: an application's id and secret."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.actions.record import record
from hub.core.declared import normal_origin
from hub.core.errors import InputError, Refused, StateError, UnknownId
from hub.core.provider import Provider
from hub.core.security import Kind, Visit
from hub.parts import Hub
from hub.settings import Settings
from hub.vault.provider_settings import Configuration

RETURN_PATH = "/connect/return"
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A provider with settings of its own, and what may be shown of them."""

    provider: Provider
    configuration: Configuration


def list_providers(hub: Hub) -> tuple[ProviderView, ...]:
    """Return the providers that have settings, by name. Raises Unavailable without the broker."""
    declared = [one.provider for one in hub.registry.records if one.provider is not None]
    found = sorted((one for one in declared if one.settings), key=lambda one: one.name)
    return tuple(ProviderView(one, hub.broker.configuration(one.name)) for one in found)


def get_provider(hub: Hub, name: str) -> ProviderView:
    """Return one of them. Raises UnknownId for a provider that has no settings, or that there is not."""
    for one in hub.registry.records:
        if one.provider is not None and one.provider.name == name and one.provider.settings:
            return ProviderView(one.provider, hub.broker.configuration(name))
    raise UnknownId("provider with settings", name)


def configure_provider(hub: Hub, visit: Visit, name: str, changes: Mapping[str, str]) -> Configuration:
    """Enter settings of a provider: those in ``changes``, an empty value to take one away. All others stay.

    The broker seals them and writes the entry of the ledger; the security event is ours. Raises InputError, StateError
    when somebody else changed them at this moment, UnknownId, Unavailable.
    """
    get_provider(hub, name)
    if not changes:
        raise InputError("settings", "Name at least one setting and its value.")
    done = hub.broker.configure(name, changes, user=visit.actor_id if visit.actor == "user" else "")
    record(hub, visit, Kind.AGENCY_CHANGED, detail="provider_configured")
    return done


def is_configured(hub: Hub, provider: Provider) -> bool:
    """Tell whether all that a provider needs was entered, so that its accounts can be connected."""
    needed = any(one.required and not one.default for one in provider.settings)
    return not needed or hub.broker.configuration(provider.name).is_complete


def not_configured(title: str) -> StateError:
    """Return the error for a provider whose accounts cannot be connected yet."""
    return StateError(
        f"{title} is not set up yet. An owner of the agency enters its settings first: in the console under Settings, "
        "Providers, or with hub provider set.",
        code="not_configured",
    )


def addresses(hub: Hub, provider: str) -> frozenset[str]:
    """Return the origins of the addresses among a provider's settings: what its plugin may lead an owner's form to."""
    found = set()
    if any(not one.secret for one in hub.registry.provider(provider).settings):
        for value in hub.broker.configuration(provider).values.values():
            parts = urlsplit(value)
            if parts.scheme in ("https", "http") and parts.netloc:
                with suppress(Refused):
                    found.add(normal_origin(f"{parts.scheme}://{parts.netloc}"))
    return frozenset(found)


def is_stand_in(hub: Hub, provider: str) -> bool:
    """Tell whether a provider's settings lead to a stand-in on this machine, as those of the demo do."""
    return any(urlsplit(origin).hostname in _THIS_MACHINE for origin in addresses(hub, provider))


def request_to_administrator(hub: Hub, provider: Provider, level: str, business: str, address: str = "") -> str:
    """Return a text for the administrator of an organisation who must allow the application first.

    ``address`` is where they can do so at the provider.
    """
    values = hub.broker.configuration(provider.name).values
    client = f"The application's id is {values['client_id']}. " if values.get("client_id") else ""
    scopes = ", ".join(provider.level(level).scopes)
    asked = f"It asks for: {scopes}. " if scopes else ""
    where = f" You can do so here, and the page at the end wants nothing more of you: {address}" if address else ""
    return (
        f"Hello, I want to connect my calendar at {provider.title} with {business}, so that appointments can be booked "
        f"when I am free. {provider.title} says that an administrator must allow the application first. {client}{asked}"
        f"It runs at {hub.settings.base_url}. Please allow it, or grant it consent for our organisation, and tell me "
        f"when that is done. Thank you.{where}"
    )


def redirect_address(settings: Settings) -> str:
    """Return where providers send owners back to: to be registered there, letter by letter.

    It is made of the settings alone, whatever a request says of itself (RFC 9700, 4.1.1).
    """
    return settings.base_url + RETURN_PATH
