"""Signing in with real msal, over TLS, at the lab's Microsoft; refreshing; and every way in which it is refused."""

from __future__ import annotations

import gc
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msal import TokenCache

from hub.plugin import AuthScheme, Grant, NeedsReconnect, Redirect, Refused, Retry
from hub.testing.lab.microsoft.application import Microsoft
from hub.testing.lab.microsoft.people import CONSUMERS
from hub.testing.lab.microsoft.tokens import id_token
from hub.testing.lab.microsoft.visitor import agree, agree_for_all, decline
from hub.testing.lab.switches import Fault
from hub_microsoft import keys
from hub_microsoft.provider import BOOKINGS, BUSY


@pytest.fixture
def grant(sign_in: Any) -> Grant:
    return sign_in.connect()


def test_the_address_carries_the_hubs_state_a_challenge_and_nothing_secret(sign_in: Any) -> None:
    asked = sign_in.begin()
    query = {name: values[0] for name, values in parse_qs(urlsplit(asked.url).query).items()}
    assert query["state"] == sign_in.setup().state
    assert query["redirect_uri"] == sign_in.setup().redirect_url
    assert (query["code_challenge_method"], query["response_mode"]) == ("S256", "query")
    assert set(query["scope"].split()) == {"Calendars.ReadWrite", "offline_access", "openid", "profile"}
    flow = json.loads(asked.keep["flow"])
    assert flow["code_verifier"] not in asked.url
    assert flow["nonce"] not in asked.url
    assert sign_in.lab.client.secret not in asked.url + asked.keep["flow"]


def test_the_smaller_level_asks_for_the_smaller_permission(sign_in: Any) -> None:
    sign_in.level = BUSY
    scope = parse_qs(urlsplit(sign_in.begin().url).query)["scope"][0]
    assert "Calendars.ReadBasic" in scope
    assert "Calendars.ReadWrite" not in scope


@pytest.mark.parametrize("kind", ["work", "personal"])
def test_an_account_is_known_by_tenant_and_object_id(sign_in: Any, kind: str) -> None:
    """Never by its address, which anybody can give themselves (nOAuth)."""
    grant = sign_in.connect(kind)
    who = next(one for one in sign_in.lab.people.values() if one.address == grant.account_name)
    assert grant.account_id == f"{who.tenant.id}.{who.oid}"
    assert (grant.settings["kind"] == "personal") == (who.tenant.id == CONSUMERS) == (kind == "personal")
    assert grant.scheme is AuthScheme.BEARER
    assert grant.origins == (sign_in.lab.origin,)
    assert grant.secret.keys() == {"access_token", "refresh_token"}
    assert not set(grant.secret.values()) & set(grant.settings.values())


def test_an_address_given_to_another_account_leads_to_another_id(sign_in: Any, lab: Microsoft) -> None:
    ada, ben = list(lab.people.values())[:2]
    first = sign_in.connect()
    address, ben.address = ben.address, ada.address
    try:
        asked = sign_in.begin()
        second = sign_in.finish(asked, agree(asked.url, ben))
    finally:
        ben.address = address
    assert second.account_name == first.account_name
    assert second.account_id != first.account_id


def test_a_refresh_stores_the_new_token_and_keeps_the_account(sign_in: Any, grant: Grant) -> None:
    fresh = keys.hub_refresh(sign_in.setup(), grant)
    assert fresh.secret["refresh_token"] != grant.secret["refresh_token"]
    assert fresh.secret["access_token"] != grant.secret["access_token"]
    same = ("account_id", "account_name", "origins", "settings", "scopes", "limits")
    assert all(getattr(fresh, name) == getattr(grant, name) for name in same)
    assert keys.hub_refresh(sign_in.setup(), grant).secret["access_token"]  # Microsoft takes the old one still


def test_declining_connects_nothing_and_says_so(sign_in: Any, lab: Microsoft) -> None:
    asked = sign_in.begin()
    with pytest.raises(Refused, match="answered with no") as refused:
        sign_in.finish(asked, decline(asked.url, next(iter(lab.people.values()))))
    assert refused.value.code == "declined"


def test_where_an_administrator_must_agree_the_address_for_that_is_said_and_works(sign_in: Any, lab: Microsoft) -> None:
    cyd = next(one for one in lab.people.values() if one.tenant.asks_admin)
    asked = sign_in.begin()
    with pytest.raises(Refused) as refused:
        sign_in.finish(asked, agree(asked.url, cyd))
    assert refused.value.code == "admin_blocked"
    address = refused.value.message.rpartition(" ")[2]
    assert address.startswith(f"{lab.origin}/organizations/v2.0/adminconsent?")
    back = agree_for_all(address.replace(lab.origin, lab.signin.pages), cyd)
    assert back["admin_consent"] == "True"
    try:
        asked = sign_in.begin()
        assert sign_in.finish(asked, agree(asked.url, cyd)).account_name == cyd.address
    finally:
        cyd.tenant.agreed.clear()


def test_a_code_is_worth_nothing_twice_and_nothing_with_the_verifier_of_another_flow(
    sign_in: Any, lab: Microsoft
) -> None:
    asked, other = sign_in.begin(), sign_in.begin()
    answer = agree(asked.url, next(iter(lab.people.values())))
    stolen = Redirect(
        asked.url, {"flow": json.dumps(json.loads(other.keep["flow"]) | {"state": sign_in.setup().state})}
    )
    with pytest.raises(Refused):
        sign_in.finish(stolen, answer)
    with pytest.raises(Refused):
        sign_in.finish(asked, answer)


def test_an_answer_with_another_state_is_not_redeemed(sign_in: Any, lab: Microsoft) -> None:
    asked = sign_in.begin()
    answer = agree(asked.url, next(iter(lab.people.values())))
    with pytest.raises(Refused):
        sign_in.finish(asked, answer | {"state": "another"})
    assert not lab.tokens.codes[answer["code"]].used


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another-application"},
        {"iss": "https://login.example/common/v2.0"},
        {"tid": "11111111-1111-1111-1111-111111111111"},
        {"exp": 1_000_000_000},
        {"oid": ""},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_an_id_token_that_does_not_fit_connects_nothing(
    sign_in: Any, lab: Microsoft, monkeypatch: pytest.MonkeyPatch, claims: dict[str, object]
) -> None:
    lie = lambda right, key: id_token({**right, **claims}, key)  # noqa: E731
    monkeypatch.setattr("hub.testing.lab.microsoft.signin.id_token", lie)
    asked = sign_in.begin()
    with pytest.raises(Refused) as refused:
        sign_in.finish(asked, agree(asked.url, next(iter(lab.people.values()))))
    assert refused.value.code in {"identity", "sign_in"}


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (50173, "revoked"),
        (65001, "revoked"),
        (70000, "revoked"),
        (700082, "expired"),
        (50076, "claims"),
        (53003, "admin_blocked"),
        (50057, "admin_blocked"),
    ],
)
def test_a_refresh_that_is_refused_says_why(sign_in: Any, lab: Microsoft, grant: Grant, code: int, word: str) -> None:
    lab.tokens.end(_granted(lab, grant), code)
    with pytest.raises(NeedsReconnect) as lost:
        keys.hub_refresh(sign_in.setup(), grant)
    assert lost.value.code == word
    assert not any(secret in lost.value.message for secret in grant.secret.values())


def test_a_wrong_client_secret_is_the_operators_affair_and_loses_no_connection(sign_in: Any, grant: Grant) -> None:
    setup = replace(sign_in.setup(), settings={**sign_in.lab.settings, "client_secret": "old"})
    with pytest.raises(Refused) as refused:
        keys.hub_refresh(setup, grant)
    assert refused.value.code == "client_secret"


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.HTML])
@pytest.mark.usefixtures("switches")
def test_a_sign_in_that_fails_is_tried_again(sign_in: Any, lab: Microsoft, grant: Grant, fault: Fault) -> None:
    lab.switches.turn(fault, path="/token")
    with pytest.raises(Retry):
        keys.hub_refresh(sign_in.setup(), grant)


def test_less_permission_than_before_is_said(sign_in: Any, lab: Microsoft, grant: Grant) -> None:
    _granted(lab, grant).scopes = ("Calendars.ReadBasic", "openid", "profile", "offline_access")
    with pytest.raises(NeedsReconnect):
        keys.hub_refresh(sign_in.setup(), grant)


def test_read_only_where_writing_was_asked_is_a_limit(sign_in: Any, lab: Microsoft) -> None:
    asked = sign_in.begin()
    answer = agree(asked.url, next(iter(lab.people.values())))
    code = lab.tokens.codes[answer["code"]]
    code.scopes = ("Calendars.Read", "openid", "profile", "offline_access")
    for one in lab.tokens.grants.values():
        one.dead = one.dead or 50173
    granted = sign_in.finish(asked, answer)
    assert granted.scopes == ("Calendars.Read",)
    assert len(granted.limits) == 1


def test_what_was_agreed_to_at_another_time_is_told_and_not_used(sign_in: Any) -> None:
    """Microsoft's tokens carry every permission that the owner ever gave the application."""
    sign_in.connect()
    sign_in.level = BUSY
    grant = sign_in.connect()
    assert set(grant.scopes) == {"Calendars.ReadBasic", "Calendars.ReadWrite"}
    assert grant.settings["scopes"] == "Calendars.ReadBasic"
    assert keys.hub_refresh(sign_in.setup(), grant).settings == grant.settings


def test_a_smaller_permission_within_the_one_that_was_asked_for_is_not_more(sign_in: Any) -> None:
    sign_in.level = BUSY
    sign_in.connect()
    sign_in.level = BOOKINGS
    assert sign_in.connect().scopes == ("Calendars.ReadWrite",)


def test_without_leave_to_go_on_nothing_is_connected(sign_in: Any, lab: Microsoft) -> None:
    asked = sign_in.begin()
    answer = agree(asked.url, next(iter(lab.people.values())))
    lab.tokens.codes[answer["code"]].scopes = ("Calendars.ReadWrite", "openid", "profile")
    with pytest.raises(Refused, match="for an hour only"):
        sign_in.finish(asked, answer)


@pytest.mark.parametrize("address", ["http://login.example/common", "https://login.example", "login.example/common"])
def test_an_authority_that_msal_would_not_take_is_said_in_words(sign_in: Any, address: str) -> None:
    setup = replace(sign_in.setup(), settings={**sign_in.lab.settings, "authority": address})
    with pytest.raises(Refused, match="sign-in address"):
        keys.hub_connect(setup, None)


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_without_an_application_nobody_is_sent_anywhere(sign_in: Any, missing: str) -> None:
    setup = replace(sign_in.setup(), settings={**sign_in.lab.settings, missing: ""})
    with pytest.raises(Refused, match="not set up"):
        keys.hub_connect(setup, None)


def test_msal_keeps_no_token_and_logs_none(sign_in: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        grant = sign_in.connect()
        keys.hub_refresh(sign_in.setup(), grant)
    secrets = {*grant.secret.values(), sign_in.lab.client.secret}
    assert not any(secret in caplog.text for secret in secrets)
    gc.collect()
    holders = [one for one in gc.get_objects() if isinstance(one, TokenCache)]
    assert not any(secret in repr(vars(one)) for one in holders for secret in grant.secret.values())


def test_importing_the_keys_imports_neither_msal_nor_the_rest_of_the_plugin() -> None:
    code = "import hub_microsoft.keys, sys; print(sorted(one for one in sys.modules if one in {'msal', 'jwt'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _granted(lab: Microsoft, grant: Grant) -> Any:
    return next(one for one in lab.tokens.grants.values() if grant.secret["refresh_token"] in one.refresh)


@pytest.fixture(autouse=True)
def clean(lab: Microsoft) -> Iterator[None]:
    yield
    lab.tokens.grants.clear()
