"""Passkeys of a console user: added by a browser, listed, removed. Each verifies its user, so one alone is enough."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import delete, insert
from webauthn import generate_registration_options, options_to_json, verify_registration_response
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from hub.actions.account import open_email
from hub.actions.agency import agency_name
from hub.actions.confirm import require_confirmed
from hub.actions.passkey_answer import (
    CHALLENGE_SECONDS,
    Answer,
    new_challenge,
    passkeys_possible,
    read_answer,
    relying_party,
    take_challenge,
    wrong_passkey,
)
from hub.actions.record import note, record
from hub.actions.recovery import first_codes
from hub.actions.sessions import Session, end_others, over
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.security import Kind, Outcome, Visit
from hub.identity.name import clean_name
from hub.parts import Hub
from hub.store.ids import new_id
from hub.store.user import Passkey, find_user, has_second_factor, passkeys_of, replace_recovery_codes

MOST = 20
"""Passkeys that one user may have."""
_ADD = "add"
_ALGORITHMS = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256]


@dataclass(frozen=True, slots=True)
class PasskeyEntry:
    """A passkey in its owner's list. Times in UTC seconds."""

    id: str
    name: str
    made_at: int
    used_at: int | None


@dataclass(frozen=True, slots=True)
class Added:
    """A passkey that was added, and recovery codes to show once if it is the first second factor, else none."""

    passkey: PasskeyEntry
    codes: tuple[str, ...] = field(repr=False)


def add_options(hub: Hub, session: Session) -> str:
    """Return the options for ``navigator.credentials.create`` as JSON. The session must be confirmed (StateError)."""
    require_confirmed(hub, session)
    if not passkeys_possible(hub):
        raise StateError("Passkeys need a host name over https (HUB_PUBLIC_URL), or localhost.", code="no_passkeys")
    user_id, agency = session.user.id, agency_name(hub.database)
    with hub.database.reading() as conn:
        row, there = find_user(conn, user_id), passkeys_of(conn, user_id)
        if row is None:
            raise over()
        email = open_email(hub, conn, user_id, row.email)
    if len(there) >= MOST:
        raise StateError(f"There are {MOST} passkeys already; remove one that is not used.", code="too_many")
    return options_to_json(
        generate_registration_options(
            rp_id=relying_party(hub),
            rp_name=agency,
            user_id=user_id.encode(),
            user_name=email,
            user_display_name=row.name,
            challenge=new_challenge(hub, session, _ADD),
            timeout=CHALLENGE_SECONDS * 1000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in there],
            supported_pub_key_algs=_ALGORITHMS,
        )
    )


def add_passkey(hub: Hub, visit: Visit, session: Session, answer: Answer, name: str) -> Added:
    """Keep the passkey that the browser made for `add_options`, and end the other sessions.

    Raises InputError for an answer that is not right or a name that is none.
    """
    require_confirmed(hub, session)
    name, user_id, now = clean_name("name", name), session.user.id, hub.clock()
    verified = _verified(hub, read_answer(answer), take_challenge(hub, session, _ADD))
    if verified is None:
        record(hub, visit, Kind.PASSKEY_ADDED, Outcome.FAILED, about=user_id)
        raise wrong_passkey()
    entry = PasskeyEntry(new_id(), name, now, None)
    try:
        with hub.database.writing() as conn:
            if find_user(conn, user_id, locked=True) is None or len(passkeys_of(conn, user_id)) >= MOST:
                raise over()
            conn.execute(
                insert(Passkey).values(
                    id=entry.id,
                    user_id=user_id,
                    credential_id=verified.credential_id,
                    public_key=verified.credential_public_key,
                    sign_count=verified.sign_count,
                    name=name,
                    made_at=now,
                )
            )
            end_others(hub, conn, visit, user_id, why="second_factor", but=session.id)
            note(hub, conn, visit, Kind.PASSKEY_ADDED, about=user_id)
            return Added(entry, first_codes(hub, conn, visit, user_id))
    except sa.exc.IntegrityError:
        pass  # the credential's id is unique, whoever's it is
    raise InputError("passkey", "this passkey is registered already.", code="passkey")


def list_passkeys(hub: Hub, session: Session) -> list[PasskeyEntry]:
    """Return the user's passkeys, oldest first."""
    with hub.database.reading() as conn:
        return [PasskeyEntry(row.id, row.name, row.made_at, row.used_at) for row in passkeys_of(conn, session.user.id)]


def remove_passkey(hub: Hub, visit: Visit, session: Session, passkey_id: str) -> None:
    """Forget a passkey of the user, and the recovery codes with the last second factor; end the other sessions.

    The session must be confirmed (StateError). Raises UnknownId for any other id.
    """
    require_confirmed(hub, session)
    user_id = session.user.id
    with hub.database.writing() as conn:
        find_user(conn, user_id, locked=True)
        mine = (Passkey.id == passkey_id, Passkey.user_id == user_id)
        if conn.execute(delete(Passkey).where(*mine)).rowcount != 1:
            raise UnknownId("passkey", passkey_id)
        if not has_second_factor(conn, user_id):
            replace_recovery_codes(conn, user_id, ())
        end_others(hub, conn, visit, user_id, why="second_factor", but=session.id)
        note(hub, conn, visit, Kind.PASSKEY_REMOVED, about=user_id)


def _verified(hub: Hub, answer: dict[str, object], challenge: bytes) -> VerifiedRegistration | None:
    try:
        return verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=relying_party(hub),
            expected_origin=hub.settings.base_url,
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
        )
    except Exception:  # whatever a stranger's bytes make the parsers raise: it was no right answer
        return None
