"""The plugin keeps the contract of calendar plugins, against a small Acme on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests
from acme import KNOWN, TOKEN, Acme, running
from hub_acme import keys, plugin
from hub_acme.trial import stranger

from hub.plugin import Account, Calendar, Form, Grant, Setup
from hub.testing.contract import CalendarContract
from hub.testing.subject import DAY, KeyHooks, Subject, Switched, bearing, direct
from hub.testing.traffic import Traffic


@pytest.fixture
def acme() -> Iterator[Acme]:
    """Give an Acme with one empty calendar."""
    with running() as acme:
        yield acme


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """Give a plain session, in place of the broker's."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def account(acme: Acme, http: requests.Session) -> Account:
    """Give Ada's account, signed in."""
    http.headers["Authorization"] = f"Bearer {TOKEN}"
    return Account("ada@example.com", {"base": acme.url}, http)


@pytest.fixture
def key_hooks(acme: Acme) -> Iterator[KeyHooks]:
    """Give the key hooks; each account that is connected has a token of its own."""

    def granted() -> Grant:
        grant = connect(acme, plain, password=acme.new_token())
        assert isinstance(grant, Grant)
        return grant

    with requests.Session() as plain, requests.Session() as signed:
        plain.trust_env = signed.trust_env = False
        yield KeyHooks(keys, Setup("calendar", {}, plain), granted, bearing(plugin, signed))


class TestContract(CalendarContract):
    """Every check of the contract."""

    @pytest.fixture
    def subject(self, acme: Acme, account: Account, key_hooks: KeyHooks) -> Iterator[Subject]:
        """Give the plugin with Ada's calendar, a stranger at the same one, and all that the fake lets a test see."""
        other = stranger(account.settings, "", TOKEN)
        start = (int(time.time()) // DAY + 30) * DAY
        made = Subject(
            direct(plugin, account),
            Calendar("ada", "ada", "Europe/Berlin"),
            other,
            start,
            owner="ada@example.com",
            provider=plugin.hub_provider(),
            traffic=Traffic(account.http),
            seen=lambda: acme.seen,
            faults=Switched(acme.switches, KNOWN),
            receive=plugin.hub_receive,
            keys=key_hooks,
            secrets=(TOKEN,),
            cannot={"asks_for_no_titles": "Acme gives an event as one object; the hub reads its times."},
        )
        yield made
        made.clean()
        other.close()


def connect(acme: Acme, http: requests.Session, **given: str) -> Form | Grant:
    """Return what connecting with an address and a token leads to."""
    return keys.hub_connect(Setup("calendar", {}, http), {"url": acme.url, "password": TOKEN, **given})


def test_a_good_token_is_granted_for_this_address_alone(acme: Acme, http: requests.Session) -> None:
    """The grant holds the token; the settings, which work hooks see, do not."""
    grant = connect(acme, http)
    assert isinstance(grant, Grant)
    assert grant.secret == {"access_token": TOKEN}
    assert grant.origins == (acme.url,)
    assert TOKEN not in str(grant.settings)


@pytest.mark.parametrize("wrong", [{"password": "another"}, {"password": ""}, {"url": "acme"}])
def test_a_wrong_answer_asks_again_and_says_why(acme: Acme, http: requests.Session, wrong: dict[str, str]) -> None:
    """Nothing is granted."""
    form = connect(acme, http, **wrong)
    assert isinstance(form, Form)
    assert form.problem
