"""Keep one customer or one network from taking a business's times away: limits for bookings on the public pages."""

from __future__ import annotations

from hub.actions.people import Customer, check_customer
from hub.core.errors import TooMany
from hub.parts import Hub
from hub.store.booking_contact import count_cancelled, count_coming, count_of_network, note_contacts
from hub.store.business import lock_business
from hub.vault.people import keyed_hash

CANCELLED_A_DAY = 3
"""Bookings that one contact may make and cancel within a day; then a person should talk to them."""
_DAY = 86_400


def check_booker(hub: Hub, business_id: str, booking_id: str, customer: Customer, *, network: str = "") -> None:
    """Write down who is about to confirm a hold, and raise TooMany when that would be more than one may book.

    Counted by keyed hash of the address and of the number, and of the ``network``, in the database and under a lock: so
    all processes count together, and of several at once no more pass than may. Only for the public pages; staff and
    programs book as many as they want. Raises InputError as `check_customer`.
    """
    checked, now = check_customer(customer), hub.clock()
    given = {kind: value for kind, value in (("email", checked.email), ("phone", checked.phone)) if value}
    hashes = {kind: keyed_hash(hub.keyring, business_id, kind, value) for kind, value in given.items()}
    contacts, most = list(hashes.values()), hub.settings
    with hub.database.writing() as conn:
        lock_business(conn, business_id)  # or two at once would each count without the other
        if count_coming(conn, business_id, contacts, now, but=booking_id) >= most.bookings_per_customer:
            raise TooMany(
                f"There are {most.bookings_per_customer} coming appointments under this e-mail address or phone "
                "number; no more can be booked here."
            )
        if count_cancelled(conn, business_id, contacts, now - _DAY) >= CANCELLED_A_DAY:
            raise TooMany(
                "Several appointments under this e-mail address or phone number were booked and cancelled today."
            )
        if network:
            made = count_of_network(conn, business_id, network, now, now - _DAY, but=booking_id)
            if made >= most.bookings_per_network:
                raise TooMany("Too many appointments were booked from this network today.")
        note_contacts(conn, business_id, booking_id, hashes)
