"""Keep one customer or one network from taking a business's times away: limits for bookings on the public pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from hub.actions.mail_sender import reaches_a_server
from hub.actions.people import Checked, Customer, check_customer
from hub.core.contact_proof import ContactProof, Known, Need, must_prove, without_proof
from hub.core.errors import TooMany
from hub.parts import Hub
from hub.store.booking_contact import count_cancelled, count_coming, count_lapsed, count_of_network, note_contacts
from hub.store.business import find_client, lock_business
from hub.store.contact_code import count_codes
from hub.vault.people import keyed_hashes

CANCELLED_A_DAY = 3
"""Bookings that one contact may make and cancel within a day; then a person should talk to them."""
_DAY = 86_400


def check_booker(
    hub: Hub, business_id: str, booking_id: str, customer: Customer, *, network: str = "", proved: bool = False
) -> Need:
    """Write down who is about to confirm a hold, and return what they owe before it can be booked.

    ``proved``: the address was proved by a code (`actions.contact_code`). Raises TooMany when this would be more than
    one may book: of a contact that could be proved and was not yet, nothing is told, and nothing is written down. Where
    no code can be sent, half as many are allowed instead.

    Counted by keyed hash of the address and of the number, and of the ``network``, in the database and under a lock: so
    all processes count together, and of several at once no more pass than may. Only for the public pages; staff and
    programs book as many as they want. Raises InputError as `check_customer`.
    """
    checked, now, most = check_customer(customer), hub.clock(), hub.settings
    hashes = contact_hashes(hub, business_id, checked)
    contacts = [one for some in hashes.values() for one in some]
    per_customer, per_network = most.bookings_per_customer, most.bookings_per_network
    with hub.database.writing() as conn:
        lock_business(conn, business_id)  # or two at once would each count without the other
        known = _known(conn, business_id, booking_id, contacts, network, now)
        rule = ContactProof(find_client(conn, business_id).contact_proof)
        owed = must_prove(rule, known)
        provable = owed and reaches_a_server(hub, conn, business_id)
        if owed and not provable:
            per_customer, per_network = without_proof(per_customer), without_proof(per_network)
        if network and known.made >= per_network:
            raise TooMany("Too many appointments were booked from this network today.")
        if provable and not proved:
            return Need.CODE if checked.email else Need.ADDRESS
        if known.coming >= per_customer:
            many = "is one coming appointment" if per_customer == 1 else f"are {per_customer} coming appointments"
            raise TooMany(f"There {many} under this e-mail address or phone number; no more can be booked here.")
        if count_cancelled(conn, business_id, contacts, now - _DAY) >= CANCELLED_A_DAY:
            raise TooMany(
                "Several appointments under this e-mail address or phone number were booked and cancelled today."
            )
        note_contacts(conn, business_id, booking_id, {kind: some[0] for kind, some in hashes.items()})
    return Need.NOTHING


def contact_hashes(hub: Hub, business_id: str, checked: Checked) -> dict[str, list[str]]:
    """Return the keyed hashes by which a contact is counted: of the address and of the number, as far as given.

    Of each the one that is written down, and then those by which it is counted as well.
    """
    given: Iterable[tuple[str, str | None]] = (("email", checked.email), ("phone", checked.phone))
    return {kind: keyed_hashes(hub.keyring, business_id, kind, value) for kind, value in given if value}


def _known(
    conn: sa.Connection, business_id: str, booking_id: str, contacts: Collection[str], network: str, now: int
) -> Known:
    since = now - _DAY
    return Known(
        coming=count_coming(conn, business_id, contacts, now, but=booking_id),
        made=count_of_network(conn, business_id, network, now, since, but=booking_id) if network else 0,
        asked=count_codes(conn, business_id, since, network=network) if network else 0,
        lapsed=count_lapsed(conn, business_id, contacts, network, now, since),
    )
