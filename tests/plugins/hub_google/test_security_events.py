"""What Google's security events come to."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Sequence
from typing import Any

import pytest
import requests

from hub.plugin import AccountNotice, AccountNoticeKind, Incoming, InputError, SecurityEvents
from hub.testing.lab.google.app import RISC as RISC_CONFIGURATION
from hub.testing.lab.google.app import GoogleLab
from hub.testing.lab.google.tokens import signed
from hub_google import keys
from hub_google.security_events import marks, notices
from tests.plugins.hub_google.conftest import setup

ISSUER, RISC = "https://accounts.google.com", "https://schemas.openid.net/secevent/risc/event-type/"
OAUTH = "https://schemas.openid.net/secevent/oauth/event-type/"
ADA = {"subject_type": "iss-sub", "iss": f"{ISSUER}/", "sub": "7375626A656374"}


def said(name: str, **fields: Any) -> list[AccountNotice]:
    return notices(SecurityEvents("j1", 0, {name: fields}), ISSUER)


def test_an_event_about_an_account_names_it_by_issuer_and_subject() -> None:
    kinds = {
        (f"{RISC}sessions-revoked", ""): AccountNoticeKind.DANGER,
        (f"{RISC}account-credential-change-required", ""): AccountNoticeKind.DANGER,
        (f"{RISC}account-disabled", "hijacking"): AccountNoticeKind.DANGER,
        (f"{RISC}account-disabled", "bulk-account"): AccountNoticeKind.CLOSED,
        (f"{RISC}account-enabled", ""): AccountNoticeKind.SAFE,
        (f"{RISC}account-purged", ""): AccountNoticeKind.ENDED,
        (f"{OAUTH}tokens-revoked", ""): AccountNoticeKind.ENDED,
    }
    for (name, reason), kind in kinds.items():
        assert said(name, subject=ADA, reason=reason) == [AccountNotice("j1", kind, f"{ISSUER} 7375626A656374")]


@pytest.mark.parametrize(
    "subject", [{"email": "ada@example.com"}, {**ADA, "iss": "https://evil.example/"}, None, "ada", {**ADA, "sub": 7}]
)
def test_an_account_that_is_named_in_no_other_way_is_nobodys(subject: Any) -> None:
    assert said(f"{OAUTH}tokens-revoked", subject=subject) == [AccountNotice("j1", AccountNoticeKind.ENDED)]


def test_a_revoked_token_is_named_by_both_of_its_marks() -> None:
    token = "1//0g-refresh-token-of-ada"
    twice = hashlib.sha512(hashlib.sha512(token.encode()).digest()).digest()
    whole = base64.b64encode(twice).decode()
    for form, value in (
        ("prefix", token[:16]),
        ("hash_base64_sha512_sha512", whole),
        ("hash_base64_sha512_sha512", base64.urlsafe_b64encode(twice).decode()),
    ):
        named = {"subject_type": "oauth_token", "token_type": "refresh_token", "token_identifier_alg": form}
        (notice,) = said(f"{OAUTH}token-revoked", subject={**named, "token": value})
        assert notice.mark in marks(token)


def test_a_signed_message_of_the_documented_form_is_believed(lab: GoogleLab, http: requests.Session) -> None:
    """The keys are those of the configuration document, whose issuer ends with a slash where ours does not."""
    configuration = http.get(f"{lab.origin}{RISC_CONFIGURATION}", timeout=10).json()
    assert configuration["jwks_uri"] == lab.settings["keys_url"]
    subject = {"subject_type": "iss-sub", "iss": configuration["issuer"], "sub": "7375626A656374"}
    event = {f"{RISC}account-disabled": {"subject": subject, "reason": "hijacking"}}
    claims = {"iss": configuration["issuer"], "aud": lab.state.client.id, "iat": int(time.time()), "jti": "j1"}

    def told(**changed: Any) -> Sequence[AccountNotice]:
        body = signed({**claims, "events": event, **changed}).encode()
        return keys.hub_verify(setup(lab, http), Incoming("POST", {}, {}, body))

    assert told() == [AccountNotice("j1", AccountNoticeKind.DANGER, f"{lab.origin} 7375626A656374")]
    for changed in ({"aud": "another"}, {"iss": "https://evil.example/"}):
        with pytest.raises(InputError):
            told(**changed)


def test_a_trial_is_a_trial_and_an_unknown_kind_is_nothing() -> None:
    assert said(f"{RISC}verification", state="hello") == [AccountNotice("j1", AccountNoticeKind.TEST)]
    assert said(f"{RISC}account-moved", subject=ADA) == []
