"""Connecting, renewing and ending, against the lab's consent page and token endpoint."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from hub.core.errors import NeedsReconnect, Refused
from hub.plugin import AuthScheme, Grant, Redirect, Setup
from hub.testing.lab.google.app import ADA, BEN, GoogleLab
from hub.testing.lab.google.state import Person
from hub.testing.lab.google.visitor import consent
from hub_google import keys
from hub_google.levels import FREE_BUSY, OWN, OWNED
from tests.plugins.hub_google.conftest import STATE, begin, setup

Connect = Callable[..., Grant]


def test_the_consent_page_is_asked_for_a_new_lasting_grant_and_never_for_older_ones(
    lab: GoogleLab, http: requests.Session
) -> None:
    sent = parse_qs(urlsplit(begin(lab, http, "shield").url).query)
    assert (sent["access_type"], sent["prompt"], sent["state"]) == (["offline"], ["select_account consent"], [STATE])
    again = keys.hub_connect(setup(lab, http, "shield", before={"email": ADA.email}), None)
    assert isinstance(again, Redirect)
    hinted = parse_qs(urlsplit(again.url).query)
    assert (hinted["prompt"], hinted["login_hint"]) == (["consent"], [ADA.email])
    assert "include_granted_scopes" not in sent
    assert sent["code_challenge_method"] == ["S256"]


def test_a_grant_is_for_one_account_and_for_the_apis_origin_alone(lab: GoogleLab, connect: Connect) -> None:
    grant = connect("standard")
    assert grant.scheme is AuthScheme.BEARER
    assert grant.account_id == f"{lab.origin} {ADA.sub}"
    assert grant.account_name == ADA.email
    assert grant.origins == (lab.origin,)
    assert grant.limits == ()
    assert OWNED in grant.scopes
    assert not any(secret in str(dict(grant.settings)) for secret in grant.secret.values())
    assert not any(secret in repr(grant) for secret in grant.secret.values())


def test_an_address_that_changed_hands_is_another_account(lab: GoogleLab, connect: Connect) -> None:
    """Ben gets the address that was Ada's: the subject tells them apart (A18)."""
    first = connect("standard")
    heir = Person("100000000000000000003", ADA.email, "Cyd")
    lab.state.people[heir.sub] = heir
    try:
        second = connect("standard", heir)
    finally:
        del lab.state.people[heir.sub]
    assert first.account_name == second.account_name
    assert first.account_id != second.account_id


def test_shield_makes_its_calendar_once_and_finds_it_again(lab: GoogleLab, connect: Connect) -> None:
    first = connect("shield")
    made = first.settings["bookings"]
    assert lab.state.calendars[made].summary == "Bookings"
    again = connect("shield", before=first.settings)
    assert again.settings["bookings"] == made
    del lab.state.calendars[made]
    anew = connect("shield", before=first.settings)
    assert anew.settings["bookings"] in lab.state.calendars


def test_the_calendar_of_another_account_is_never_taken_over(connect: Connect) -> None:
    first = connect("shield")
    other = connect("shield", BEN, before=first.settings)
    assert other.settings["bookings"] != first.settings["bookings"]


def test_fewer_boxes_ticked_connect_with_limits(connect: Connect) -> None:
    grant = connect("standard", scopes=[FREE_BUSY])
    assert FREE_BUSY in grant.scopes
    assert OWNED not in grant.scopes
    assert len(grant.limits) == 2
    assert "bookings" not in connect("shield", scopes=[FREE_BUSY]).settings


def test_no_box_ticked_connects_nothing_and_says_so(connect: Connect) -> None:
    for level, scopes in (("standard", []), ("shield", [OWN])):
        with pytest.raises(Refused) as refused:
            connect(level, scopes=scopes)
        assert "tick" in refused.value.message


def test_more_than_asked_is_never_used(lab: GoogleLab, http: requests.Session, connect: Connect) -> None:
    """An answer that names a wider scope, as with include_granted_scopes, changes nothing."""
    connect("shared")
    asked = begin(lab, http, "shield")
    answer = consent(asked.url + "&include_granted_scopes=true", ADA)
    grant = keys.hub_connect(setup(lab, http, "shield", asked), answer)
    assert isinstance(grant, Grant)
    assert set(grant.scopes) == {"openid", FREE_BUSY, OWN}
    assert "calendar.events" not in grant.settings["scopes"]


def test_a_grant_without_a_refresh_token_is_no_connection(lab: GoogleLab, http: requests.Session) -> None:
    asked = begin(lab, http, "shield")
    answer = consent(asked.url.replace("access_type=offline", "access_type=online"), ADA)
    with pytest.raises(Refused) as refused:
        keys.hub_connect(setup(lab, http, "shield", asked), answer)
    assert refused.value.reason == "no_refresh_token"
    assert "myaccount.google.com" in refused.value.message


def test_without_a_registered_application_nobody_is_sent_anywhere(http: requests.Session) -> None:
    for settings in ({}, {"client_id": "x"}, {"client_secret": "x"}):
        with pytest.raises(Refused) as refused:
            keys.hub_connect(Setup("shield", settings, http, "http://127.0.0.1/connect/return", STATE), None)
        assert refused.value.reason == "not_set_up"


def test_a_renewed_grant_keeps_everything_but_the_access_token(
    lab: GoogleLab, http: requests.Session, connect: Connect
) -> None:
    grant = connect("standard")
    fresh = keys.hub_refresh(setup(lab, http, ""), grant)
    assert fresh.secret["access_token"] != grant.secret["access_token"]
    assert fresh.secret["refresh_token"] == grant.secret["refresh_token"]
    assert replace(fresh, secret={}, expires_at=None) == replace(grant, secret={}, expires_at=None)


def test_a_token_of_another_account_says_whose_it_is(lab: GoogleLab, http: requests.Session, connect: Connect) -> None:
    """The broker does not take a grant with another account id (A21)."""
    grant, other = connect("standard"), connect("standard", BEN)
    mixed = replace(grant, secret=other.secret)
    assert keys.hub_refresh(setup(lab, http, ""), mixed).account_id == other.account_id != grant.account_id


def test_the_hundred_and_first_grant_ends_the_first_silently(
    lab: GoogleLab, http: requests.Session, connect: Connect
) -> None:
    first = connect("standard", BEN)
    mine = lab.state.grants[(BEN.sub, lab.state.client.id)]
    token = mine.refresh[-1]
    del mine.refresh[:-1]
    mine.refresh.extend(f"1//another-{n}" for n in range(99))
    connect("standard", BEN)
    assert token not in mine.refresh
    with pytest.raises(NeedsReconnect) as ended:
        keys.hub_refresh(setup(lab, http, ""), first)
    assert ended.value.code == "revoked"


@pytest.mark.parametrize(
    ("ends_with", "code"),
    [
        (("invalid_grant", ""), "revoked"),
        (("invalid_grant", "invalid_rapt"), "claims"),
        (("admin_policy_enforced", ""), "admin_blocked"),
    ],
)
def test_a_refused_refresh_says_why(
    lab: GoogleLab, http: requests.Session, connect: Connect, ends_with: tuple[str, str], code: str
) -> None:
    grant = connect("standard")
    lab.state.grants[(ADA.sub, lab.state.client.id)].ends_with = ends_with
    with pytest.raises(NeedsReconnect) as ended:
        keys.hub_refresh(setup(lab, http, ""), grant)
    lab.state.grants[(ADA.sub, lab.state.client.id)].ends_with = None
    assert ended.value.code == code


def test_revoking_ends_every_connection_of_the_account(
    lab: GoogleLab, http: requests.Session, connect: Connect
) -> None:
    one, two = connect("shield", BEN), connect("standard", BEN)
    keys.hub_revoke(setup(lab, http, ""), one)
    with pytest.raises(NeedsReconnect):
        keys.hub_refresh(setup(lab, http, ""), two)
    with pytest.raises(NeedsReconnect):
        keys.hub_revoke(setup(lab, http, ""), one)


def test_the_broker_loads_no_sdk_with_the_keys() -> None:
    told = "import sys, hub_google.keys, hub_google.plugin; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout
    assert "googleapiclient" not in loaded
    assert "authlib" not in loaded
